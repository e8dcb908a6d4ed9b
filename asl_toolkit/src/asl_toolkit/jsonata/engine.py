"""An expression of the JSONata library, with the limits and the arithmetic of AWS."""

import math
from typing import Any, Final

from asl_toolkit.jsonata.library import JException, Jsonata, Utils
from asl_toolkit.jsonata.limits import charge, charge_range, measured, repeating
from asl_toolkit.jsonata.messages import MEMORY, LimitReached
from asl_toolkit.jsonata.texts import concatenated

_MOST_IN_RANGE: Final = 873_782  # [1..873782] is made, [1..873783] is not (floci-io/floci, pull 2783)
_MOST_BY_LANGUAGE: Final = 10_000_000
_BYTES_PER_DESCENDANT: Final = 64


class Expression(Jsonata):  # type: ignore[misc] # the library ships no types
    """A compiled expression. The library calls the methods that are replaced here."""

    def evaluate_numeric_expression(self, left: Any, right: Any, sign: str) -> Any:  # the library's values
        """Arithmetic on doubles: AWS gives Infinity and NaN where jsonata-js and Python refuse (floci-io/floci, issue 2737)."""
        if left is None or right is None or not (Utils.is_numeric(left) and Utils.is_numeric(right)):
            return super().evaluate_numeric_expression(left, right, sign)
        result = _computed(_double(left), _double(right), sign)
        return Utils.convert_number(result) if math.isfinite(result) else result

    def evaluate_range_expression(self, left: Any, right: Any) -> Any:  # as above
        """`left..right`, within AWS's memory limit."""
        if type(left) is int and type(right) is int and _MOST_IN_RANGE < right - left + 1 <= _MOST_BY_LANGUAGE:
            raise LimitReached(MEMORY)
        if type(left) is int and type(right) is int and left <= right <= left + _MOST_IN_RANGE:
            charge_range(right - left + 1)
        return super().evaluate_range_expression(left, right)

    def evaluate_string_concat(self, left: Any, right: Any) -> str:  # as above
        """`left & right`."""
        return concatenated(left, right)

    def evaluate_step(self, expr: Any, input: Any, environment: Any, last_step: bool) -> Any:  # noqa: A002, FBT001 - the library's names
        """A step of a path."""
        with repeating(expr, rows=False):
            return super().evaluate_step(expr, input, environment, last_step)

    def evaluate_tuple_step(self, expr: Any, input: Any, tuple_bindings: Any, environment: Any) -> Any:  # noqa: A002 - as above
        """A step of a path with `@`, `#` or `%`."""
        with repeating(expr, rows=True):
            return super().evaluate_tuple_step(expr, input, tuple_bindings, environment)

    def recurse_descendants(self, input: Any, results: Any) -> None:  # noqa: A002 - as above
        """`**`: the value and everything below it, without arrays, parents first."""
        stack = [input]
        while stack:
            value = stack.pop()
            charge(_BYTES_PER_DESCENDANT)
            if isinstance(value, list):
                stack.extend(reversed(value))
                continue
            results.append(value)
            if isinstance(value, dict):
                stack.extend(reversed(value.values()))

    def flatten(self, arg: Any, flattened: Any) -> Any:  # the library's values
        """The elements of arrays inside of arrays, in order."""
        flattened = [] if flattened is None else flattened
        stack = [arg]
        while stack:
            value = stack.pop()
            charge(_BYTES_PER_DESCENDANT)
            if isinstance(value, list):
                stack.extend(reversed(value))
            else:
                flattened.append(value)
        return flattened

    def evaluate_equality_expression(self, left: Any, right: Any, sign: str) -> Any:  # as above
        """`=` and `!=`."""
        measured(left, right)
        return super().evaluate_equality_expression(left, right, sign)

    def evaluate_includes_expression(self, left: Any, right: Any) -> Any:  # as above
        """`in`."""
        measured(left, right)
        return super().evaluate_includes_expression(left, right)

    def evaluate_transform_expression(self, expr: Any, input: Any, environment: Any) -> Any:  # noqa: A002, ARG002 - as above
        """`|place|changes|`: a function, which copies its argument."""
        return _Transformer(self, expr, environment)

    def evaluate_function(self, expression: Any, value: Any, environment: Any, context: Any) -> Any:  # as above
        """A function call. If an error does not name the function, the name is added."""
        try:
            return super().evaluate_function(expression, value, environment, context)
        except JException as error:
            if error.error == "T0411" and error.extra is None:
                error.extra = expression.procedure.value
            elif error.error == "T0410" and error.expected is None:
                error.current, error.expected = 1, expression.procedure.value
            raise


class _Transformer(Jsonata.Transformer):  # type: ignore[misc] # the library ships no types
    def call(self, input: Any, args: Any) -> Any:  # noqa: A002 - as above
        """The copy of an argument, changed."""
        measured(*args)
        return super().call(input, args)


def _double(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def _computed(left: float, right: float, sign: str) -> float:
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    if sign == "%":
        return math.fmod(left, right) if right and math.isfinite(left) else math.nan
    if right == 0:
        return math.nan if left == 0 else math.copysign(math.inf, left) * math.copysign(1.0, right)
    return left / right
