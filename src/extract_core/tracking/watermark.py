"""How watermarks compare: text in, order out, by the type of the column that they come from.

Types are the words of the config (int, decimal, date, timestamp, string) or Spark's names for them, which the files that
people have today use (``TimestampType``, ``LongType``, ``DecimalType(18,2)``).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Final

from extract_core.errors import TrackingError

_KINDS: Final = {
    "int": "int",
    "integer": "int",
    "long": "int",
    "short": "int",
    "byte": "int",
    "bigint": "int",
    "smallint": "int",
    "tinyint": "int",
    "decimal": "decimal",
    "numeric": "decimal",
    "double": "decimal",
    "float": "decimal",
    "date": "date",
    "timestamp": "timestamp",
    "timestampntz": "timestamp",
    "datetime": "timestamp",
    "string": "string",
    "text": "string",
    "varchar": "string",
    "char": "string",
}
_TIMESTAMP: Final = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?:[T ](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,18}))?)?"
    r"\s?(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)

_Key = tuple[Decimal | str | int, ...]


def kind(type_name: str) -> str:
    """The kind of a type's name: int, decimal, date, timestamp or string. TrackingError names the ones there are."""
    plain = re.sub(r"\(.*\)$", "", type_name.strip().lower()).removesuffix("type").replace("_", "")
    if plain not in _KINDS:
        raise TrackingError(f"the watermark type {type_name!r} is unknown: use int, decimal, date, timestamp or string")
    return _KINDS[plain]


def check(mark: str, type_name: str) -> None:
    """Raise TrackingError unless this text is a mark of this type."""
    _key(mark, type_name)


def compare(left: str, right: str, type_name: str) -> int:
    """-1, 0 or 1: left is before, at or after right.

    Numbers compare by value, timestamps to the last digit of their fraction, text by code points. TrackingError for a text
    that is not a mark of this type, and for two timestamps of which one has a zone and the other has none.
    """
    first, second = _key(left, type_name), _key(right, type_name)
    if len(first) != len(second):
        raise TrackingError(
            f"the watermarks {left!r} and {right!r} can't be compared: one has a time zone and the other has none; "
            "set the mark again in the form that the column gives"
        )
    return (first > second) - (first < second)


def moment(mark: str, type_name: str) -> datetime | None:
    """The time that a date or a timestamp names, in UTC if it has no zone. None for other types. TrackingError as `check`."""
    of = kind(type_name)
    if of not in ("date", "timestamp"):
        return None
    first = _key(mark, type_name)[0]
    start = datetime(1970, 1, 1, tzinfo=UTC) if of == "timestamp" else datetime(1, 1, 1, tzinfo=UTC)
    return start + (timedelta(seconds=int(first)) if of == "timestamp" else timedelta(days=int(first) - 1))


def _key(mark: str, type_name: str) -> _Key:
    of = kind(type_name)
    try:
        if of == "int":
            return (int(_number(mark, r"[+-]?\d+")),)
        if of == "decimal":
            return (Decimal(_number(mark, r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")),)
        if of == "date":
            return (date.fromisoformat(mark.strip()).toordinal(),)
        if of == "timestamp":
            return _instant(mark.strip())
    except (ValueError, InvalidOperation, OverflowError) as error:
        raise TrackingError(f"{mark!r} is not a watermark of type {type_name!r} ({of})") from error
    return (mark,)


def _number(mark: str, pattern: str) -> str:
    if not re.fullmatch(pattern, mark.strip(), re.ASCII):
        raise ValueError(mark)
    return mark.strip()


def _instant(mark: str) -> _Key:
    """(seconds, fraction) for a time without a zone, (seconds, fraction, 0) in UTC for one with it."""
    match = _TIMESTAMP.fullmatch(mark)
    if match is None:
        raise ValueError(mark)
    clock = time(int(match["hour"] or 0), int(match["minute"] or 0), int(match["second"] or 0), tzinfo=_zone(match["zone"]))
    at = datetime.combine(date.fromisoformat(match["day"]), clock)
    seconds = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    fraction = Decimal(f"0.{match['fraction'] or '0'}")
    return (seconds, fraction, 0) if match["zone"] else (seconds, fraction)


def _zone(text: str | None) -> timezone:
    if text in (None, "Z"):
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)
