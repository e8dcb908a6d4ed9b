"""How a SQLite table is split: by its key, else by the numbers of its rows."""

import re
import sqlite3
from collections.abc import Sequence

from extract_job.databases.conditions import Condition
from extract_job.databases.mapping import Column, Kind
from extract_job.databases.names import quoted
from extract_job.databases.sqlite.tables import folded
from extract_job.databases.tables import SourceTable
from extract_job.splitting.cuts import Scale
from extract_job.splitting.parts import Cut, KeyColumn, Value, buckets

_SCALES = {
    Kind.BIGINT: Scale.INTEGER,
    Kind.DOUBLE: Scale.NUMBER,
    Kind.DECIMAL: Scale.NUMBER,
    Kind.DATE: Scale.DATE,
    Kind.TIMESTAMP: Scale.TIMESTAMP,
    Kind.INSTANT: Scale.TIMESTAMP,
}
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')


class SqliteSplit:
    """See `key.SplitTable`."""

    def __init__(self, connection: sqlite3.Connection, table: SourceTable) -> None:
        self._connection = connection
        self._table = table

    def rows(self) -> int:
        """See `key.SplitTable.rows`: counted, because numbers of rows may be far apart."""
        (rows,) = self._connection.execute(f"SELECT count(*) FROM {self._table.sql}").fetchone()  # noqa: S608 - quoted
        return int(rows)

    def key(self, column: str | None) -> "SqliteKey | None":
        """See `key.SplitTable.key`."""
        if column is not None:
            return SqliteKey(self._connection, self._table, [self._table.column("partition_column", column, folded)])
        columns = [self._table.column("partition_column", name, folded) for name in self.unique()]
        return SqliteKey(self._connection, self._table, columns) if columns else None

    def unique(self) -> tuple[str, ...]:
        """Return the columns of the primary key; nothing if there is none. The row number may change in a VACUUM."""
        schema, table = (name.replace('""', '"') for name in _QUOTED.findall(self._table.stored))
        rows = self._connection.execute("SELECT name FROM pragma_table_info(?, ?) WHERE pk > 0 ORDER BY pk", (table, schema))
        return tuple(name for (name,) in rows)

    def buckets(self, count: int) -> tuple[Condition, ...]:
        """See `key.SplitTable.buckets`; a view has no row numbers and stays whole."""
        row_id = self._table.row_id
        return buckets("1", 1) if row_id is None else buckets(f"abs({row_id} % {count})", count)


class SqliteKey:
    """See `key.SplitKey`. Values keep their storage class, and are compared as SQLite orders the column."""

    def __init__(self, connection: sqlite3.Connection, table: SourceTable, columns: Sequence[Column]) -> None:
        self._connection = connection
        self._table = table
        self.scale = _SCALES.get(columns[0].kind) if len(columns) == 1 else None
        is_number = self.scale in (Scale.INTEGER, Scale.NUMBER)
        self.columns = [KeyColumn(column.name, quoted(column.name), _number if is_number else _value) for column in columns]

    def extremes(self) -> tuple[str, str] | None:
        """See `key.SplitKey.extremes`."""
        name, table = self.columns[0].sql, self._table.sql
        least, greatest = self._connection.execute(
            f"SELECT (SELECT min({name}) FROM {table}), (SELECT max({name}) FROM {table})"  # noqa: S608 - quoted
        ).fetchone()
        return None if least is None else (str(least), str(greatest))

    def histogram(self) -> list[Cut]:
        """See `key.SplitKey.histogram`: the catalog has none by default."""
        return []

    def sample(self, size: int) -> list[Cut]:
        """See `key.SplitKey.sample`: one pass over the key. A key with blobs is not split."""
        rows = max(1, SqliteSplit(self._connection, self._table).rows())
        names = [column.sql for column in self.columns]
        where = " AND ".join([*(f"{name} IS NOT NULL" for name in names), f"abs(random() % {max(1, rows // size)}) = 0"])
        query = f"SELECT {', '.join(names)} FROM {self._table.sql} WHERE {where} ORDER BY {', '.join(names)}"  # noqa: S608 - quoted
        try:
            cuts = self._connection.execute(query).fetchall()
        except sqlite3.OperationalError as error:
            if "decode to UTF-8" in str(error):
                return []
            raise
        return [] if any(isinstance(value, bytes) for cut in cuts for value in cut) else cuts


def _value(value: Value) -> Condition:
    return Condition("?", (value,))


def _number(value: Value) -> Condition:
    """A number that comes as text. SQLite stores no such text in a column of numbers."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value) if "." in value else max(-(2**63), min(2**63 - 1, int(value)))
    return _value(value)
