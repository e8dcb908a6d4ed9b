"""Intrinsic functions on arrays.

Where the developer guide is silent (fractions are cut off, texts are compared, the order of States.ArrayUnique), they do
what AWS did in gabrielmoreira/tiny-asl-machine's conformance cases (`tests/conformance/cases/States.Array*.ts`).
"""

from asl_toolkit.intrinsics.arguments import array as as_array
from asl_toolkit.intrinsics.arguments import invalid, truncated
from asl_toolkit.intrinsics.java_text import java_text
from asl_toolkit.java import hash_set_order
from asl_toolkit.json_value import Json, dumps

_LONGEST_RANGE = 1_000


def array(*values: Json) -> list[Json]:
    """States.Array: its arguments."""
    return list(values)


def partition(values: Json, size: Json) -> list[list[Json]]:
    """States.ArrayPartition: chunks of `size`; the last may be shorter."""
    elements = as_array("States.ArrayPartition", values)
    step = truncated("States.ArrayPartition", size)
    if step < 1:
        raise invalid("States.ArrayPartition")
    return [elements[start : start + step] for start in range(0, len(elements), step)]


def contains(values: Json, wanted: Json) -> bool:
    """States.ArrayContains: compares texts, so "true" equals true, and the order of an object's members counts."""
    text = _text(wanted)
    return any(_text(value) == text for value in as_array("States.ArrayContains", values))


def _text(value: Json) -> str:
    return dumps(value) if isinstance(value, (list, dict)) else java_text(value)


def span(first: Json, last: Json, step: Json) -> list[int]:
    """States.ArrayRange: from `first` to `last`, both included; at most 1,000 elements."""
    start, stop, by = (truncated("States.ArrayRange", value) for value in (first, last, step))
    if by == 0:
        raise invalid("States.ArrayRange")
    if (stop - start) // by + 1 > _LONGEST_RANGE:
        raise invalid("States.ArrayRange")
    return list(range(start, stop + (1 if by > 0 else -1), by))


def get_item(values: Json, position: Json) -> Json:
    """States.ArrayGetItem; an empty array gives null for every position."""
    elements, index = as_array("States.ArrayGetItem", values), truncated("States.ArrayGetItem", position)
    if not elements:
        return None
    if not 0 <= index < len(elements):
        raise invalid("States.ArrayGetItem")
    return elements[index]


def length(values: Json) -> int:
    """States.ArrayLength."""
    return len(as_array("States.ArrayLength", values))


def unique(values: Json) -> list[Json]:
    """States.ArrayUnique: each value once, in the order of Java's HashSet."""
    return hash_set_order(as_array("States.ArrayUnique", values))
