"""The bounds of a split read: numbers, dates or times, the only columns that Spark splits by.

https://spark.apache.org/docs/latest/sql-data-sources-jdbc.html (partitionColumn, lowerBound, upperBound)
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from extract_core.config.values import BadValue, Reader, kind, shown

if TYPE_CHECKING:
    from extract_core.contract import Json

_NUMBER: Final = r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?"
_TIME: Final = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_BOUND: Final = re.compile(rf"\s*(?:({_NUMBER})|{_TIME})\s*")


def _bound(value: Json) -> str:
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        text = str(value)
        if _BOUND.fullmatch(text):
            return text.strip()
    wrong = f"is {shown(value)}" if isinstance(value, str | bool) else f"is {kind(value)}"
    raise BadValue(f"{wrong}; write a number, a date (2026-01-31) or a time (2026-01-31 08:00:00)")


bound: Final = Reader(_bound, {"type": ["string", "number"], "pattern": rf"^\s*(?:{_NUMBER}|{_TIME})\s*$"})


def wrong_bounds(lower: str, upper: str) -> str | None:
    """What is wrong with the lower bound beside the upper one, or None."""
    low, high = _number(lower), _number(upper)
    if (low is None) != (high is None):
        return f"is {lower}, and upper_bound is {upper}: one is a number and the other a time; both must fit the same column"
    # Times of other forms than the other one's (zones, fractions) are left to the database.
    is_above = low > high if low is not None and high is not None else len(lower) == len(upper) and _plain(lower) > _plain(upper)
    return f"is {lower}, above upper_bound {upper}; swap or correct them" if is_above else None


def _number(bound: str) -> Decimal | None:
    match = _BOUND.fullmatch(bound)
    return Decimal(match[1]) if match is not None and match[1] is not None else None


def _plain(time: str) -> str:
    return time.replace("T", " ")
