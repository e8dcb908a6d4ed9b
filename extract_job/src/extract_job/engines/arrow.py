"""The Arrow engine: this process reads the rows as Arrow batches and writes the files."""

from typing import TYPE_CHECKING

from extract_job.arguments.model import Arguments
from extract_job.engines.copied import Copied
from extract_job.parquet import ParquetTarget, trust
from extract_job.proof.certificate import Proof, named
from extract_job.proof.figures import Figures
from extract_job.storage.opening import folder_in

if TYPE_CHECKING:
    from extract_job.databases.source import Source

FIRST_BATCH = 16
"""Rows of the first batch, when their width is still unknown: a row may be megabytes."""
LEAST_ROWS = 1024
BATCH_ROWS = 16_384
BATCH_BYTES = 16 * 2**20
"""Bounds of a batch: `fetchsize` or `BATCH_ROWS` rows, but at least `LEAST_ROWS` (a file has no
round trips to save), and this many bytes, estimated from the batch before."""


def copied(arguments: Arguments, source: "Source") -> Copied:
    """Copy all rows to deliver; raise `JobError`, or `Stopped` on a signal, without leaving a file."""
    most = max(arguments.fetchsize or BATCH_ROWS, LEAST_ROWS)
    schema, folder = source.schema(), folder_in(arguments.folder)
    proof = None if arguments.verify == "off" else Proof(schema, source.hasher() if arguments.verify == "full" else None)
    with ParquetTarget(folder, schema, arguments.rows_per_file, read_back=proof.read_back if proof else trust) as target:
        size = FIRST_BATCH
        if proof and arguments.verify == "full":
            source.left_out_to(proof.leave_out)
        while (rows := source.read(size)) is not None:
            target.write(rows)
            width = max(1, rows.nbytes // rows.num_rows)
            size = max(1, min(most, rows.num_rows * 4, BATCH_BYTES // width))
        target.close()
        if proof is None:
            return Copied(tuple(target.finish()), None)
        if arguments.verify != "full":
            proof.leave_out_count(source.rows_left_out())
        figures = source.figures() if arguments.verify == "full" else Figures(source.count())
        certificate = proof.certificate(arguments.table, figures)
        files = tuple(target.finish())
    return Copied(files, named(certificate, [file.name for file in files]))
