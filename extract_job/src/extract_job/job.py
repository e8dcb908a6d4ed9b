"""One extract: withdraw the old result, read the source, write the files, put the new result.

If it fails, the reason is put instead.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from extract_job.arguments.model import Arguments
from extract_job.databases.opening import open_source
from extract_job.errors import JobError
from extract_job.failure import put_failure, stopped
from extract_job.proof.figures import Figures
from extract_job.result import Result
from extract_job.stopping import Stopped, StopRequest
from extract_job.storage.opening import folder_in, result_in

if TYPE_CHECKING:
    from extract_job.databases.source import Source

FIRST_BATCH = 16
"""Rows of the first batch, when their width is still unknown: a row may be megabytes."""
LEAST_ROWS = 1024
BATCH_ROWS = 16_384
BATCH_BYTES = 16 * 2**20
"""Bounds of a batch: `fetchsize` or `BATCH_ROWS` rows, but at least `LEAST_ROWS` (a file has no
round trips to save), and this many bytes, estimated from the batch before."""


def extract(arguments: Arguments, stop: StopRequest, say: Callable[[str], None]) -> Result:
    """Copy the table and put the result.

    Raises `JobError`, or `Stopped` on a signal; all temporary files are removed by then.
    """
    place = result_in(arguments.result)
    place.withdraw()
    try:
        result = _extracted(arguments, stop, say)
        place.put(result.to_json() + "\n")
    except (Stopped, JobError) as error:
        put_failure(arguments, error if isinstance(error, JobError) and stop.signal is None else stopped(stop), say)
        raise
    return result


def _extracted(arguments: Arguments, stop: StopRequest, say: Callable[[str], None]) -> Result:
    with open_source(arguments, stop) as source:
        say(f"{arguments.table}: {_plan(arguments, source)}")
        if source.rows_without_mark and arguments.watermark:
            say(
                f"note: rows skipped because {arguments.watermark.column!r} is NULL: {source.rows_without_mark}; "
                "only a full extract, or a first one, reads them"
            )
        return _copied(arguments, source)


def _plan(arguments: Arguments, source: "Source") -> str:
    watermark = arguments.watermark
    if watermark is None:
        rows = "all rows"
    else:
        above = "" if watermark.begin is None else f" above {watermark.begin!r}"
        to = "" if source.high_mark is None else f" up to {source.high_mark!r}"
        rows = f"rows by {watermark.column!r}{above}{to}"
    return f"reading {rows} of {arguments.database!r} into {str(arguments.folder)!r}"


def _copied(arguments: Arguments, source: "Source") -> Result:
    # Imported here: most faults are found in less time than Arrow takes to load.
    from extract_job.parquet import ParquetTarget, trust
    from extract_job.proof.certificate import Proof, named

    most = max(arguments.fetchsize or BATCH_ROWS, LEAST_ROWS)
    schema, folder = source.schema(), folder_in(arguments.folder)
    proof = None if arguments.verify == "off" else Proof(schema, source.hasher() if arguments.verify == "full" else None)
    certificate: Mapping[str, Any] | None = None
    with ParquetTarget(folder, schema, arguments.rows_per_file, read_back=proof.read_back if proof else trust) as target:
        size = FIRST_BATCH
        while (rows := source.read(size)) is not None:
            target.write(rows)
            width = max(1, rows.nbytes // rows.num_rows)
            size = max(1, min(most, rows.num_rows * 4, BATCH_BYTES // width))
        target.close()
        if proof:
            figures = source.figures() if arguments.verify == "full" else Figures(source.count())
            certificate = proof.certificate(arguments.table, figures)
        files = target.finish()
    return Result(
        run_id=arguments.run_id,
        attempt=arguments.attempt,
        source_name=arguments.source_name,
        table=arguments.table,
        files=tuple(files),
        low_watermark=arguments.low_mark,
        high_watermark=source.high_mark,
        rows_without_watermark=source.rows_without_mark,
        proof=certificate and named(certificate, [file.name for file in files]),
    )
