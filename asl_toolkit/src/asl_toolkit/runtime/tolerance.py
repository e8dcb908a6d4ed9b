"""How many children of a Map Run may fail, and the numbers in a Map's fields."""

import re
from typing import Final, Literal

from asl_toolkit.definition.model import Field
from asl_toolkit.errors import RuntimeFailure
from asl_toolkit.json_value import Json, is_number, value_text
from asl_toolkit.runtime.flow import field_value
from asl_toolkit.runtime.frame import Frame

_NUMERALS: Final = {"integer": re.compile(r"[-+]?[0-9]{1,300}"), "float": re.compile(r"[-+]?[0-9]{1,300}(?:\.[0-9]{1,300})?")}


def number_of(field: Field, value: Json, kind: Literal["integer", "float"]) -> float:
    """A number, or a text of digits (public reports of MaxConcurrencyPath). Raises RuntimeFailure."""
    try:
        if is_number(value) or (isinstance(value, str) and _NUMERALS[kind].fullmatch(value)):
            number = float(value)
            if kind == "float" or number.is_integer():
                return number
    except (ValueError, OverflowError):
        pass
    raise RuntimeFailure(
        f'The {field.name} field refers to value "{value_text(value)}" which is not a valid {kind}: '
        f"{getattr(field.expression, 'source', '')}"
    )


def tolerated_count(frame: Frame, field: Field | None, data: Json) -> int | None:
    """ToleratedFailureCount, or None. Raises RuntimeFailure."""
    if field is None:
        return None
    count = number_of(field, field_value(field, frame.environment(data)), "integer")
    if count < 0:
        raise RuntimeFailure("ToleratedFailureCount must be a non-negative integer.")
    return int(count)


def tolerated_percentage(frame: Frame, field: Field | None, data: Json) -> float | None:
    """ToleratedFailurePercentage, or None. Raises RuntimeFailure."""
    if field is None:
        return None
    percentage = number_of(field, field_value(field, frame.environment(data)), "float")
    if not 0 <= percentage <= 100:
        raise RuntimeFailure("ToleratedFailurePercentage must be between 0 and 100.")
    return percentage
