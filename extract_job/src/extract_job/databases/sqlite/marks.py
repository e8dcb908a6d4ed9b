# ruff: noqa: S608 - identifiers are quoted by `quoted`, values are bound
"""Which rows an incremental extract of a SQLite table reads, and what its high watermark is.

SQLite compares by storage class (numbers before text before blobs), so the least and the greatest value tell whether all
values are of the mark's type: https://www.sqlite.org/datatype3.html#comparison_expressions
"""

import sqlite3
from dataclasses import dataclass
from datetime import date, timedelta

from extract_job.arguments.parsing import Marks
from extract_job.databases.names import quoted
from extract_job.databases.sqlite.tables import FoundTable
from extract_job.errors import JobError
from extract_job.marks import MarkType, Value, bound, form, mark_text


@dataclass(frozen=True, slots=True)
class Range:
    """The rows to read, as an SQL condition with its values; the high watermark; and the rows left out for want of a mark."""

    condition: str
    values: tuple[Value, ...]
    high: str | None
    left_out: int


EVERYTHING = Range("1", (), None, 0)


def range_of(connection: sqlite3.Connection, table: FoundTable, name: str, marks: Marks) -> Range:
    """Decide the range within the connection's transaction; raises `JobError` where marks would lose rows.

    Without low and high marks: everything, rows without a mark too. Else above `begin`, up to the newest mark (or up to the given
    `high`); rows without a mark are left out and counted. The high mark is the newest one that was read, or else the low one.
    """
    column = quoted(marks.column)
    least, newest = connection.execute(
        f"SELECT (SELECT min({column}) FROM {table.sql}), (SELECT max({column}) FROM {table.sql})"
    ).fetchone()
    for value in (least, newest):
        if value is not None:
            _text(marks, name, value)
    limits: list[Value] = []
    condition = f"{column} IS NOT NULL"
    if marks.low is not None:
        condition += f" AND {column} > ?"
        limits.append(bound(marks.type, marks.low))
    if marks.high is not None:
        condition += f" AND {column} <= ?"
        limits.append(bound(marks.type, marks.high))
    if limits:
        (newest,) = connection.execute(f"SELECT max({column}) FROM {table.sql} WHERE {condition}", limits).fetchone()
    high = marks.low if newest is None else _text(marks, name, newest)
    if marks.begin is None and marks.high is None:
        if newest is None:
            return Range(f"{column} IS NULL", (), high, 0)
        return Range(f"{column} <= ? OR {column} IS NULL", (newest,), high, 0)
    (left_out,) = connection.execute(f"SELECT count(*) FROM {table.sql} WHERE {column} IS NULL").fetchone()
    top = newest if newest is not None else limits[0]
    if marks.begin is None:
        return Range(f"{column} <= ?", (top,), high, left_out)
    if marks.type is MarkType.TIMESTAMP:
        _check_forms(connection, table, name, marks, marks.begin)
    return Range(f"{column} > ? AND {column} <= ?", (bound(marks.type, marks.begin), top), high, left_out)


def _text(marks: Marks, name: str, value: object) -> str:
    try:
        return mark_text(marks.type, value)
    except ValueError as error:
        raise JobError(
            f"table {name!r}: watermark column {marks.column!r} holds {value!r}, which is no mark of {marks.type.value} "
            f"({error}); give the --hwm_column_type of what it holds, or mend the value"
        ) from error


def _check_forms(connection: sqlite3.Connection, table: FoundTable, name: str, marks: Marks, begin: str) -> None:
    """Refuse timestamps near `begin` that are written otherwise: as text they may sort before it and be later in time.

    Only on the same date can the form decide (within two days where there are offsets), so this looks at few rows.
    """
    separator, zone, _ = wanted = form(begin)
    if not separator:
        return
    day = date.fromisoformat(begin[:10])
    start = day - timedelta(days=2 if zone and day > date(1, 1, 3) else 0)
    column = quoted(marks.column)
    rows = connection.execute(
        f"SELECT {column} FROM {table.sql} WHERE {column} >= ? AND {column} <= ?", (start.isoformat(), begin)
    )
    for (value,) in rows:
        try:
            found = form(value)
        except ValueError:
            found = ("unreadable", "", 0)
        if found != wanted and (found[0] or zone):
            raise JobError(
                f"table {name!r}: watermark column {marks.column!r} holds {value!r} near the mark {begin!r}: as text, "
                "timestamps of different forms are not in the order of time, and rows would be lost; write them in one "
                "form, or extract the table fully"
            )
