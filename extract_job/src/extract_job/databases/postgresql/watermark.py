"""The watermark column of a PostgreSQL table.

The database compares in the type of the column. So a mark is only text here: ISO 8601, instants in
UTC.
"""

from extract_job.databases.conditions import Condition
from extract_job.databases.mapping import Column
from extract_job.databases.names import quoted
from extract_job.databases.postgresql.connection import Session
from extract_job.databases.postgresql.transactions import literal
from extract_job.databases.tables import SourceTable
from extract_job.databases.window import mark_column, not_a_mark
from extract_job.errors import FailureClass, JobError
from extract_job.marks import MarkType, Watermark, check_mark, form

_TYPES = {
    MarkType.INTEGER: {"int2", "int4", "int8", "oid", "numeric"},
    MarkType.DECIMAL: {"numeric", "float4", "float8", "int2", "int4", "int8"},
    MarkType.DATE: {"date"},
    MarkType.TIMESTAMP: {"timestamp", "timestamptz", "date"},
    MarkType.STRING: {"text", "varchar", "bpchar", "name"},
}
_CAST = {MarkType.INTEGER: "int8", MarkType.DECIMAL: "numeric", MarkType.DATE: "date"}


class PostgresqlWatermark:
    """See `window.WatermarkColumn`."""

    def __init__(self, session: Session, table: SourceTable, watermark: Watermark) -> None:
        column = mark_column(table, watermark)
        if column.base not in _TYPES[watermark.type]:
            raise JobError(
                f"table {table.name!r}: watermark column {column.name!r} is {column.declared}, which cannot hold marks of "
                f"{watermark.type.value}; {_remedy(column)}",
                FailureClass.CONFIG,
            )
        self._session = session
        self._table = table
        self._column = column
        self._watermark = watermark
        # The order of a collation depends on the library of the server; that of "C" is the order of code points.
        texts = watermark.type is MarkType.STRING
        self._sql = f'{quoted(column.name)}::text COLLATE "C"' if texts else quoted(column.name)
        self.zoned = column.base == "timestamptz"
        self.is_null = Condition(f"{self._sql} IS NULL")

    def compared(self, operator: str, mark: str) -> Condition:
        """See `window.WatermarkColumn.compared`."""
        return Condition(f"{self._sql} {operator} {self._literal(mark)}")

    def newest(self, rows: Condition) -> str | None:
        """See `window.WatermarkColumn.newest`."""
        ((mark,),) = self._session.rows(f"SELECT max({self._sql})::text FROM {self._table.sql} WHERE {rows.sql}")  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`
        return None if mark is None else str(mark)

    def check(self, mark: str) -> None:
        """See `window.WatermarkColumn.check`."""
        try:
            check_mark(self._watermark.type, mark)
        except ValueError as error:
            raise not_a_mark(self._table.name, self._column, self._watermark, mark, error) from error

    def below(self, mark: str, other: str) -> bool:
        """See `window.WatermarkColumn.below`."""
        if mark == other:
            return False
        ((answer,),) = self._session.rows(f"SELECT {self._literal(mark)} < {self._literal(other)}")
        return bool(answer)

    def count(self, rows: Condition) -> int:
        """See `window.WatermarkColumn.count`."""
        ((count,),) = self._session.rows(f"SELECT count(*) FROM {self._table.sql} WHERE {rows.sql}")  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`
        return int(count)

    def clock(self) -> str | None:
        """See `window.WatermarkColumn.clock`: the clock of the server.

        Without a zone it is the later of UTC and the time zone that sessions of this user begin with,
        because values do not say which of them they mean. In the hour that clocks repeat at the end of
        summer time, and for a day after, time goes on without the repetition: marks of the first pass
        are not in the future in the second. Read after the snapshot, so that the marks of all rows
        in it are before this time.
        """
        if self._watermark.type not in (MarkType.DATE, MarkType.TIMESTAMP):
            return None
        now = "clock_timestamp()"
        if not self.zoned:
            zone = "(SELECT reset_val FROM pg_settings WHERE name = 'TimeZone')"
            day = "interval '24 hours'"
            now = f"greatest({now} AT TIME ZONE 'UTC', {now} AT TIME ZONE {zone}, ({now} - {day}) AT TIME ZONE {zone} + {day})"
        ((clock,),) = self._session.rows(f"SELECT ({now})::{self._column.base}::text")
        return str(clock)

    def _literal(self, mark: str) -> str:
        if self._watermark.type is MarkType.STRING:
            return f'{literal(mark)}::text COLLATE "C"'
        if self._column.base in ("float4", "float8"):  # as numeric, 0.1 would not be the 0.1 of a float4
            return f"{literal(mark)}::{self._column.base}"
        if self._watermark.type is not MarkType.TIMESTAMP:
            return f"{literal(mark)}::{_CAST[self._watermark.type]}"
        if self._column.base == "timestamptz":
            return f"{literal(mark)}::timestamptz"
        if _has_offset(mark):
            raise JobError(
                f"table {self._table.name!r}: watermark column {self._column.name!r} is {self._column.declared}, which cannot be "
                f"compared with the mark {mark!r} because of its offset; set a mark without an offset",
                FailureClass.CONFIG,
            )
        return f"{literal(mark)}::timestamp"


def _remedy(column: Column) -> str:
    fitting = [mark_type.value for mark_type, bases in _TYPES.items() if column.base in bases]
    if fitting:
        return f"set --hwm_column_type {' or '.join(fitting)}, or use another column"
    return "use a column of numbers, dates, timestamps or text whose values grow with each change, or run a full extract"


def _has_offset(mark: str) -> bool:
    try:
        return form(mark)[1] != ""
    except ValueError:
        return False  # a value of the table, such as infinity, which is compared before it is checked
