"""The columns and rows that the config selects, applied to a table as the catalog describes it."""

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from extract_job.arguments.selection import Selection, Values
from extract_job.databases.mapping import UNBOUNDED, Column, Kind, TooManyDigits
from extract_job.databases.names import column_name, quoted
from extract_job.databases.tables import SourceTable
from extract_job.errors import FailureClass, JobError

_NUMBERS = frozenset({Kind.SMALLINT, Kind.INTEGER, Kind.BIGINT, Kind.REAL, Kind.DOUBLE, Kind.DECIMAL})
_NUMBER = re.compile(r"[+-]?[0-9]{1,100}(\.[0-9]{1,100})?([eE][+-]?[0-9]{1,3})?")
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
_MOMENTS = frozenset({Kind.DATE, Kind.TIMESTAMP, Kind.INSTANT})


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a database quotes a text, which spellings it takes for the same name, and which columns `*` leaves out."""

    literal: Callable[[str], str]
    fold: Callable[[str], str] = str
    hidden: Sequence[str] = ()
    """The hidden columns that the job reads."""
    booleans: tuple[str, str] = ("FALSE", "TRUE")
    moment: Callable[[Kind, str], str] | None = None
    """Writes a date, a timestamp or an instant: ``2026-01-31``, ``2026-01-31 08:00:00.000000``. None: `literal` does."""
    compared: Callable[[Column], str] = lambda column: quoted(column.name)
    """Writes what is compared with a value, if a database stores a value of the column in several spellings."""
    texts: Sequence[str] = ()
    """The types of the catalog that LIKE takes; empty: all that become texts in the files."""


@dataclass(frozen=True, slots=True)
class Described:
    """A table as the catalog describes it: as the arguments name it, its quoted name, and the names of its columns.

    `column` makes the column of one of `names`; True: it is read as text. For `row_id` see `SourceTable`.
    """

    name: str
    stored: str
    names: Sequence[str]
    column: Callable[[str, bool], Column]
    row_id: str | None


def selected(described: Described, selection: Selection, dialect: Dialect) -> SourceTable:
    """Return the table with the selected columns, and a relation that has only the selected rows.

    All that the job asks about rows it asks the relation: marks, counts, figures. Raises `JobError` for a column that does not
    exist and for a value that does not fit its column.
    """
    name, names, column = described.name, described.names, described.column
    if not names:
        raise JobError(f"table {name!r} has no columns to read", FailureClass.CONFIG)

    def of(argument: str, wanted: Iterable[str]) -> list[str]:
        return [column_name(name, argument, one, names, dialect.fold) for one in wanted]

    as_text, left_out = set(of("text_columns", selection.text_columns)), set(of("exclude_columns", selection.exclude_columns))
    chosen = list(dict.fromkeys(of("columns", selection.columns))) or names
    columns = [_read(described, one, one in as_text, selection) for one in chosen if one not in left_out]
    if not columns:
        raise JobError(f"table {name!r}: columns and exclude_columns leave no column to read", FailureClass.CONFIG)
    read = {one.name for one in columns}
    others = []
    for one in names:
        if one not in read:
            with suppress(JobError):  # a type that no file can hold matters only if the column is read
                others.append(column(one, one in as_text))
    table = SourceTable(name, described.stored, described.stored, tuple(columns), described.row_id, tuple(others))
    conditions = [
        _condition(name, table.column("where", one, dialect.fold), operator, operand, dialect)
        for one, comparisons in selection.where.items()
        for operator, operand in comparisons
    ]
    if not conditions:
        return table
    shown = ", ".join([*(f"{one} AS {one}" for one in dialect.hidden), "extract_stored.*"])
    where = " AND ".join(conditions)
    return replace(table, sql=f"(SELECT {shown} FROM {table.stored} extract_stored WHERE {where}) extract_rows")  # noqa: S608 - identifiers are quoted by `quoted`, values by `literal`


def _read(described: Described, name: str, as_text: bool, selection: Selection) -> Column:  # noqa: FBT001 - see `Described`
    """The column; one of decimals that may not fit becomes text or a double if the config says so. Raises `JobError`."""
    if as_text or selection.decimal_overflow == "fail":
        return described.column(name, as_text)
    try:
        column = described.column(name, False)  # noqa: FBT003 - see `Described`
    except TooManyDigits:
        unbounded, column = True, described.column(name, True)  # noqa: FBT003
    else:
        unbounded = column.kind is Kind.DECIMAL and (column.precision, column.scale) == UNBOUNDED and "(" not in column.declared
    if not unbounded:
        return column
    return column.as_double() if selection.decimal_overflow == "double" else described.column(name, True)  # noqa: FBT003


def _condition(table: str, column: Column, operator: str, operand: Values, dialect: Dialect) -> str:
    name = quoted(column.name)
    negated = "NOT " if operator == "!=" else ""
    if operand is None:
        return f"{name} IS {negated}NULL"
    if operator != "like":
        name = dialect.compared(column)
    elif column.kind is not Kind.TEXT or (dialect.texts and column.base not in dialect.texts):
        raise _misfit(table, column, str(operand), "like compares texts only; use =, <, <=, > or >=", " like")
    if isinstance(operand, str):
        value = dialect.literal(operand) if operator == "like" else _value(table, column, operand, dialect)
        return f"{name} {'<>' if negated else operator.upper()} {value}"
    values = [_value(table, column, part, dialect) for part in operand if part is not None]
    parts = [f"{name} {negated}IN ({', '.join(values)})"] if values else []
    if None in operand:
        parts.append(f"{name} IS {negated}NULL")
    return f"({(' AND ' if negated else ' OR ').join(parts)})"


def _value(table: str, column: Column, text: str, dialect: Dialect) -> str:
    """The value in SQL: a number as it is, and all else in quotes, which the database reads as the type of the column."""
    kind = column.kind
    if kind is Kind.BINARY:
        raise _misfit(table, column, text, "binary values cannot be compared; use another column")
    if kind is Kind.BOOLEAN:
        if text.lower() not in _BOOLEANS:
            raise _misfit(table, column, text, "write true or false")
        return dialect.booleans[_BOOLEANS[text.lower()]]
    if kind in _NUMBERS:
        if not _NUMBER.fullmatch(text):
            raise _misfit(table, column, text, "write a number, like 10, -2.5 or 1e6")
        return text
    try:
        moment = _moment(kind, text)
    except ValueError as error:
        raise _misfit(table, column, text, str(error)) from error
    return dialect.moment(kind, moment) if dialect.moment and kind in _MOMENTS else dialect.literal(moment)


def _moment(kind: Kind, text: str) -> str:
    """A date or time in ISO 8601, an instant in UTC without its offset, as all sessions of the job read it; texts as they are."""
    if kind is Kind.DATE:
        return date.fromisoformat(text).isoformat()
    if kind is Kind.TIME:
        return time.fromisoformat(text).isoformat()
    if kind not in _MOMENTS:
        return text
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        if kind is Kind.TIMESTAMP:
            raise ValueError("the column has no time zone; write the value without an offset")
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat(" ", "microseconds")


def _misfit(table: str, column: Column, text: str, why: str, operator: str = "") -> JobError:
    declared = column.declared or "no type declared"
    return JobError(
        f"table {table!r}: --where compares column {column.name!r} ({declared}) with{operator} {text!r}: {why}",
        FailureClass.CONFIG,
    )
