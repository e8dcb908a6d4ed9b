"""Watermarks: the column that says which rows are new, its type, and its marks as text.

A mark is text everywhere outside the database. Dates and timestamps are ISO 8601, written as in the
source.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum

from extract_job.errors import ArgumentError


class MarkType(Enum):
    """The types of a watermark column; the values are the names that messages use."""

    INTEGER = "IntegerType"
    DECIMAL = "DecimalType"
    DATE = "DateType"
    TIMESTAMP = "TimestampType"
    STRING = "StringType"


@dataclass(frozen=True, slots=True)
class Watermark:
    """What decides the rows of an incremental extract.

    `low` is the committed mark (None on the first run). `lag` is the configured one; None: see
    `default_lag`. `high` is the end of a backfill (None: the newest mark).
    """

    column: str
    type: MarkType
    low: str | None
    lag: str | None
    high: str | None


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
_MOST_LAG = 40  # characters; Python refuses numbers of more than 4,300 digits
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def read_mark_type(name: str) -> MarkType:
    """Read `hwm_column_type`, in upper or lower case; raise `ArgumentError` if it is unknown."""
    mark_type = _NAMES.get(name.lower())
    if mark_type is None:
        known = "IntegerType, LongType, DecimalType, DateType, TimestampType or StringType"
        raise ArgumentError(f"--hwm_column_type {name!r} is not one of {known}")
    return mark_type


def check_mark(mark_type: MarkType, mark: str) -> None:
    """Raise ValueError, which says what is expected, if `mark` is not of the type."""
    match mark_type:
        case MarkType.INTEGER:
            if not _INTEGER.fullmatch(mark):
                raise ValueError("expected decimal digits")
            if not -(2**63) <= int(mark) < 2**63:
                raise ValueError("it does not fit into 64 bits")
        case MarkType.DECIMAL:
            if not _DECIMAL.fullmatch(mark):
                raise ValueError("expected a decimal number")
        case MarkType.DATE:
            if not _DATE.fullmatch(mark):
                raise ValueError("expected a date like 2024-05-31")
            date.fromisoformat(mark)
        case MarkType.TIMESTAMP:
            moment_of(mark)
        case MarkType.STRING:
            pass


def default_lag(mark_type: MarkType, low: str, *, zoned: bool) -> str:
    """Return how long a transaction may take before its commit, if the config does not say it.

    Timestamps without a zone need one more hour: clocks repeat it at the end of summer time.
    """
    match mark_type:
        case MarkType.INTEGER | MarkType.DECIMAL:
            return "1000"
        case MarkType.DATE:
            return "1d"
        case MarkType.STRING:
            return "0"
        case MarkType.TIMESTAMP:
            return "1d" if not form(low)[0] else "10m" if zoned else "70m"


def begin_of(mark_type: MarkType, low: str | None, lag: str | None) -> str | None:
    """Return `low` minus `lag`, in the form of `low`; raise `ArgumentError` for a faulty lag.

    The read never begins later than asked: a lag of dates is rounded up to whole days, and digits
    that the form of `low` cannot show are cut off.
    """
    if lag is None or lag == "0":
        return low
    parts = _LAG.fullmatch(lag)
    if mark_type is MarkType.STRING:
        raise ArgumentError(f"--lag {lag!r}: a watermark of StringType cannot have a lag; remove --lag")
    if not parts or len(lag) > _MOST_LAG:
        text = lag[:80]
        raise ArgumentError(f"--lag {text!r} is not a valid lag; use one like 15m, 2h or 1d, or a whole number for numeric marks")
    count, unit = int(parts[1]), parts[2]
    numeric = mark_type in (MarkType.INTEGER, MarkType.DECIMAL)
    if numeric and unit:
        raise ArgumentError(f"--lag {lag!r}: a watermark of {mark_type.value} takes a number without a unit")
    if not numeric and not unit:
        raise ArgumentError(f"--lag {lag!r}: a watermark of {mark_type.value} takes a unit: s, m, h, d or w")
    if low is None:
        return None
    if numeric:
        return str(max(int(low) - count, -(2**63))) if mark_type is MarkType.INTEGER else format(Decimal(low) - count, "f")
    try:
        seconds = count * _SECONDS[unit]
        if mark_type is MarkType.DATE:
            return (date.fromisoformat(low) - timedelta(days=-(-seconds // 86400))).isoformat()
        return _written_like(low, moment_of(low) - timedelta(seconds=seconds))
    except OverflowError as error:
        raise ArgumentError(f"--lag {lag!r} before --low_watermark {low!r} is before the year 1") from error


def form(mark: str) -> tuple[str, str, int]:
    """Return what two timestamps must have in common so that their text order is their time order.

    These are the separator between date and time, the text of the zone, and, if the zone is Z, the
    length: '.' sorts before 'Z'. A date without a time, ("", "", 0), sorts before all times of its
    day, as it should. Raises ValueError if `mark` is not a timestamp.
    """
    parts = _TIMESTAMP.fullmatch(mark)
    if not parts:
        raise ValueError("expected a timestamp like 2024-05-31 23:59:59.123456")
    zone = parts["zone"] or ""
    return parts["separator"] or "", zone, len(mark) if zone == "Z" else 0


def moment_of(mark: str) -> datetime:
    """Read a timestamp; raise ValueError if `mark` is not one."""
    form(mark)
    return datetime.fromisoformat(mark)


def _written_like(model: str, moment: datetime) -> str:
    separator, zone, _ = form(model)
    if not separator:
        return moment.date().isoformat()
    text = moment.replace(tzinfo=None).isoformat(separator, timespec="microseconds")
    return text[: len(model) - len(zone)] + zone
