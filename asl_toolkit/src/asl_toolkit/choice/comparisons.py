"""The comparison operators of a Choice rule, with the types of their values and operands.

If the value has another type than the operator compares, the comparison is false; it is never an error.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from asl_toolkit.json_value import Json, is_number
from asl_toolkit.timestamps import parse_instant


class Comparison(NamedTuple):
    """How an operator compares, the operand's type, and whether it has a `…Path` form."""

    holds: Callable[[Json, Json], bool]
    operand: Literal["string", "number", "boolean", "timestamp"]
    has_path: bool = True


def _texts(compare: Callable[[str, str], bool]) -> Comparison:
    return Comparison(lambda value, other: isinstance(value, str) and isinstance(other, str) and compare(value, other), "string")


def _numbers(compare: Callable[[float, float], bool]) -> Comparison:
    return Comparison(lambda value, other: is_number(value) and is_number(other) and compare(value, other), "number")


def _instants(compare: Callable[[datetime, datetime], bool]) -> Comparison:
    def holds(value: Json, other: Json) -> bool:
        if not isinstance(value, str) or not isinstance(other, str):
            return False
        left, right = parse_instant(value), parse_instant(other)
        return left is not None and right is not None and compare(left, right)

    return Comparison(holds, "timestamp")


def _is(kind: Callable[[Json], bool]) -> Comparison:
    return Comparison(lambda value, wanted: kind(value) is wanted, "boolean", has_path=False)


def _is_instant(value: Json) -> bool:
    return isinstance(value, str) and parse_instant(value) is not None


def matches(text: str, pattern: str) -> bool:
    r"""StringMatches: `*` matches any text, `\*` matches a star. Linear memory, no backtracking over earlier stars."""
    parts = _pattern(pattern)
    if len(parts) == 1:
        return text == parts[0]
    if not text.startswith(parts[0]) or not text.endswith(parts[-1]):
        return False
    start, end = len(parts[0]), len(text) - len(parts[-1])
    if start > end:
        return False
    for part in parts[1:-1]:
        position = text.find(part, start, end)
        if position < 0:
            return False
        start = position + len(part)
    return True


def _pattern(pattern: str) -> list[str]:
    """The literal texts between the stars."""
    parts, here, place = [], "", 0
    while place < len(pattern):
        character = pattern[place]
        if character == "\\" and pattern[place + 1 : place + 2] in {"*", "\\"}:
            here += pattern[place + 1]
            place += 1
        elif character == "*":
            parts.append(here)
            here = ""
        else:
            here += character
        place += 1
    return [*parts, here]


COMPARISONS: Mapping[str, Comparison] = {
    "StringEquals": _texts(lambda a, b: a == b),
    "StringLessThan": _texts(lambda a, b: a < b),
    "StringGreaterThan": _texts(lambda a, b: a > b),
    "StringLessThanEquals": _texts(lambda a, b: a <= b),
    "StringGreaterThanEquals": _texts(lambda a, b: a >= b),
    "StringMatches": Comparison(
        lambda value, pattern: isinstance(value, str) and matches(value, pattern), "string", has_path=False
    ),
    "NumericEquals": _numbers(lambda a, b: a == b),
    "NumericLessThan": _numbers(lambda a, b: a < b),
    "NumericGreaterThan": _numbers(lambda a, b: a > b),
    "NumericLessThanEquals": _numbers(lambda a, b: a <= b),
    "NumericGreaterThanEquals": _numbers(lambda a, b: a >= b),
    "BooleanEquals": Comparison(
        lambda value, other: isinstance(value, bool) and isinstance(other, bool) and value is other, "boolean"
    ),
    "TimestampEquals": _instants(lambda a, b: a == b),
    "TimestampLessThan": _instants(lambda a, b: a < b),
    "TimestampGreaterThan": _instants(lambda a, b: a > b),
    "TimestampLessThanEquals": _instants(lambda a, b: a <= b),
    "TimestampGreaterThanEquals": _instants(lambda a, b: a >= b),
    "IsNull": _is(lambda value: value is None),
    "IsNumeric": _is(is_number),
    "IsString": _is(lambda value: isinstance(value, str)),
    "IsBoolean": _is(lambda value: isinstance(value, bool)),
    "IsTimestamp": _is(_is_instant),
    "IsPresent": _is(lambda _value: True),
}


def operator_of(name: str) -> str | None:
    """The comparison operator of a member's name (`StringEqualsPath` → StringEquals), or None."""
    if name in COMPARISONS:
        return name
    base = name.removesuffix("Path")
    return base if base != name and base in COMPARISONS and COMPARISONS[base].has_path else None
