"""The tables of a database, from the relations, columns and indexes that its catalog lists: for MySQL, SQL Server and Oracle."""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from extract_cli.catalog.keys import Index, described
from extract_cli.catalog.looking import COUNTED, Looking, grouped, sql_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extract_cli.catalog.looking import Row
    from extract_cli.catalog.names import Names, Place
    from extract_cli.catalog.tables import Column, Table


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view. `rows` is the estimate of the catalog, or None. `kind`: as what `init` leaves it out: ``views``."""

    place: Place
    rows: int | None = None
    kind: str = ""
    notes: tuple[str, ...] = ()


class Listing(Looking):
    """See `Looking`. `nothing` is the SQL of a query that returns no row, and that needs the right to read all columns."""

    nothing: ClassVar[str] = "SELECT * FROM {} LIMIT 0"

    @abstractmethod
    def _column(self, row: Row) -> Column:
        """A column, from its row in the catalog after the names of schema and table."""

    @abstractmethod
    def _refused(self, error: Exception, sql: str, user: str) -> str:
        """Why this user may not read a table (a quoted name), and what to do."""

    def _listed(
        self,
        relations: Iterable[Relation],
        names: Names,
        columns: Iterable[Row],
        indexes: Iterable[Row],
        user: str,
        *,
        compared: bool,
    ) -> tuple[tuple[Table, ...], tuple[str, ...]]:
        """The tables, and what is left out. `compared`: all relations, and no row is looked at.

        A row of `indexes` is schema, table, name of the index, whether it is the primary key, whether it is unique, and a column,
        or None for a part that is not a whole column.
        """
        columns_of, indexes_of = grouped(columns), grouped(indexes)
        tables, left_out = [], defaultdict(list)
        for relation in relations:
            place = relation.place
            parts = _indexes(indexes_of.get(place, ()))
            table = described(names.written(place), place, map(self._column, columns_of.get(place, ())), parts)
            table = replace(table, refusal=self._refusal(table, user))
            if compared:
                tables.append(table)
            elif relation.kind:
                left_out[relation.kind].append(table.name)
            elif table.refusal is not None:
                left_out["tables that this user cannot read"].append(table.name)
            else:
                tables.append(replace(self._filled(table, self._rows_of(relation)), notes=relation.notes))
        return tuple(tables), tuple(f"{what}: {', '.join(members)}" for what, members in left_out.items())

    def _rows_of(self, relation: Relation) -> int | None:
        """The number of rows: counted if the table is small, because the estimate of a small table is rough."""
        if relation.rows is not None and relation.rows >= COUNTED:
            return relation.rows
        counted = self._counted(sql_of(relation.place))
        if counted is not None and counted < COUNTED:
            return counted
        return None if relation.rows is None else COUNTED

    def _refusal(self, table: Table, user: str) -> str | None:
        """What the server says to a query without rows, if it refuses it: a catalog may hide columns that a user cannot read."""
        sql = sql_of(table.place)
        try:
            self._rows(self.nothing.format(sql))
        except self._failure as error:
            if self._is_lost(error):
                raise
            return self._refused(error, sql, user)
        return None


def _indexes(rows: Iterable[Sequence[object]]) -> list[Index]:
    of_name: dict[object, list[Sequence[object]]] = defaultdict(list)
    for name, *part in rows:
        of_name[name].append(part)
    return [
        Index(
            columns=tuple(None if column is None else str(column) for *_, column in parts),
            is_primary=bool(parts[0][0]),
            is_unique=bool(parts[0][1]),
        )
        for parts in of_name.values()
    ]
