"""The watermark column of a MySQL or MariaDB table.

The database compares in the type of the column; texts are compared by their bytes in UTF-8, whatever their collation.
"""

from datetime import UTC

from extract_job.databases.conditions import Condition
from extract_job.databases.mapping import Column
from extract_job.databases.mysql.connection import Session, literal
from extract_job.databases.names import quoted
from extract_job.databases.tables import SourceTable
from extract_job.databases.window import mark_column, not_a_mark
from extract_job.errors import FailureClass, JobError
from extract_job.marks import MarkType, Watermark, check_mark, form, moment_of

_INTEGERS = {"tinyint", "smallint", "mediumint", "int", "bigint", "year"}
_TYPES = {
    MarkType.INTEGER: _INTEGERS | {"decimal"},
    MarkType.DECIMAL: _INTEGERS | {"decimal", "double"},
    MarkType.DATE: {"date"},
    MarkType.TIMESTAMP: {"datetime", "timestamp", "date"},
    MarkType.STRING: {"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "uuid"},
}
_CAST = {MarkType.INTEGER: "CAST({} AS DECIMAL(65, 0))", MarkType.DECIMAL: "CAST({} AS DECIMAL(65, 30))"}


class MysqlWatermark:
    """See `window.WatermarkColumn`."""

    def __init__(self, session: Session, table: SourceTable, watermark: Watermark) -> None:
        column = mark_column(table, watermark, str.lower)
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
        texts = watermark.type is MarkType.STRING
        self._sql = f"CAST({column.text} AS BINARY)" if texts else quoted(column.name)
        self.zoned = column.base == "timestamp"
        self.is_null = Condition(f"{quoted(column.name)} IS NULL")

    def compared(self, operator: str, mark: str) -> Condition:
        """See `window.WatermarkColumn.compared`."""
        return Condition(f"{self._sql} {operator} {self._literal(mark)}")

    def newest(self, rows: Condition) -> str | None:
        """See `window.WatermarkColumn.newest`."""
        mark = self._session.text(f"SELECT MAX({self._sql}) FROM {self._table.sql} WHERE {rows.sql}")  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`
        return None if mark is None else self._spelled(mark)

    def check(self, mark: str) -> None:
        """See `window.WatermarkColumn.check`."""
        try:
            check_mark(self._watermark.type, mark)
        except ValueError as error:
            raise not_a_mark(self._table.name, self._column, self._watermark, mark, error) from error

    def below(self, mark: str, other: str) -> bool:
        """See `window.WatermarkColumn.below`."""
        return mark != other and self._session.number(f"SELECT {self._literal(mark)} < {self._literal(other)}") == 1

    def count(self, rows: Condition) -> int:
        """See `window.WatermarkColumn.count`."""
        return self._session.number(f"SELECT COUNT(*) FROM {self._table.sql} WHERE {rows.sql}")  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`

    def clock(self) -> str | None:
        """See `window.WatermarkColumn.clock`: the clock of the server.

        Without a zone it is the later of UTC and the time zone of the server, because values do not say which of them they mean.
        In the hour that clocks repeat at the end of summer time, and for a day after, time goes on without the repetition. Read
        after the snapshot, so that the marks of all rows in it are before this time.
        """
        if self._watermark.type not in (MarkType.DATE, MarkType.TIMESTAMP):
            return None
        now = "UTC_TIMESTAMP(6)"
        if not self.zoned:
            day = "INTERVAL 1 DAY"
            local = "CONVERT_TZ({}, '+00:00', @@GLOBAL.time_zone)".format
            here, before = local(now), local(f"{now} - {day}")
            now = f"GREATEST({now}, COALESCE({here}, {now}), COALESCE({before} + {day}, {now}))"
        date = self._column.base == "date"
        clock = self._session.text(f"SELECT CAST({now} AS {'DATE' if date else 'DATETIME(6)'})")
        return None if clock is None else self._spelled(clock)

    def _spelled(self, value: str) -> str:
        """Return the mark for the text of a value: an instant says that it is one."""
        return f"{value}+00:00" if self.zoned else value

    def _literal(self, mark: str) -> str:
        kind = self._watermark.type
        if kind is MarkType.STRING:
            return f"CAST({literal(mark)} AS BINARY)"
        if kind in _CAST:
            return f"{literal(mark)} + 0e0" if self._column.base == "double" else _CAST[kind].format(literal(mark))
        if kind is MarkType.DATE:
            return f"CAST({literal(mark)} AS DATE)"
        return f"CAST({literal(self._moment(mark))} AS DATETIME(6))"

    def _moment(self, mark: str) -> str:
        """Return a mark without its zone, in the time of the column. The session's time zone is UTC."""
        try:
            _, zone, _ = form(mark)
        except ValueError:
            return mark  # a value of the table, such as a zero date, which is compared before it is checked
        if not zone:
            return mark
        if not self.zoned:
            raise JobError(
                f"table {self._table.name!r}: watermark column {self._column.name!r} is {self._column.declared}, which cannot be "
                f"compared with the mark {mark!r} because of its offset; set a mark without an offset",
                FailureClass.CONFIG,
            )
        return moment_of(mark).astimezone(UTC).replace(tzinfo=None).isoformat(" ")


def _remedy(column: Column) -> str:
    fitting = [mark_type.value for mark_type, bases in _TYPES.items() if column.base in bases]
    if fitting:
        return f"set --hwm_column_type {' or '.join(fitting)}, or use another column"
    return "use a column of numbers, dates, timestamps or text whose values grow with each change, or run a full extract"
