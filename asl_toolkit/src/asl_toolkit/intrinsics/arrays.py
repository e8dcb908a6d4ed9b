"""Intrinsic functions on arrays."""

from asl_toolkit.intrinsics.arguments import IntrinsicFault, rounded
from asl_toolkit.intrinsics.arguments import array as as_array
from asl_toolkit.json_value import Json, dumps, is_number, same

_LONGEST_RANGE = 1_000


def array(*values: Json) -> list[Json]:
    """States.Array: its arguments."""
    return list(values)


def partition(values: Json, size: Json) -> list[list[Json]]:
    """States.ArrayPartition: chunks of `size`; the last may be shorter."""
    elements = as_array("States.ArrayPartition", values)
    step = rounded("States.ArrayPartition", size)
    if step < 1:
        raise IntrinsicFault("Invalid arguments in States.ArrayPartition: the chunk size must be a positive number")
    return [elements[start : start + step] for start in range(0, len(elements), step)]


def contains(values: Json, wanted: Json) -> bool:
    """States.ArrayContains."""
    return any(same(value, wanted) for value in as_array("States.ArrayContains", values))


def span(first: Json, last: Json, step: Json) -> list[int]:
    """States.ArrayRange: from `first` to `last`, both included; at most 1,000 elements."""
    start, stop, by = (rounded("States.ArrayRange", value) for value in (first, last, step))
    if by == 0:
        raise IntrinsicFault("Invalid arguments in States.ArrayRange: the step must not be 0")
    numbers = range(start, stop + (1 if by > 0 else -1), by)
    if len(numbers) > _LONGEST_RANGE:
        raise IntrinsicFault(f"Invalid arguments in States.ArrayRange: more than {_LONGEST_RANGE} elements")
    return list(numbers)


def get_item(values: Json, position: Json) -> Json:
    """States.ArrayGetItem."""
    elements, index = as_array("States.ArrayGetItem", values), rounded("States.ArrayGetItem", position)
    if not 0 <= index < len(elements):
        raise IntrinsicFault(
            f"Invalid arguments in States.ArrayGetItem: the index {index} is outside of the array of {len(elements)}"
        )
    return elements[index]


def length(values: Json) -> int:
    """States.ArrayLength."""
    return len(as_array("States.ArrayLength", values))


def unique(values: Json) -> list[Json]:
    """States.ArrayUnique: the first of each value, in order."""
    return list({_identity(value): value for value in reversed(as_array("States.ArrayUnique", values))}.values())[::-1]


def _identity(value: Json) -> str:
    if is_number(value):
        return f"number {float(value)!r}"
    return dumps(_sorted(value))


def _sorted(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(element) for element in value] if isinstance(value, list) else value
