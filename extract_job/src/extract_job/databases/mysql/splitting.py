"""How a MySQL or MariaDB table is split: by its key, else by a hash of its rows."""

from collections.abc import Sequence
from datetime import datetime

from extract_job.databases.conditions import Condition
from extract_job.databases.mapping import Column
from extract_job.databases.mysql.connection import Session, literal
from extract_job.databases.names import quoted
from extract_job.databases.tables import SourceTable
from extract_job.errors import FailureClass, JobError
from extract_job.splitting.cuts import Scale
from extract_job.splitting.parts import Cut, KeyColumn, Value, buckets

_SCALES = {
    **dict.fromkeys(("tinyint", "smallint", "mediumint", "int", "bigint", "year"), Scale.INTEGER),
    **dict.fromkeys(("decimal", "float", "double"), Scale.NUMBER),
    "date": Scale.DATE,
    **dict.fromkeys(("datetime", "timestamp"), Scale.TIMESTAMP),
}
_MOMENTS = (Scale.DATE, Scale.TIMESTAMP)
_TEXTS = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "uuid"})
_ROWS = """
SELECT TABLE_ROWS FROM information_schema.TABLES WHERE CONCAT('"', REPLACE(TABLE_SCHEMA, '"', '""'), '"."',
REPLACE(TABLE_NAME, '"', '""'), '"') = {table}
"""
_CREATED = """
SELECT CREATE_TIME FROM information_schema.TABLES WHERE CONCAT('"', REPLACE(TABLE_SCHEMA, '"', '""'), '"."',
REPLACE(TABLE_NAME, '"', '""'), '"') = {table}
"""
_KEY = """
SELECT COLUMN_NAME FROM information_schema.STATISTICS WHERE CONCAT('"', REPLACE(TABLE_SCHEMA, '"', '""'), '"."',
REPLACE(TABLE_NAME, '"', '""'), '"') = {table} AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX
"""


class MysqlSplit:
    """See `key.SplitTable`."""

    def __init__(self, session: Session, table: SourceTable) -> None:
        self._session = session
        self._table = table

    def rows(self) -> int:
        """See `key.SplitTable.rows`: the estimate of InnoDB; the rows of a view are counted."""
        answer = self._session.rows(_ROWS.format(table=literal(self._table.stored)))
        if answer and answer[0][0] is not None:
            return int(answer[0][0])
        return self._session.number(f"SELECT COUNT(*) FROM {self._table.sql}")  # noqa: S608 - quoted

    def created(self) -> str:
        """Return when the table was made, changed or emptied."""
        return str(self._session.rows(_CREATED.format(table=literal(self._table.stored))))

    def key(self, column: str | None) -> "MysqlKey | None":
        """See `key.SplitTable.key`."""
        if column is not None:
            return MysqlKey(self._session, self._table, [_ordered(self._table, column)])
        names = self.unique()
        columns = [self._table.column("partition_column", name) for name in names]
        return MysqlKey(self._session, self._table, columns) if names and all(map(_is_ordered, columns)) else None

    def unique(self) -> tuple[str, ...]:
        """Return the columns of the primary key; nothing if there is none."""
        rows = self._session.rows(_KEY.format(table=literal(self._table.stored)))
        names = tuple((name or b"").decode() for (name,) in rows)
        return names if set(names) <= {column.name for column in self._table.every} else ()

    def buckets(self, count: int) -> tuple[Condition, ...]:
        """See `key.SplitTable.buckets`: a hash of the values, because there is no hidden number of a row."""
        values = ", ".join(f"COALESCE(CAST({quoted(column.name)} AS BINARY), '')" for column in self._table.columns)
        return buckets(f"COALESCE(CRC32(CONCAT_WS(',', {values})), 0) % {count}", count)  # NULL: longer than max_allowed_packet


class MysqlKey:
    """See `key.SplitKey`. Texts are compared in the collation of their column, so that its index can be used."""

    def __init__(self, session: Session, table: SourceTable, columns: Sequence[Column]) -> None:
        self._session = session
        self._table = table
        self.columns = [KeyColumn(column.name, quoted(column.name), _Literal(column)) for column in columns]
        self._texts = [column.text for column in columns]
        self.scale = _SCALES.get(columns[0].base) if len(columns) == 1 else None
        self._moments = [
            place for place, column in enumerate(columns) if _SCALES.get(column.base) in (Scale.DATE, Scale.TIMESTAMP)
        ]

    def extremes(self) -> tuple[str, str] | None:
        """See `key.SplitKey.extremes`."""
        name = self.columns[0].sql
        ((least, greatest),) = self._session.rows(f"SELECT MIN({name}), MAX({name}) FROM {self._table.sql}")  # noqa: S608 - quoted
        return None if least is None or greatest is None else (least.decode(), greatest.decode())

    def histogram(self) -> list[Cut]:
        """See `key.SplitKey.histogram`: the catalog has none by default."""
        return []

    def sample(self, size: int) -> list[Cut]:
        """See `key.SplitKey.sample`: one pass over the key."""
        rows = max(1, MysqlSplit(self._session, self._table).rows())
        names = [column.sql for column in self.columns]
        where = " AND ".join([*(f"{name} IS NOT NULL" for name in names), f"RAND() < {min(1.0, size / rows):.9f}"])
        query = f"SELECT {', '.join(self._texts)} FROM {self._table.sql} WHERE {where} ORDER BY {', '.join(names)}"  # noqa: S608 - quoted
        cuts: list[Cut] = [tuple((value or b"").decode() for value in row) for row in self._session.rows(query)]
        return [cut for cut in cuts if all(_is_moment(cut[place]) for place in self._moments)]


_FORMS: dict[Scale | None, str] = {
    Scale.NUMBER: "CAST({} AS DECIMAL(65, 30))",
    Scale.DATE: "CAST({} AS DATE)",
    Scale.TIMESTAMP: "CAST({} AS DATETIME(6))",
}


class _Literal:
    """Writes a value of a column in SQL."""

    def __init__(self, column: Column) -> None:
        self._scale = _SCALES.get(column.base)
        self._form = _FORMS.get(self._scale, "{}")
        if column.base in ("double", "float"):
            self._form = "{} + 0e0"

    def __call__(self, value: Value) -> Condition:
        text = str(value)
        return Condition(str(int(text)) if self._scale is Scale.INTEGER else self._form.format(literal(text)))


def _is_moment(text: Value) -> bool:
    """Return whether a date or timestamp is a day of the calendar. Others are NULL once they are cast."""
    try:
        datetime.fromisoformat(str(text))
    except ValueError:
        return False
    return True


def _is_ordered(column: Column) -> bool:
    return column.base in _SCALES or column.base in _TEXTS


def _ordered(table: SourceTable, name: str) -> Column:
    column = table.column("partition_column", name, str.lower)
    if not _is_ordered(column):
        raise JobError(
            f"table {table.name!r}: the read cannot be split by column {column.name!r} ({column.declared}); use a column of "
            "numbers, dates, timestamps or text, or leave partition_column out",
            FailureClass.CONFIG,
        )
    return column
