"""Which rows an incremental extract of a PostgreSQL table reads, and what its high watermark is.

The database compares in the column's own type, so a mark is only text here: ISO 8601, instants in UTC.
"""

from dataclasses import dataclass

from extract_job.arguments.parsing import Marks
from extract_job.databases.names import quoted
from extract_job.databases.postgresql.columns import Column
from extract_job.databases.postgresql.connection import Session
from extract_job.databases.postgresql.tables import FoundTable, literal
from extract_job.errors import JobError
from extract_job.marks import MarkType, bound, form

_TAKEN = {
    MarkType.INTEGER: {"int2", "int4", "int8", "oid", "numeric"},
    MarkType.DECIMAL: {"numeric", "float4", "float8", "int2", "int4", "int8"},
    MarkType.DATE: {"date"},
    MarkType.TIMESTAMP: {"timestamp", "timestamptz", "date"},
    MarkType.STRING: {"text", "varchar", "bpchar", "name"},
}
_CAST = {MarkType.INTEGER: "int8", MarkType.DECIMAL: "numeric", MarkType.DATE: "date", MarkType.STRING: "text"}


@dataclass(frozen=True, slots=True)
class Range:
    """The rows to read, as an SQL condition; the high watermark; and the rows left out for want of a mark."""

    condition: str
    high: str | None
    left_out: int


EVERYTHING = Range("true", None, 0)


def range_of(session: Session, table: FoundTable, name: str, column: Column, marks: Marks) -> Range:
    """Decide the range within the session's snapshot; raises `JobError` where the column can't carry such marks.

    Without low and high marks: everything, rows without a mark too. Else above `begin`, up to the newest mark (or up to the given
    `high`); rows without a mark are left out and counted. The high mark is the newest one that was read, or else the low one.
    """
    if column.base not in _TAKEN[marks.type]:
        raise JobError(
            f"table {name!r}: watermark column {column.name!r} is {column.declared}, which has no marks of {marks.type.value}; "
            "give the --hwm_column_type of what it holds, or another column"
        )
    sql = quoted(column.name)
    limits = [f"{sql} > {_literal(marks, name, column, marks.low)}"] if marks.low is not None else []
    if marks.high is not None:
        limits.append(f"{sql} <= {_literal(marks, name, column, marks.high)}")
    condition = " AND ".join(limits) or "true"
    ((newest,),) = session.rows(f"SELECT max({sql})::text FROM {table.sql} WHERE {condition}")  # noqa: S608 - quoted
    high = marks.low if newest is None else _mark(marks, name, column, newest)
    if marks.begin is None and marks.high is None:
        to = f"{sql} <= {_literal(marks, name, column, newest)} OR " if newest is not None else ""
        return Range(f"{to}{sql} IS NULL", high, 0)
    ((left_out,),) = session.rows(f"SELECT count(*) FROM {table.sql} WHERE {sql} IS NULL")  # noqa: S608 - quoted
    top = newest or marks.low or marks.high or ""
    to = f"{sql} <= {_literal(marks, name, column, top)}"
    if marks.begin is not None:
        to = f"{sql} > {_literal(marks, name, column, marks.begin)} AND {to}"
    return Range(to, high, int(left_out))


def _mark(marks: Marks, name: str, column: Column, text: str) -> str:
    try:
        bound(marks.type, text)
    except ValueError as error:
        raise JobError(
            f"table {name!r}: watermark column {column.name!r} ({column.declared}) holds {text!r}, which is no mark of "
            f"{marks.type.value} ({error}); mend the value, or extract the table fully"
        ) from error
    return text


def _literal(marks: Marks, name: str, column: Column, text: str) -> str:
    if marks.type is not MarkType.TIMESTAMP:
        return f"{literal(text)}::{_CAST[marks.type]}"
    if column.base == "timestamptz":
        return f"{literal(text)}::timestamptz"
    if form(text)[1]:
        raise JobError(
            f"table {name!r}: watermark column {column.name!r} is {column.declared}, and the mark {text!r} has an offset that it "
            "can't be compared with; set the mark without one"
        )
    return f"{literal(text)}::timestamp"
