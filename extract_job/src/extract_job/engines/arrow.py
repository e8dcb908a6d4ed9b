"""The Arrow engine: this process reads the rows as Arrow batches and writes the files."""

from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from itertools import count
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from extract_job.arguments.model import Arguments
from extract_job.databases.conditions import ALL_ROWS
from extract_job.databases.source import PartedSource
from extract_job.engines.copied import Copied
from extract_job.engines.part import PartCopier, PartCopy
from extract_job.proof.certificate import Proof, named
from extract_job.proof.figures import Figures
from extract_job.result import DataFile
from extract_job.splitting.plan import MOST_READERS, parts_of
from extract_job.storage.opening import folder_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extract_job.databases.conditions import Condition
    from extract_job.databases.source import Reader, Source


def copied(arguments: Arguments, source: "Source") -> Copied:
    """Copy all rows to deliver; raise `JobError`, or `Stopped` on a signal, without leaving a file."""
    parts, notes = _parts(arguments, source)
    folder = folder_in(arguments.folder)
    try:
        copier = PartCopier(arguments, source.schema(), folder, count(), min(len(parts), MOST_READERS))
        if len(parts) > 1 and isinstance(source, PartedSource):
            copies = _at_once(copier, source, parts)
        else:
            copies = [copier.copied(source, even_if_empty=True)]
        written = sorted((file for copy in copies for file in copy.files), key=lambda file: file.number)
        certificate = None
        if arguments.verify != "off":
            proof = Proof(source.schema(), source.hasher() if arguments.verify == "full" else None)
            proof.add((file.figures for file in written), sum((copy.left_out for copy in copies), Figures()))
            figures = source.figures() if arguments.verify == "full" else Figures(source.count())
            certificate = proof.certificate(arguments.table, figures)
        names = folder.finish()
    finally:
        folder.discard()
    files = [DataFile(name, file.bytes, file.rows) for name, file in zip(names, written, strict=True)]
    return Copied(tuple(files), certificate and named(certificate, [file.name for file in files]), notes)


def _parts(arguments: Arguments, source: "Source") -> "tuple[Sequence[Condition], tuple[str, ...]]":
    """Return the parts to read at once, and what the user should know of them."""
    split = arguments.split
    if split.parts == 1:
        return (ALL_ROWS,), ()
    if source.one_reader_because is not None or not isinstance(source, PartedSource):
        note = f"num_partitions has no effect: {source.one_reader_because}"
        return (ALL_ROWS,), () if split.parts is None else (note,)
    table = source.split()
    return parts_of(table, arguments.table, split, split.parts_for(table.rows())), ()


def _at_once(copier: PartCopier, source: PartedSource, parts: "Sequence[Condition]") -> list[PartCopy]:
    """Copy each part; return the copies in the order of the parts.

    If one part fails, or a signal stops the job, the others are given up, and the first error is raised when they have ended.
    """
    waiting: SimpleQueue[int] = SimpleQueue()
    for number in range(len(parts)):
        waiting.put(number)
    copies: dict[int, PartCopy] = {}

    def work(reader: "Reader") -> None:
        while not copier.halt.is_set():
            try:
                number = waiting.get_nowait()
            except Empty:
                return
            copies[number] = copier.copied(reader.part(parts[number]), even_if_empty=number == 0)

    with source.readers(copier.readers) as readers, ThreadPoolExecutor(len(readers), "reader") as threads:
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
    return [copies[number] for number in range(len(parts))]
