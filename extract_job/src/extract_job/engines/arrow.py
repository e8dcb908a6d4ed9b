"""The Arrow engine: this process reads the rows as Arrow batches and writes the files."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import cache
from itertools import count
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from extract_job.arguments.model import Arguments
from extract_job.databases.conditions import ALL_ROWS, Condition
from extract_job.databases.source import PartedSource
from extract_job.engines.chunked import Chunked, chunked
from extract_job.engines.copied import Copied
from extract_job.engines.part import PartCopier, PartCopy
from extract_job.errors import FailureClass, JobError
from extract_job.proof.certificate import Proof, named
from extract_job.proof.figures import Figures
from extract_job.result import DataFile
from extract_job.splitting.plan import MOST_READERS, parts_of
from extract_job.storage.opening import folder_in
from extract_job.storage.protocols import Folder

if TYPE_CHECKING:
    from extract_job.databases.source import Reader, Source


def copied(arguments: Arguments, source: "Source") -> Copied:
    """Copy all rows to deliver; raise `JobError`, or `Stopped` on a signal.

    Then no file is left but those of whole chunks, which are listed for the next attempt.
    """
    folder = folder_in(arguments.folder)
    reading = _Reading(arguments, source, folder)
    try:
        return reading.copied()
    except JobError as error:
        if error.failure is FailureClass.PROOF:
            reading.give_up()
        raise
    finally:
        folder.discard(reading.listed_files())


class _Reading:
    """One read of a table: as a whole, in parts at once, or in chunks."""

    def __init__(self, arguments: Arguments, source: "Source", folder: Folder) -> None:
        self._arguments = arguments
        self._source = source
        self._folder = folder
        self._chunked: Chunked | None = None

    def copied(self) -> Copied:
        """Copy all rows."""
        source = self._source
        parts, readers, notes = self._parts()
        arguments = self._arguments
        numbers = count()
        copier = PartCopier(arguments, source.schema(), self._folder, numbers, readers)
        if self._chunked and isinstance(source, PartedSource):
            notes += self._adopted(self._chunked, source, numbers)
        if isinstance(source, PartedSource) and len(parts) > 1:
            copies = _in_parts(copier, source, parts, self._chunked)
        else:
            copies = [copier.copied(source, even_if_empty=True)]
        written = sorted((file for copy in copies for file in copy.files), key=lambda file: file.number)
        certificate = None
        if arguments.verify != "off":
            proof = Proof(source.schema(), source.hasher() if arguments.verify == "full" else None)
            proof.add((file.figures for file in written), sum((copy.left_out for copy in copies), Figures()))
            figures = source.figures() if arguments.verify == "full" else Figures(source.count())
            certificate = proof.certificate(arguments.table, figures)
        names = self._folder.finish()
        files = [DataFile(name, file.bytes, file.rows) for name, file in zip(names, written, strict=True)]
        members = {"all": len(parts), "earlier": self._chunked.earlier} if self._chunked else None
        return Copied(tuple(files), certificate and named(certificate, [file.name for file in files]), notes, members)

    def give_up(self) -> None:
        """Keep nothing for the next attempt: the files are not what the source holds."""
        if self._chunked:
            self._chunked.withdraw()
            self._chunked = None

    def listed_files(self) -> set[int]:
        """Return the numbers of the files that the next attempt may need."""
        return self._chunked.files() if self._chunked else set()

    def _parts(self) -> tuple[Sequence[Condition], int, tuple[str, ...]]:
        """Return the parts, how many of them are read at once, and what the user should know of it."""
        arguments, source, split = self._arguments, self._source, self._arguments.split
        if not isinstance(source, PartedSource):
            return (ALL_ROWS,), 1, _no_effect(arguments, source)
        table = source.split()
        rows = cache(table.rows)
        self._chunked = chunked(arguments, source, source, rows, self._folder)
        if self._chunked and source.snapshot is None and arguments.verify == "count":
            # The database does not know when rows were written, so the next attempt compares the values of the chunks.
            self._arguments = replace(arguments, verify="full")
        at_once = 1 if source.one_reader_because is not None else split.parts or split.parts_for(rows())
        notes = _no_effect(arguments, source)
        parts = self._chunked.parts if self._chunked else parts_of(table, arguments.table, split, at_once)
        return parts, max(1, min(at_once, len(parts), MOST_READERS)), notes

    def _adopted(self, chunks: Chunked, source: PartedSource, numbers: Iterator[int]) -> tuple[str, ...]:
        chunks.adopt(source, numbers)
        if not chunks.earlier:
            return ()
        note = f"an earlier attempt had read {chunks.earlier} of {len(chunks.parts)} chunks; this one read the others"
        return (f"{note}. The chunks have not changed since",)


def _no_effect(arguments: Arguments, source: "Source") -> tuple[str, ...]:
    if source.one_reader_because is None or arguments.split.parts in (1, None):
        return ()
    return (f"num_partitions has no effect: {source.one_reader_because}",)


def _in_parts(copier: PartCopier, source: PartedSource, parts: Sequence[Condition], chunks: Chunked | None) -> Sequence[PartCopy]:
    """Copy each part that no earlier attempt has copied; return the copies in the order of the parts."""
    copies: dict[int, PartCopy] = dict(chunks.copies) if chunks else {}

    def copy(reader: "Reader", number: int) -> None:
        copies[number] = copier.copied(reader.part(parts[number]), even_if_empty=number == 0)
        if chunks:
            chunks.done(number, copies[number])

    missing = [number for number in range(len(parts)) if number not in copies]
    with source.readers(copier.readers) as readers:
        if len(readers) == 1:
            for number in missing:
                copy(readers[0], number)
        else:
            _at_once(copier, readers, missing, copy)
    return [copies[number] for number in range(len(parts))]


def _at_once(
    copier: PartCopier, readers: "Sequence[Reader]", missing: Sequence[int], copy: "Callable[[Reader, int], None]"
) -> None:
    """Copy parts in threads, one per reader.

    If one part fails, or a signal stops the job, the others are given up, and the first error is raised when they have ended.
    """
    waiting: SimpleQueue[int] = SimpleQueue()
    for number in missing:
        waiting.put(number)

    def work(reader: "Reader") -> None:
        while not copier.halt.is_set():
            try:
                number = waiting.get_nowait()
            except Empty:
                return
            copy(reader, number)

    with ThreadPoolExecutor(len(readers), "reader") as threads:
        futures = [threads.submit(work, reader) for reader in readers]
        try:
            ended = wait(futures, return_when=FIRST_EXCEPTION).done
        finally:
            copier.halt.set()
            for reader, future in zip(readers, futures, strict=True):
                if not future.done():
                    reader.cancel()
        errors = [error for future in ended if (error := future.exception()) is not None]
        if errors:
            raise errors[0]
