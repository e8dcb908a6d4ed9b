"""The Arrow engine: this process reads the rows as Arrow batches and writes the files."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from extract_job.arguments.model import Arguments
from extract_job.databases.conditions import ALL_ROWS, Condition
from extract_job.databases.source import PartedSource
from extract_job.engines.at_once import at_once
from extract_job.engines.chunked import Chunked
from extract_job.engines.copied import Copied
from extract_job.engines.part import PartCopier, PartCopy
from extract_job.engines.reading import Reading
from extract_job.splitting.plan import MOST_READERS, parts_of

if TYPE_CHECKING:
    from extract_job.databases.source import Reader, Source


def copied(arguments: Arguments, source: "Source") -> Copied:
    """Copy all rows to deliver: see `Reading.copied`."""
    return _ArrowReading(arguments, source).copied()


class _ArrowReading(Reading):
    """One read of a table: as a whole, in parts at once, or in chunks."""

    def _copied(self) -> Copied:
        source = self.source
        parts, readers = self._parts()
        copier = PartCopier(self.arguments, source.schema(), self.folder, self.numbers, readers)
        if self.chunked and isinstance(source, PartedSource):
            self.chunked.adopt(source, self.numbers)
        if isinstance(source, PartedSource) and len(parts) > 1:
            copies = _in_parts(copier, source, parts, self.chunked)
        else:
            copies = [copier.copied(source, even_if_empty=True)]
        return self.proven(copies, self.figures, _no_effect(self.arguments, source), len(parts))

    def _parts(self) -> tuple[Sequence[Condition], int]:
        """Return the parts, and how many of them are read at once."""
        source, split = self.source, self.arguments.split
        if not isinstance(source, PartedSource):
            return (ALL_ROWS,), 1
        table = source.split()
        rows = cache(table.rows)
        chunks = self.cut(source, rows)
        number = 1 if source.one_reader_because is not None else split.parts or split.parts_for(rows())
        parts = chunks.parts if chunks else parts_of(table, self.arguments.table, split, number)
        return parts, max(1, min(number, len(parts), MOST_READERS))


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
        at_once(readers, missing, copy, copier.halt)
    return [copies[number] for number in range(len(parts))]
