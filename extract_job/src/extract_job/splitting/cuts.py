"""Where to cut: at equal distances between two bounds, or at equal numbers of rows of a sample."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from enum import Enum
from itertools import pairwise

from extract_job.splitting.parts import Cut

_DIGITS = 400
"""Digits for distances: those of the largest double are 309."""


class Scale(Enum):
    """How the values of a column can be spaced. Texts cannot: they are sampled."""

    INTEGER = "a whole number"
    NUMBER = "a number"
    DATE = "a date like 2024-05-31"
    TIMESTAMP = "a timestamp like 2024-05-31 23:59:59"


def spaced(scale: Scale, least: str, greatest: str, count: int) -> list[str]:
    """Return at most `count` - 1 ascending cuts between two bounds, at equal distances.

    Raises ValueError if a bound is not a value of the scale, or if they are in the wrong order.
    """
    if scale is Scale.DATE:
        first, last = (_date(text) for text in (least, greatest))
        return _distinct(str(first + timedelta(days=step)) for step in _steps((last - first).days, count))
    if scale is Scale.TIMESTAMP:
        begin, end = (datetime.fromisoformat(text) for text in (least, greatest))
        if (begin.tzinfo is None) != (end.tzinfo is None):
            raise ValueError(f"one of {least!r} and {greatest!r} has an offset")
        microsecond = timedelta(microseconds=1)
        return _distinct(str(begin + step * microsecond) for step in _steps((end - begin) // microsecond, count))
    return _numbers(scale, least, greatest, count)


def quantiles(sample: Sequence[Cut], count: int) -> list[Cut]:
    """Return at most `count` - 1 different cuts, which divide an ascending sample into equal parts."""
    picked = [sample[len(sample) * number // count] for number in range(1, count)] if sample else []
    return [cut for before, cut in pairwise([None, *picked]) if cut is not None and cut != before]


def _date(text: str) -> date:
    return datetime.fromisoformat(text).date()


def _steps(distance: int, count: int) -> list[int]:
    if distance < 0:
        raise ValueError("the lower bound is above the upper one")
    return [distance * number // count for number in range(1, count)]


def _numbers(scale: Scale, least: str, greatest: str, count: int) -> list[str]:
    with localcontext() as context:
        context.prec = _DIGITS
        try:
            low, high = Decimal(least), Decimal(greatest)
        except ArithmeticError as error:
            raise ValueError(f"{least!r} or {greatest!r} is not a number") from error
        if not (low.is_finite() and high.is_finite()):
            raise ValueError(f"{least!r} or {greatest!r} is not finite")
        if scale is Scale.INTEGER:
            start = int(low.to_integral_value("ROUND_CEILING"))
            return _distinct(str(start + step) for step in _steps(int(high) - start, count))
        if high < low:
            raise ValueError("the lower bound is above the upper one")
        cuts = [low + (high - low) * number / count for number in range(1, count)]
        digits = max(18, *(-int(number.as_tuple().exponent) for number in (low, high)))
        return _distinct(f"{_rounded(cut, digits):f}" for cut in cuts)


def _rounded(cut: Decimal, digits: int) -> Decimal:
    """The number with these digits after the point, or as it is if it would have more digits than the context."""
    return cut.quantize(Decimal(1).scaleb(-digits)).normalize() if cut.adjusted() + digits < _DIGITS - 1 else cut.normalize()


def _distinct(cuts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(cuts))
