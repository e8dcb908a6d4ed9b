"""The functions that may end a path (`$.rows.length()`), as Jayway computes them."""

from collections.abc import Callable, Mapping
from statistics import pstdev

from asl_toolkit.json_value import Json, is_number
from asl_toolkit.jsonpath.path import PathNotFound


def _length(value: Json) -> Json:
    return len(value) if isinstance(value, (list, dict, str)) else None


def _keys(value: Json) -> Json:
    return list(value) if isinstance(value, dict) else None


def _over_numbers(compute: Callable[[list[float]], float]) -> Callable[[Json], Json]:
    def function(value: Json) -> Json:
        numbers = [float(element) for element in value if is_number(element)] if isinstance(value, list) else []
        if not numbers:
            raise PathNotFound("Aggregation function attempted to calculate value using empty array")
        return compute(numbers)

    return function


FUNCTIONS: Mapping[str, Callable[[Json], Json]] = {
    "length": _length,
    "size": _length,
    "keys": _keys,
    "min": _over_numbers(min),
    "max": _over_numbers(max),
    "sum": _over_numbers(sum),
    "avg": _over_numbers(lambda numbers: sum(numbers) / len(numbers)),
    "stddev": _over_numbers(pstdev),
}
