"""The functions that may end a path (`$.rows.length()`), as Jayway computes them."""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite, nan

from asl_toolkit.json_value import Json, as_double, double, is_number
from asl_toolkit.jsonpath.path import PathNotFound


def _length(value: Json) -> Json:
    return len(value) if isinstance(value, (list, dict, str)) else None


def _keys(value: Json) -> Json:
    return list(value) if isinstance(value, dict) else None


def _over_numbers(compute: Callable[[list[float]], float]) -> Callable[[Json], Json]:
    def function(value: Json) -> Json:  # as Java computes, a sum above all doubles is infinite
        numbers = [as_double(element) for element in value if is_number(element)] if isinstance(value, list) else []
        if not numbers:
            raise PathNotFound("Aggregation function attempted to calculate value using empty array")
        return double(compute(numbers))

    return function


def _stddev(numbers: list[float]) -> float:
    from statistics import pstdev  # slow to import, and few paths need it

    return pstdev(numbers) if all(map(isfinite, numbers)) else nan


def _element(position: Json) -> Callable[[Json], Json]:
    def function(value: Json) -> Json:
        if not isinstance(value, list) or not -len(value) <= position < len(value):
            raise PathNotFound("Aggregation function attempted to calculate value using empty array")
        return value[position]

    return function


def _index(arguments: Sequence[Json]) -> Callable[[Json], Json]:
    """index(n): the element at n; a negative n counts from the end."""
    (position,) = arguments
    if not isinstance(position, int):
        raise TypeError
    return _element(position)


def _concat(arguments: Sequence[Json]) -> Callable[[Json], Json]:
    """concat(text, …): the texts of the array, or the text itself, followed by the arguments."""

    def function(value: Json) -> Json:
        return "".join(text for text in [*(value if isinstance(value, list) else [value]), *arguments] if isinstance(text, str))

    return function


FUNCTIONS: Mapping[str, Callable[[Json], Json]] = {
    "length": _length,
    "size": _length,
    "keys": _keys,
    "first": _element(0),
    "last": _element(-1),
    "min": _over_numbers(min),
    "max": _over_numbers(max),
    "sum": _over_numbers(sum),
    "avg": _over_numbers(lambda numbers: sum(numbers) / len(numbers)),
    "stddev": _over_numbers(_stddev),
}

# Functions with literal arguments; TypeError or ValueError for unusable ones.
WITH_ARGUMENTS: Mapping[str, Callable[[Sequence[Json]], Callable[[Json], Json]]] = {"index": _index, "concat": _concat}
