"""The rules for pictures of `$formatNumber` (XPath 3.1, 4.7.3; jsonata-js, `formatNumber`). The library checks only some.

AWS refuses `x` with D3086 (floci-io/floci, issue 2737). If a picture has several faults, AWS and jsonata-js name the last
one in the order of the rules.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from math import isfinite
from typing import Final

from asl_toolkit.jsonata.library import JException

_DEFAULTS: Final[Mapping[str, str]] = {
    "decimal-separator": ".",
    "grouping-separator": ",",
    "exponent-separator": "e",
    "percent": "%",
    "per-mille": "‰",
    "zero-digit": "0",
    "digit": "#",
    "pattern-separator": ";",
}


class _Part:
    """A sub-picture, divided into the parts that the rules name."""

    def __init__(self, picture: str, marks: Mapping[str, str]) -> None:
        self.picture = picture
        self.marks = marks
        self.digits = "".join(chr(ord(marks["zero-digit"]) + offset) for offset in range(10))
        point, exponent = marks["decimal-separator"], marks["exponent-separator"]
        active = self.digits + point + exponent + marks["grouping-separator"] + marks["digit"] + marks["pattern-separator"]
        places = [place for place, mark in enumerate(picture) if mark in active and mark != exponent]
        first, last = (places[0], places[-1] + 1) if places else (0, len(picture))
        self.active = picture[first:last]
        self.mantissa, self.exponent = self.active, None
        position = picture.find(exponent, first)
        if -1 < position <= last:
            self.mantissa, self.exponent = self.active[: position - first], self.active[position - first + 1 :]
        self.whole, mark, self.fraction = self.mantissa.partition(point)
        if not mark:
            self.fraction = picture[last:]
        self.passive = any(mark not in active for mark in self.active)

    def fault(self) -> str | None:  # noqa: C901, PLR0912 - one branch per rule, as the specification lists them
        """The code of the last rule that is broken, or None."""
        picture, marks = self.picture, self.marks
        point, group, digit = marks["decimal-separator"], marks["grouping-separator"], marks["digit"]
        percents, milles = picture.count(marks["percent"]), picture.count(marks["per-mille"])
        code = None
        if picture.count(point) > 1:
            code = "D3081"
        if percents > 1:
            code = "D3082"
        if milles > 1:
            code = "D3083"
        if percents and milles:
            code = "D3084"
        if not any(mark in self.digits or mark == digit for mark in self.mantissa):
            code = "D3085"
        if self.passive:
            code = "D3086"
        if point in picture:
            if f"{group}{point}" in picture or f"{point}{group}" in picture:
                code = "D3087"
        elif self.whole.endswith(group):
            code = "D3088"
        if group * 2 in picture:
            code = "D3089"
        if self._has_digit(self.whole.partition(digit)[0]) and digit in self.whole:
            code = "D3090"
        if digit in self.fraction and self._has_digit(self.fraction.rpartition(digit)[2]):
            code = "D3091"
        if self.exponent and (percents or milles):
            code = "D3092"
        if self.exponent is not None and not (self.exponent and all(mark in self.digits for mark in self.exponent)):
            code = "D3093"
        return code

    def _has_digit(self, text: str) -> bool:
        return any(mark in self.digits for mark in text)

    @property
    def decimals(self) -> int | None:
        """The most digits after the decimal point. None for a picture that scales the number."""
        if self.exponent is not None or self.marks["percent"] in self.picture or self.marks["per-mille"] in self.picture:
            return None
        behind = self.fraction if self.marks["decimal-separator"] in self.mantissa else ""
        return sum(mark in self.digits or mark == self.marks["digit"] for mark in behind)


def rounded_for(value: float, picture: str, options: Mapping[str, str] | None) -> float:
    """The number, rounded to the picture's decimal digits, half to even (2.675 → 2.68, 0.125 → 0.12).

    Raises JException for an invalid picture.
    """
    marks = {**_DEFAULTS, **(options or {})}
    parts = [_Part(text, marks) for text in picture.split(marks["pattern-separator"])]
    if len(parts) > 2:
        raise JException("D3080", -1)
    for part in parts:
        code = part.fault()
        if code is not None:
            raise JException(code, -1)
    places = parts[-1 if value < 0 else 0].decimals
    if places is None or isinstance(value, int) or not isfinite(value):
        return value
    exact = Decimal(repr(value))
    return float(exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN, Context(prec=400 + places)))
