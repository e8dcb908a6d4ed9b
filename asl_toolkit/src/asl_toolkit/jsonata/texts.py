"""`$string` and `&`: values as JSON texts, with numbers as JavaScript writes them.

On AWS, whole numbers up to 10²¹ keep all their digits, and fractions keep fifteen: $string(1e20) is 100000000000000000000,
9223372036854775807 stays as it is, 999999999999999868928 becomes 999999999999999900000, 1/3 becomes 0.333333333333333
(floci-io/floci, pull 2683).
"""

import json
from math import isfinite
from typing import Any

from asl_toolkit.jsonata.library import JException, Utils
from asl_toolkit.jsonata.limits import charge_value, fitting, measured

_SIGNIFICANT = 15
_LONG = 1 << 63


def text_of(value: Any, *, pretty: bool = False) -> str | None:  # the library's values
    """`$string(value)`; None when it is undefined."""
    if isinstance(value, Utils.JList) and value.outer_wrapper:
        value = value[0]
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and not isfinite(value):
        raise JException("D3001", -1, value)
    measured(value)
    parts: list[str] = []
    _write(value, parts, "\n" if pretty else None)
    return bounded("".join(parts))


def concatenated(left: Any, right: Any) -> str:  # as above
    """`left & right`; an undefined value is an empty text."""
    text = bounded((text_of(left) or "") + (text_of(right) or ""))
    charge_value(text)
    return text


def bounded(text: str) -> str:
    """The text. Raises LimitReached if it is longer than an expression may make it."""
    fitting(len(text))
    return text


def _write(value: Any, parts: list[str], line: str | None) -> None:  # as above
    if value is None or value is Utils.NULL_VALUE:
        parts.append("null")
    elif isinstance(value, bool):
        parts.append("true" if value else "false")
    elif isinstance(value, (int, float)):
        parts.append(number_text(value))
    elif isinstance(value, str):
        parts.append(json.dumps(value, ensure_ascii=False))
    elif isinstance(value, dict):
        _write_members(
            ((f"{json.dumps(str(name), ensure_ascii=False)}:", inner) for name, inner in value.items()), "{}", parts, line
        )
    elif isinstance(value, list):
        _write_members((("", inner) for inner in value), "[]", parts, line)
    else:
        parts.append('""' if parts else "")  # a function


def _write_members(members: Any, brackets: str, parts: list[str], line: str | None) -> None:  # pairs of name and value
    inside = None if line is None else f"{line}  "
    parts.append(brackets[0])
    empty = True
    for name, inner in members:
        if not empty:
            parts.append(",")
        empty = False
        if inside is not None:
            parts.append(inside)
        parts.append(name if not name or line is None else f"{name} ")
        _write(inner, parts, inside)
    if line is not None and not empty:
        parts.append(line)
    parts.append(brackets[1])


def number_text(value: float) -> str:
    """A number as JavaScript's JSON.stringify writes it, fractions to fifteen digits."""
    if isinstance(value, int):
        if -_LONG <= value < _LONG:
            return str(value)
        value = float(value) if abs(value) < 1 << 1023 else float("inf")
    if not isfinite(value):
        return "null"
    if not value.is_integer():
        value = float(f"{value:.{_SIGNIFICANT}g}")
    sign = "-" if value < 0 else ""
    digits, power = _shortest(abs(value))
    if value == 0:
        return "0"
    if 0 < power <= 21:
        whole = digits[:power].ljust(power, "0")
        return f"{sign}{whole}.{digits[power:]}" if len(digits) > power else sign + whole
    if -6 < power <= 0:
        return f"{sign}0.{'0' * -power}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{power - 1:+d}"


def _shortest(value: float) -> tuple[str, int]:
    """The fewest digits that represent the number, and the position of the decimal point: 0.05 → "5", -1."""
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    power = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    return digits.rstrip("0") or "0", power
