"""The rules for arguments of intrinsic functions.

An invalid argument ends the execution with States.Runtime, which no Catch handles. The texts are AWS's (snapshots of runs on
AWS in gabrielmoreira/tiny-asl-machine, `tests/conformance/cases/.snapshots/aws`).
"""

import math

from asl_toolkit.java import to_int
from asl_toolkit.json_value import Json, is_number

_LONGEST = 10_000


class IntrinsicFault(Exception):  # noqa: N818 - named after what happened
    """A function refuses its arguments; the text is the one that AWS prints after the call."""


def invalid(name: str) -> IntrinsicFault:
    """AWS's text for arguments of a wrong number, type or value."""
    return IntrinsicFault(f"Invalid arguments in {name}")


def rounded(name: str, value: Json) -> int:
    """A number rounded to the nearest integer, halves upwards (-1.5 → -1), as a 32-bit integer: for States.MathAdd.

    An integer outside of 32 bits is an error. As on AWS, a double that is too large even for 64 bits (1e309) is not an
    error; its value on AWS is unknown, so it is Java's `(int) Math.round(…)`.
    """
    if not is_number(value):
        raise invalid(name)
    if isinstance(value, float) and abs(value) >= 2.0**63:
        return -1 if value > 0 else 0
    whole = value if isinstance(value, int) else math.floor(value + 0.5)
    return int32(name, whole)


def int32(name: str, value: int) -> int:
    """The value, if it fits into 32 bits."""
    if not -(1 << 31) <= value < 1 << 31:
        raise invalid(name)
    return value


def truncated(name: str, value: Json) -> int:
    """A number without its fraction (2.9 → 2, -2.9 → -2), as all functions except States.MathAdd read it."""
    if not is_number(value):
        raise invalid(name)
    return to_int(value) if isinstance(value, float) else value


def text(name: str, value: Json) -> str:
    """A string argument."""
    if not isinstance(value, str):
        raise invalid(name)
    return value


def short_text(name: str, value: Json) -> str:
    """A string argument of at most 10,000 characters."""
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise invalid(name)
    return value


def array(name: str, value: Json) -> list[Json]:
    """An array argument."""
    if not isinstance(value, list):
        raise invalid(name)
    return value
