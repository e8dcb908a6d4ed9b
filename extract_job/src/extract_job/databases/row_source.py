"""What sources whose rows arrive as tuples have in common: one reader, parts, and rows of the overlap known by digests."""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from extract_job.databases.conditions import Condition
from extract_job.databases.delivered import Digests, Memory
from extract_job.databases.source import Reader, one_reader

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from extract_job.databases.mapping import Column
    from extract_job.databases.source import Schema, Table
    from extract_job.databases.window import Window


class RowSource:
    """See `source.PartedSource`. A database opens the cursor, and converts rows."""

    window: "Window"
    columns: Sequence["Column"]

    def _begin(self, known: bytes) -> None:
        """Call this at the end of the constructor; `known` are the digests that the last attempt remembers."""
        self._digests = Digests(known if self.window.overlap else b"")
        self._cursor: Any = None
        self._left_out = 0
        self._parts: list[Self] = []
        self._take_left_out: Callable[[Table], None] | None = None

    def left_out_to(self, take: "Callable[[Table], None]") -> None:
        """See `source.Source.left_out_to`."""
        self._take_left_out = take

    def rows_left_out(self) -> int:
        """See `source.Source.rows_left_out`."""
        return self._left_out + sum(part.rows_left_out() for part in self._parts)

    def memory(self) -> Memory | None:
        """See `source.Source.memory`."""
        if self.window.next_begin is None:
            return None
        return self._digests.memory(column.name for column in self.columns)

    def unchanged(self, rows: Condition, snapshot: str | None, count: int) -> None:  # noqa: ARG002
        """See `source.PartedSource.unchanged`: rows do not say when they were written."""
        return

    def readers(self, count: int) -> "AbstractContextManager[Sequence[Reader]]":  # noqa: ARG002 - there is one
        """See `source.Source.readers`."""
        return one_reader(self._part)  # type: ignore[arg-type]  # a part is a source of the database

    def schema(self) -> "Schema":
        """See `source.Source.schema`."""
        # Imported here: most faults are found in less time than Arrow takes to load.
        from extract_job.databases.arrow_types import schema_of

        return schema_of(self.columns)

    def _part(self, rows: Condition) -> Self:
        part = copy(self)
        window = replace(self.window, rows=self.window.rows & rows)
        vars(part).update(window=window, _cursor=None, _left_out=0, _parts=[])
        self._parts.append(part)
        return part
