"""The watermark column of a SQLite table.

SQLite compares by storage class (numbers before text before blobs). So the least and the greatest
value show whether all values are of the mark's type:
https://www.sqlite.org/datatype3.html#comparison_expressions
"""

import sqlite3
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from extract_job.databases.conditions import ALL_ROWS, Condition
from extract_job.databases.names import quoted
from extract_job.databases.sqlite.tables import folded
from extract_job.databases.tables import SourceTable
from extract_job.databases.window import mark_column, not_a_mark
from extract_job.errors import FailureClass, JobError
from extract_job.marks import MarkType, Watermark, check_mark, form, moment_of

FORMS = 3
"""Different forms of timestamps that one column may hold near the clock."""
_STORAGE_CLASSES = {int: "an integer", float: "a real", str: "text", bytes: "a blob"}


class SqliteWatermark:
    """See `window.WatermarkColumn`. Texts are compared by their bytes, whatever the column's collation."""

    def __init__(self, connection: sqlite3.Connection, table: SourceTable, watermark: Watermark) -> None:
        column = mark_column(table, watermark, folded)
        self._connection = connection
        self._table = table
        self._column = column
        self._watermark = watermark
        texts = watermark.type in (MarkType.DATE, MarkType.TIMESTAMP, MarkType.STRING)
        self._sql = f"{quoted(column.name)} COLLATE BINARY" if texts else quoted(column.name)
        self.is_null = Condition(f"{self._sql} IS NULL")
        least, self._greatest = connection.execute(
            f"SELECT (SELECT min({self._sql}) FROM {table.sql}), (SELECT max({self._sql}) FROM {table.sql})"  # noqa: S608 - identifiers are quoted by `quoted`, values are bound
        ).fetchone()
        for value in (least, self._greatest):
            self._mark(value)
        sample = watermark.low or watermark.high or self._mark(self._greatest)
        self.zoned = watermark.type is MarkType.TIMESTAMP and sample is not None and form(sample)[1] != ""

    def compared(self, operator: str, mark: str) -> Condition:
        """See `window.WatermarkColumn.compared`."""
        if operator == ">=" and self._watermark.type is MarkType.TIMESTAMP:
            mark = _first_spelling(mark)
        return Condition(f"{self._sql} {operator} ?", (bound(self._watermark.type, mark),))

    def below(self, mark: str, other: str) -> bool:
        """See `window.WatermarkColumn.below`."""
        if self._watermark.type in (MarkType.INTEGER, MarkType.DECIMAL):
            return Decimal(mark) < Decimal(other)
        return mark.encode() < other.encode()

    def newest(self, rows: Condition) -> str | None:
        """See `window.WatermarkColumn.newest`."""
        if rows == ALL_ROWS:
            return self._mark(self._greatest)
        (value,) = self._connection.execute(
            f"SELECT max({self._sql}) FROM {self._table.sql} WHERE {rows.sql}",  # noqa: S608 - identifiers are quoted by `quoted`, values are bound
            rows.values,
        ).fetchone()
        return self._mark(value)

    def count(self, rows: Condition) -> int:
        """See `window.WatermarkColumn.count`."""
        (count,) = self._connection.execute(f"SELECT count(*) FROM {self._table.sql} WHERE {rows.sql}", rows.values).fetchone()  # noqa: S608 - identifiers are quoted by `quoted`, values are bound
        return int(count)

    def clock(self) -> str | None:
        """See `window.WatermarkColumn.clock`: this machine's clock, in the form of the newest mark.

        Without an offset it is the later of UTC and local time, because texts do not say which of
        them they mean.
        """
        if self._watermark.type is MarkType.DATE:
            return wall_clock().date().isoformat()
        if self._watermark.type is not MarkType.TIMESTAMP:
            return None
        model = self._mark(self._greatest)
        if model is None:
            return None
        top = _now_like(model)
        if not self.below(top, model):
            return top
        # Older texts may have another form: 'T' sorts after a space, so it includes both forms of today.
        model = model.replace(" ", "T", 1)
        for _ in range(FORMS):
            top = _now_like(model)
            newest = self.newest(self.compared("<=", top))
            if newest is None or form(newest)[:2] == form(model)[:2]:
                break
            model = newest
        return top

    def _mark(self, value: object) -> str | None:
        try:
            return None if value is None else mark_text(self._watermark.type, value)
        except ValueError as error:
            raise not_a_mark(self._table.name, self._column, self._watermark, value, error) from error

    def check(self, mark: str) -> None:
        """See `window.WatermarkColumn.check`: `newest` has checked it."""

    def check_forms(self, begin: str) -> None:
        """Refuse timestamps near `begin` in another form: they may sort before it and be later.

        The form decides the order only on the same date, or within two days if there are offsets.
        So this reads few rows.
        """
        separator, zone, _ = expected = form(begin)
        if not separator:
            return
        day = date.fromisoformat(begin[:10])
        start = day - timedelta(days=2 if zone and day > date(1, 1, 3) else 0)
        rows = self._connection.execute(
            f"SELECT {self._sql} FROM {self._table.sql} WHERE {self._sql} >= ? AND {self._sql} <= ?",  # noqa: S608 - identifiers are quoted by `quoted`, values are bound
            (start.isoformat(), begin),
        )
        for (value,) in rows:
            try:
                actual = form(value)
            except ValueError:
                actual = ("unreadable", "", 0)
            if actual != expected and (actual[0] or zone):
                raise JobError(
                    f"table {self._table.name!r}: watermark column {self._column.name!r} holds {value!r} near {begin!r}, "
                    "where the read begins: SQLite compares them as text, timestamps of different forms are not in time order, "
                    "and rows would be lost; write them in one form, or run a full extract",
                    FailureClass.CONFIG,
                )


def wall_clock() -> datetime:
    """Return the later of UTC and the local time of this machine, without a zone.

    In the hour that clocks repeat at the end of summer time, and for a day after, local time goes on
    without the repetition: marks of the first pass are not in the future in the second.
    """
    now, day = datetime.now(UTC), timedelta(days=1)
    return max(moment.replace(tzinfo=None) for moment in (now, now.astimezone(), (now - day).astimezone() + day))


def _now_like(model: str) -> str:
    """Return the present time in the form of `model`, so that texts of this form compare with it."""
    separator, zone, length = form(model)
    zoned = moment_of(model).tzinfo
    now = datetime.now(zoned).replace(tzinfo=None) if zoned else wall_clock()
    text = now.isoformat(separator or "T", timespec="microseconds")
    return (text[: length - len(zone)] if length else text) + zone


def _first_spelling(mark: str) -> str:
    """Return the spelling of a timestamp that sorts before all others: without zeros at the end."""
    _, zone, _ = form(mark)
    text = mark.removesuffix(zone)
    if zone == "Z" or "." not in text:
        return mark
    return text.rstrip("0").rstrip(".") + zone


def bound(mark_type: MarkType, mark: str) -> int | float | str:
    """Return the value that SQLite compares the column with."""
    if mark_type is MarkType.INTEGER:
        return int(mark)
    if mark_type is MarkType.DECIMAL:
        number = Decimal(mark)
        # SQLite has no decimals: a NUMERIC column holds an integer if one fits, else a double.
        whole = number == number.to_integral_value() and -(2**63) <= number < 2**63
        return int(number) if whole else float(number)
    return mark


def mark_text(mark_type: MarkType, value: object) -> str:
    """Return the mark for a value of the column; raise ValueError with the reason if it is not one."""
    match mark_type, value:
        case MarkType.INTEGER, int():
            return str(value)
        case MarkType.DECIMAL, (int() | float()) if abs(value) != float("inf"):
            return format(Decimal(repr(value)), "f")
        case ((MarkType.DATE | MarkType.TIMESTAMP | MarkType.STRING), str()):
            check_mark(mark_type, value)
            return value
    raise ValueError(f"it is {_STORAGE_CLASSES[type(value)]}")
