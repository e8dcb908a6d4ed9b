"""Copies one part of a table into its own files."""

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any

from extract_job.arguments.model import Arguments
from extract_job.engines.writing import writer
from extract_job.parquet import GROUP_BYTES, ParquetTarget, trust
from extract_job.partitioning import PartitionedTarget
from extract_job.proof.certificate import Proof
from extract_job.proof.figures import Figures
from extract_job.storage.part_folder import PartFolder
from extract_job.storage.protocols import Folder

if TYPE_CHECKING:
    from extract_job.databases.source import Source

FIRST_BATCH = 16
"""Rows of the first batch, when their width is still unknown: a row may be megabytes."""
LEAST_ROWS = 1024
BATCH_ROWS = 16_384
BATCH_BYTES = 16 * 2**20
"""Bounds of a batch: `fetchsize` or `BATCH_ROWS` rows, but at least `LEAST_ROWS` (a file has no
round trips to save), and this many bytes, estimated from the batch before. Readers at work at once
share these bytes, and those of a row group."""


class Halted(Exception):  # noqa: N818 - not a fault: another part has failed, or a signal stopped the job
    """The part was given up."""


@dataclass(frozen=True, slots=True)
class PartFile:
    """A finished file: number in the folder, present name, size in bytes, rows, and figures (none if nothing is proved)."""

    number: int
    name: str
    bytes: int
    rows: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class PartCopy:
    """The files of a part, and the figures of the rows that were left out."""

    files: tuple[PartFile, ...]
    left_out: Figures


class PartCopier:
    """Copies parts into a folder, several at once if `readers` is more than 1. Set `halt` to give all of them up."""

    def __init__(self, arguments: Arguments, schema: Any, folder: Folder, numbers: Iterator[int], readers: int) -> None:
        self._arguments = arguments
        self._schema = schema
        self._folder = folder
        self._numbers = numbers
        self.readers = readers
        self.halt = Event()

    def copied(self, source: "Source", *, even_if_empty: bool) -> PartCopy:
        """Copy all rows to deliver of a source; raise `JobError` or `Halted`.

        A part without rows gets no file, unless `even_if_empty`.
        """
        arguments, proof = self._arguments, None
        if arguments.verify != "off":
            proof = Proof(self._schema, source.hasher() if arguments.verify == "full" else None)
            if arguments.verify == "full":
                source.left_out_to(proof.leave_out)
        folder = PartFolder(self._folder, self._numbers)
        read_back = proof.read_back if proof else trust
        target = writer(arguments, folder, self._schema, read_back, group_bytes=GROUP_BYTES // self.readers)
        with target:
            empty = self._write(source, target)
            if not empty or even_if_empty:
                target.close()
        if proof and arguments.verify != "full":
            proof.leave_out_count(source.rows_left_out())
        figures, left_out = proof.parts if proof else ([Figures()] * len(folder.taken), Figures())
        written = zip(folder.taken, target.finished, figures, strict=True)
        files = tuple(PartFile(number, folder.name_of(number), *sizes, figure) for number, sizes, figure in written)
        return PartCopy(files, left_out)

    def _write(self, source: "Source", target: ParquetTarget | PartitionedTarget) -> bool:
        """Return whether there were no rows."""
        most = max(self._arguments.fetchsize or BATCH_ROWS, LEAST_ROWS)
        size, empty = FIRST_BATCH, True
        while (rows := source.read(size)) is not None:
            if self.halt.is_set():
                raise Halted
            target.write(rows)
            empty = False
            width = max(1, rows.nbytes // rows.num_rows)
            size = max(1, min(most, rows.num_rows * 4, BATCH_BYTES // self.readers // width))
        return empty
