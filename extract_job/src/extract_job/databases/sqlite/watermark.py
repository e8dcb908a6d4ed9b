# ruff: noqa: S608 - identifiers are quoted by `quoted`, values are bound
"""The watermark column of a SQLite table.

SQLite compares by storage class (numbers before text before blobs). So the least and the greatest
value show whether all values are of the mark's type:
https://www.sqlite.org/datatype3.html#comparison_expressions
"""

import sqlite3
from datetime import date, timedelta
from decimal import Decimal

from extract_job.databases.conditions import ALL_ROWS, Condition
from extract_job.databases.names import quoted
from extract_job.databases.ranges import not_a_mark
from extract_job.databases.sqlite.columns import Column
from extract_job.databases.sqlite.tables import folded
from extract_job.databases.tables import SourceTable
from extract_job.errors import FailureClass, JobError
from extract_job.marks import MarkType, Watermark, check_mark, form

_STORAGE_CLASSES = {int: "an integer", float: "a real", str: "text", bytes: "a blob"}


class SqliteWatermark:
    """See `ranges.WatermarkColumn`."""

    def __init__(self, connection: sqlite3.Connection, table: SourceTable[Column], watermark: Watermark) -> None:
        column = table.column("hwm_col_name", watermark.column, folded)
        self._connection = connection
        self._table = table
        self._column = column
        self._watermark = watermark
        self._sql = quoted(column.name)
        self.is_null = Condition(f"{self._sql} IS NULL")
        least, self._greatest = connection.execute(
            f"SELECT (SELECT min({self._sql}) FROM {table.sql}), (SELECT max({self._sql}) FROM {table.sql})"
        ).fetchone()
        for value in (least, self._greatest):
            self._mark(value)
        if watermark.type is MarkType.TIMESTAMP and watermark.begin is not None:
            self._check_forms(watermark.begin)

    def compared(self, operator: str, mark: str) -> Condition:
        """See `ranges.WatermarkColumn.compared`."""
        return Condition(f"{self._sql} {operator} ?", (bound(self._watermark.type, mark),))

    def newest(self, rows: Condition) -> str | None:
        """See `ranges.WatermarkColumn.newest`."""
        if rows == ALL_ROWS:
            return self._mark(self._greatest)
        (value,) = self._connection.execute(
            f"SELECT max({self._sql}) FROM {self._table.sql} WHERE {rows.sql}", rows.values
        ).fetchone()
        return self._mark(value)

    def count(self, rows: Condition) -> int:
        """See `ranges.WatermarkColumn.count`."""
        (count,) = self._connection.execute(f"SELECT count(*) FROM {self._table.sql} WHERE {rows.sql}", rows.values).fetchone()
        return int(count)

    def _mark(self, value: object) -> str | None:
        try:
            return None if value is None else mark_text(self._watermark.type, value)
        except ValueError as error:
            raise not_a_mark(self._table.name, self._column, self._watermark, value, error) from error

    def _check_forms(self, begin: str) -> None:
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
            f"SELECT {self._sql} FROM {self._table.sql} WHERE {self._sql} >= ? AND {self._sql} <= ?", (start.isoformat(), begin)
        )
        for (value,) in rows:
            try:
                actual = form(value)
            except ValueError:
                actual = ("unreadable", "", 0)
            if actual != expected and (actual[0] or zone):
                raise JobError(
                    f"table {self._table.name!r}: watermark column {self._column.name!r} holds {value!r} near the mark "
                    f"{begin!r}: SQLite compares them as text, timestamps of different forms are not in time order, and rows "
                    "would be lost; write them in one form, or run a full extract",
                    FailureClass.CONFIG,
                )


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
