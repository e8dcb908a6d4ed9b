"""Watermarks: their types, their text, and how far a lag puts the beginning of a read back.

A mark is text everywhere outside the database. Dates and timestamps are ISO 8601 in the source's own form, because
SQLite compares them as text; `form` is what must agree for that comparison to be the order in time.
"""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum

from extract_job.errors import ArgumentError

Value = int | float | str
"""What SQLite holds in a watermark column: an integer, a real or text."""


class MarkType(Enum):
    """`hwm_column_type`, by the name that messages use."""

    INTEGER = "IntegerType"
    DECIMAL = "DecimalType"
    DATE = "DateType"
    TIMESTAMP = "TimestampType"
    STRING = "StringType"


_NAMES = {
    "integertype": MarkType.INTEGER, "longtype": MarkType.INTEGER, "int": MarkType.INTEGER,
    "integer": MarkType.INTEGER, "long": MarkType.INTEGER, "bigint": MarkType.INTEGER,
    "decimaltype": MarkType.DECIMAL, "decimal": MarkType.DECIMAL,
    "datetype": MarkType.DATE, "date": MarkType.DATE,
    "timestamptype": MarkType.TIMESTAMP, "timestamp": MarkType.TIMESTAMP,
    "stringtype": MarkType.STRING, "string": MarkType.STRING,
}  # fmt: skip
_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:(?P<separator>[ T])[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_LAG = re.compile(r"([0-9]+)\s*(s|m|h|d|w)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def mark_type(name: str) -> MarkType:
    """Read `hwm_column_type`, in any case; raises `ArgumentError`."""
    kind = _NAMES.get(name.lower())
    if kind is None:
        known = "IntegerType, LongType, DecimalType, DateType, TimestampType or StringType"
        raise ArgumentError(f"--hwm_column_type {name!r} is none of {known}")
    return kind


def check_mark(key: str, kind: MarkType, mark: str) -> None:
    """Refuse a mark on the command line that is not of its type; raises `ArgumentError`."""
    try:
        bound(kind, mark)
    except ValueError as error:
        raise ArgumentError(f"--{key} {mark!r} is not a mark of {kind.value}: {error}") from error


def bound(kind: MarkType, mark: str) -> Value:
    """Give the value that SQLite compares the column with; raises ValueError that says what a mark looks like."""
    match kind:
        case MarkType.INTEGER:
            if not _INTEGER.fullmatch(mark):
                raise ValueError("it takes decimal digits")
            if not -(2**63) <= int(mark) < 2**63:
                raise ValueError("it takes 64 bits at most")
            return int(mark)
        case MarkType.DECIMAL:
            if not _DECIMAL.fullmatch(mark):
                raise ValueError("it takes a decimal number")
            number = Decimal(mark)
            # SQLite has no decimals: a NUMERIC column holds an integer where one fits, a double elsewhere.
            whole = number == number.to_integral_value() and -(2**63) <= number < 2**63
            return int(number) if whole else float(number)
        case MarkType.DATE:
            if not _DATE.fullmatch(mark):
                raise ValueError("it takes a date like 2024-05-31")
            date.fromisoformat(mark)
            return mark
        case MarkType.TIMESTAMP:
            moment_of(mark)
            return mark
        case MarkType.STRING:
            return mark


def mark_text(kind: MarkType, value: object) -> str:
    """Give the mark for a value that the column holds; raises ValueError when it isn't of the type, saying what it is."""
    match kind, value:
        case MarkType.INTEGER, int():
            return str(value)
        case MarkType.DECIMAL, (int() | float()) if abs(value) != float("inf"):
            return format(Decimal(repr(value)), "f")
        case ((MarkType.DATE | MarkType.TIMESTAMP | MarkType.STRING), str()):
            bound(kind, value)
            return value
    storage = {int: "an integer", float: "a real", str: "text", bytes: "a blob"}[type(value)]
    raise ValueError(f"it is {storage}")


def begin_of(kind: MarkType, low: str | None, lag: str | None) -> str | None:
    """Give `low` less `lag`: where the read begins, in the form of `low`. Raises `ArgumentError` for a faulty lag.

    A lag of dates is rounded up to whole days, and what a form can't show is cut off: the read begins earlier, never later.
    """
    if lag is None or lag == "0":
        return low
    found = _LAG.fullmatch(lag)
    if kind is MarkType.STRING:
        raise ArgumentError(f"--lag {lag!r}: a watermark of StringType has no distance; leave the lag out")
    if not found:
        raise ArgumentError(f"--lag {lag!r} is not a lag; give one like 15m, 2h, 1d, or a whole number for numeric marks")
    count, unit = int(found[1]), found[2]
    numeric = kind in (MarkType.INTEGER, MarkType.DECIMAL)
    if numeric and unit:
        raise ArgumentError(f"--lag {lag!r}: a watermark of {kind.value} takes a number without a unit")
    if not numeric and not unit:
        raise ArgumentError(f"--lag {lag!r}: a watermark of {kind.value} takes a unit: s, m, h, d or w")
    if low is None:
        return None
    if numeric:
        return str(max(int(low) - count, -(2**63))) if kind is MarkType.INTEGER else format(Decimal(low) - count, "f")
    try:
        seconds = count * _SECONDS[unit]
        if kind is MarkType.DATE:
            return (date.fromisoformat(low) - timedelta(days=-(-seconds // 86400))).isoformat()
        return _written_like(low, moment_of(low) - timedelta(seconds=seconds))
    except OverflowError as error:
        raise ArgumentError(f"--lag {lag!r} goes back beyond the year 1 from --low_watermark {low!r}") from error


def form(mark: str) -> tuple[str, str, int]:
    """Give what two timestamps must share so that comparing their texts is comparing their times.

    That is the separator of date and time, the zone's text, and, where that is Z, the length: '.' sorts before 'Z'. A bare
    date ("", "", 0) sorts rightly before all times of its day. Raises ValueError when it is no timestamp.
    """
    found = _TIMESTAMP.fullmatch(mark)
    if not found:
        raise ValueError("it takes a timestamp like 2024-05-31 23:59:59.123456")
    zone = found["zone"] or ""
    return found["separator"] or "", zone, len(mark) if zone == "Z" else 0


def moment_of(mark: str) -> datetime:
    """Read a timestamp's text; raises ValueError."""
    form(mark)
    return datetime.fromisoformat(mark)


def _written_like(model: str, moment: datetime) -> str:
    found = _TIMESTAMP.fullmatch(model)
    if not found or not found["separator"]:
        return moment.date().isoformat()
    zone = found["zone"] or ""
    text = moment.replace(tzinfo=None).isoformat(found["separator"], timespec="microseconds")
    return text[: len(model) - len(zone)] + zone
