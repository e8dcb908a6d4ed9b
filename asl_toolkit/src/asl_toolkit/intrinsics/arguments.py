"""What intrinsic functions ask of their arguments."""

import math

from asl_toolkit.json_value import Json, is_number


class IntrinsicFault(Exception):  # noqa: N818 - named after what happened
    """A function refuses its arguments: AWS reports States.IntrinsicFailure."""


def rounded(name: str, value: Json) -> int:
    """A number as AWS rounds it: to the nearest whole one, halves upwards (-1.5 → -1)."""
    if not is_number(value) or not math.isfinite(value):
        raise IntrinsicFault(f"Invalid arguments in {name}: a number is needed, not {value!r}")
    return value if isinstance(value, int) else math.floor(value + 0.5)


def text(name: str, value: Json, most: int | None = None) -> str:
    """A string argument, at most `most` characters long."""
    if not isinstance(value, str):
        raise IntrinsicFault(f"Invalid arguments in {name}: a string is needed, not {value!r}")
    if most is not None and len(value) > most:
        raise IntrinsicFault(f"Invalid arguments in {name}: the string is longer than {most} characters")
    return value


def array(name: str, value: Json) -> list[Json]:
    """An array argument."""
    if not isinstance(value, list):
        raise IntrinsicFault(f"Invalid arguments in {name}: an array is needed, not {value!r}")
    return value
