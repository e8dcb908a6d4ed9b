"""How a PostgreSQL table is split: by its key, else by the blocks in which it is stored, else by a hash of its rows."""

import json
from collections.abc import Sequence
from itertools import pairwise

from extract_job.databases.conditions import Condition
from extract_job.databases.mapping import Column
from extract_job.databases.names import quoted
from extract_job.databases.postgresql.connection import Session
from extract_job.databases.postgresql.transactions import literal
from extract_job.databases.tables import SourceTable
from extract_job.errors import FailureClass, JobError
from extract_job.splitting.cuts import Scale
from extract_job.splitting.parts import Cut, KeyColumn, Value, buckets

_SCALES = {
    **dict.fromkeys(("int2", "int4", "int8", "oid"), Scale.INTEGER),
    **dict.fromkeys(("numeric", "float4", "float8"), Scale.NUMBER),
    "date": Scale.DATE,
    **dict.fromkeys(("timestamp", "timestamptz"), Scale.TIMESTAMP),
}
_ORDERED = frozenset({*_SCALES, "text", "varchar", "bpchar", "name", "uuid", "time", "inet", "cidr", "macaddr"})
"""Types whose values can be written as text and compared; an index on the column is used."""
_CASTS = {"int2": "int8", "int4": "int8", "varchar": "text"}
_KEY = """
SELECT (SELECT json_agg(a.attname ORDER BY k.position) FROM unnest(i.indkey) WITH ORDINALITY AS k(number, position)
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number WHERE k.position <= i.indnkeyatts)::text
FROM pg_index i WHERE i.indrelid = {table}::regclass AND i.indisunique AND i.indisvalid AND i.indimmediate
AND i.indpred IS NULL AND i.indexprs IS NULL
AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) AND NOT a.attnotnull)
ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1
"""
_HISTOGRAM = """
SELECT array_to_json(histogram_bounds::text::text[])::text FROM pg_stats
WHERE (schemaname, tablename) = (SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = {table}::regclass) AND attname = {column} ORDER BY inherited DESC LIMIT 1
"""
_BLOCKS = """
SELECT greatest(max(pg_relation_size(t.relid)), pg_relation_size({table}::regclass)) / current_setting('block_size')::int
FROM pg_partition_tree({table}::regclass) t
"""
_TID_RANGES_SINCE = 140_000
"""The server version that reads a range of blocks without the others
(https://www.postgresql.org/docs/release/14.0/: "Allow efficient heap scanning of a range of TIDs")."""


class PostgresqlSplit:
    """See `key.SplitTable`."""

    def __init__(self, session: Session, table: SourceTable) -> None:
        self._session = session
        self._table = table

    def rows(self) -> int:
        """See `key.SplitTable.rows`: the planner's estimate."""
        return int(self._session.plan(f"SELECT 1 FROM {self._table.sql}")["Plan Rows"])  # noqa: S608 - quoted

    def key(self, column: str | None) -> "PostgresqlKey | None":
        """See `key.SplitTable.key`: a unique key whose columns are never NULL, the primary key first."""
        if column is not None:
            return PostgresqlKey(self._session, self._table, [_ordered(self._table, column)])
        names = self.unique()
        columns = [self._table.column("partition_column", name) for name in names]
        return PostgresqlKey(self._session, self._table, columns) if names and all(map(_is_ordered, columns)) else None

    def unique(self) -> tuple[str, ...]:
        """Return the columns of the key that identifies rows; nothing if there is none."""
        rows = self._session.rows(_KEY.format(table=literal(self._table.stored)))
        names = tuple(json.loads(rows[0][0])) if rows else ()
        return names if set(names) <= {column.name for column in self._table.every} else ()

    def buckets(self, count: int) -> tuple[Condition, ...]:
        """See `key.SplitTable.buckets`."""
        ((version,),) = self._session.rows("SELECT current_setting('server_version_num')::int")
        if self._table.row_id == "ctid" and version >= _TID_RANGES_SINCE:
            return self._blocks(count)
        row = ", ".join(quoted(column.name) for column in self._table.columns)
        return buckets(f"(hashtextextended(ROW({row})::text, 0) & 9223372036854775807) % {count}", count)

    def _blocks(self, count: int) -> tuple[Condition, ...]:
        """Return ranges of blocks. They are only valid in one snapshot: an update moves a row to another block."""
        ((blocks,),) = self._session.rows(_BLOCKS.format(table=literal(self._table.stored)))
        steps = sorted({(blocks or 0) * number // count for number in range(1, count)} - {0})
        ends = [f"'({step},0)'::tid" for step in steps]
        if not ends:
            return (Condition("1 = 1"),)
        middle = [f"ctid >= {begin} AND ctid < {end}" for begin, end in pairwise(ends)]
        return tuple(map(Condition, (f"ctid < {ends[0]}", *middle, f"ctid >= {ends[-1]}")))


class PostgresqlKey:
    """See `key.SplitKey`. Texts are compared in the collation of their column, so that its index can be used."""

    def __init__(self, session: Session, table: SourceTable, columns: Sequence[Column]) -> None:
        self._session = session
        self._table = table
        self._columns = columns
        self.columns = [KeyColumn(column.name, quoted(column.name), _Literal(column)) for column in columns]
        self.scale = _SCALES.get(columns[0].base) if len(columns) == 1 else None

    def extremes(self) -> tuple[str, str] | None:
        """See `key.SplitKey.extremes`."""
        name = self.columns[0].sql
        ((least, greatest),) = self._session.rows(f"SELECT min({name})::text, max({name})::text FROM {self._table.sql}")  # noqa: S608 - quoted
        return None if least is None else (least, greatest)

    def histogram(self) -> list[Cut]:
        """See `key.SplitKey.histogram`: of one column; https://www.postgresql.org/docs/current/view-pg-stats.html."""
        if len(self.columns) > 1:
            return []
        where = {"table": literal(self._table.stored), "column": literal(self.columns[0].name)}
        rows = self._session.rows_if_allowed(_HISTOGRAM.format(**where))
        values = json.loads(rows[0][0]) if rows and rows[0][0] else []
        return [(value,) for value in values]

    def sample(self, size: int) -> list[Cut]:
        """See `key.SplitKey.sample`: of some blocks, if the rows are stored."""
        rows = max(1, PostgresqlSplit(self._session, self._table).rows())
        names = [column.sql for column in self.columns]
        texts = ", ".join(f"{name}::text" for name in names)
        # ORDER BY "name" would mean the column of the answer, which is text.
        order = ", ".join(f"{self._table.stored}.{name}" for name in names)
        where = " AND ".join(f"{name} IS NOT NULL" for name in names)
        share = min(1.0, size / rows)
        some = "" if self._table.row_id else f" AND random() < {share:.9f}"
        from_blocks = f" TABLESAMPLE SYSTEM ({100 * share:.9f})" if self._table.row_id else ""
        query = f"SELECT {texts} FROM {self._table.stored}{from_blocks} WHERE {where}{some} ORDER BY {order}"  # noqa: S608 - quoted
        return [tuple(row) for row in self._session.rows(query)]


class _Literal:
    """Writes a value of a column in SQL."""

    def __init__(self, column: Column) -> None:
        self._cast = _CASTS.get(column.base, column.base)

    def __call__(self, value: Value) -> Condition:
        return Condition(f"{literal(str(value))}::{self._cast}")


def _is_ordered(column: Column) -> bool:
    return column.base in _ORDERED


def _ordered(table: SourceTable, name: str) -> Column:
    column = table.column("partition_column", name)
    if not _is_ordered(column):
        raise JobError(
            f"table {table.name!r}: the read cannot be split by column {column.name!r} ({column.declared}); use a column of "
            "numbers, dates, timestamps or text, or leave partition_column out",
            FailureClass.CONFIG,
        )
    return column
