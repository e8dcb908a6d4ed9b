"""What a look at the rows of a table adds to its catalog entry, in databases on a server."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from extract_cli.catalog.propose import times

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extract_cli.catalog.names import Place
    from extract_cli.catalog.tables import Column, Table

    Cursor = Any  # of a driver, which is an extra
    Row = Sequence[Any]

COUNTED: Final = 100_000
"""Rows that are counted: statistics know nothing of a new table, and little of a small one."""
_LOOKED_AT: Final = 1_000_000  # rows that are looked at without an index


class Looking(ABC):
    """One reading of one catalog. `failure` is what the driver raises. A database sets its SQL, and reads its errors."""

    text: ClassVar[str]
    """The SQL of a value as text; `{}` stands for the value."""
    first: ClassVar[str] = "SELECT 1 AS one FROM {sql} LIMIT {most}"
    """The SQL of the first rows of a table, without their values."""
    tomorrow: ClassVar[str]

    def __init__(self, cursor: Cursor, failure: type[Exception]) -> None:
        self._cursor, self._failure = cursor, failure

    def _rows(self, query: str) -> list[Row]:
        """The rows of an answer."""
        self._cursor.execute(query)
        return list(self._cursor.fetchall())

    @abstractmethod
    def _is_lost(self, error: Exception) -> bool:
        """Whether the connection is gone, so that no later query can be answered."""

    def _looked(self, query: str, width: int) -> Row:
        """The one row that a query on a table returns. NULLs if it takes too long or the server refuses it."""
        try:
            return self._rows(query)[0]
        except self._failure as error:
            if self._is_lost(error):
                raise
            return (None,) * width

    def _counted(self, sql: str) -> int | None:
        """The number of rows, up to `COUNTED`. None if the server does not say it in time."""
        (rows,) = self._looked(f"SELECT count(*) FROM ({self.first.format(sql=sql, most=COUNTED)}) counted", 1)  # noqa: S608 - quoted
        return int(rows) if rows is not None else None

    def _filled(self, table: Table, rows: int | None) -> Table:
        """The table with its number of rows, and with what a query on its rows shows."""
        sql = sql_of(table.place)
        return replace(table, rows=rows, columns=self._times(table, sql, rows))

    def _times(self, table: Table, sql: str, rows: int | None) -> tuple[Column, ...]:
        """The columns. Those that could be a watermark say whether they are always NULL, or ahead of the clock."""
        is_small = rows is not None and rows <= _LOOKED_AT
        candidates = [column for column in times(table.columns) if column.indexed or is_small] if rows != 0 else []
        if not candidates:
            return table.columns
        greatest = [f"max({quoted(column.name)})" for column in candidates]
        flags = "CASE WHEN {0} > {1} THEN 1 ELSE 0 END, CASE WHEN {0} IS NULL THEN 1 ELSE 0 END"
        wanted = ", ".join(f"{self.text.format(most)}, {flags.format(most, self.tomorrow)}" for most in greatest)
        values = self._looked(f"SELECT {wanted} FROM {sql}", 3 * len(candidates))  # noqa: S608 - quoted
        seen = {
            column.name: replace(column, is_empty=bool(is_empty), ahead=most if is_ahead else None)
            for column, most, is_ahead, is_empty in zip(candidates, values[::3], values[1::3], values[2::3], strict=True)
        }
        return tuple(seen.get(column.name, column) for column in table.columns)


def grouped(rows: Iterable[Row]) -> dict[Place, list[Row]]:
    """Rows of the catalog by table: the first two values are its schema and name."""
    of_table: dict[Place, list[Row]] = defaultdict(list)
    for schema, table, *rest in rows:
        of_table[schema, table].append(rest)
    return of_table


def sql_of(place: Place) -> str:
    """The quoted name of a table."""
    return ".".join(map(quoted, place))


def quoted(name: str) -> str:
    """A name in double quotes."""
    return '"' + name.replace('"', '""') + '"'
