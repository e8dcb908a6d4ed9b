"""JSONata values of states: texts `{% … %}`, compiled by the library, evaluated with `$states` and the variables in scope.

The library keeps state per thread, so one lock guards it. Threads would not be faster: Python's lock allows one at a time. An
expression is ended after five seconds (AWS: after one) or at a nesting depth of 100, as on AWS: that allows 100 terms of a
sum, 99 brackets and a recursion of 31 (floci-io/floci, pull 2783).
"""

import logging
import math
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from asl_toolkit import bounded_regex
from asl_toolkit.bounded_regex import BoundedPattern, TooSlow
from asl_toolkit.environment import MISSING, Environment, Evaluable
from asl_toolkit.errors import EvaluationFailure, SyntaxFault
from asl_toolkit.expressions import Constant
from asl_toolkit.json_value import Json, double, dumps, type_name
from asl_toolkit.jsonata.engine import Expression
from asl_toolkit.jsonata.functions import bindings
from asl_toolkit.jsonata.library import Functions, JException, RegexFlags, Utils, deep_recursion
from asl_toolkit.jsonata.limits import DEEPEST, Watch, charge_match, measured
from asl_toolkit.jsonata.messages import INTERNAL, LimitReached, tail_of
from asl_toolkit.jsonata.references import top_level_names
from asl_toolkit.templates import array_template, count_of, object_template
from asl_toolkit.templates import measured as measured_template

_log = logging.getLogger(__name__)
_LOCK: Final = threading.RLock()
_EXPECTED: Mapping[str, str] = {
    "Items": "array",
    "Condition": "boolean",
    "Seconds": "number",
    "Timestamp": "string",
    "TimeoutSeconds": "number",
    "HeartbeatSeconds": "number",
    "MaxConcurrency": "number",
    "ToleratedFailureCount": "number",
    "ToleratedFailurePercentage": "number",
    "MaxItems": "number",
    "MaxItemsPerBatch": "number",
    "MaxInputBytesPerBatch": "number",
    "Error": "string",
    "Cause": "string",
}


@dataclass(eq=False, match_args=False)
class JsonataExpression:
    """One `{% … %}`: its text, the field's path inside the state, and the type that the field needs (None: any type)."""

    source: str
    location: str
    expected: str | None

    def evaluate(self, environment: Environment) -> Json:
        """The value. Raises EvaluationFailure if it is undefined, if its type is wrong, or if the expression fails."""
        value = self._compute(environment)
        if value is None:
            raise self._failure("returned nothing (undefined).")
        result = _plain(value, self)
        if self.expected is not None and type_name(result) != self.expected:
            raise self._failure(
                f"returned an unexpected result type. Expected '{self.expected}', but was '{type_name(result)}' "
                f"for value: {dumps(result)}"
            )
        return result

    def _compute(self, environment: Environment) -> Any:  # the library's values; null differs from undefined
        with _LOCK:
            try:
                return self._evaluated(environment)
            except JException as error:
                raise self._failure(f"threw an error during evaluation{tail_of(error, DEEPEST)}") from error
            except (LimitReached, TooSlow) as limit:
                raise self._failure(f"threw an error during evaluation: {limit}") from limit
            except (RuntimeError, ArithmeticError, ValueError, TypeError, LookupError, AttributeError) as error:
                _log.info("the expression %r made the JSONata library raise", self.source, exc_info=True)
                raise self._failure(f"threw{INTERNAL}") from error

    def _evaluated(self, environment: Environment) -> Any:  # as above
        try:
            return _evaluate(self.source, environment)
        except RecursionError:  # deeper than the rest of the process; the library has a bound for its recursion
            with deep_recursion():
                return _evaluate(self.source, environment)

    def _failure(self, what: str) -> EvaluationFailure:
        return EvaluationFailure(
            f"The JSONata expression '{self.source}' specified for the field '{self.location}' {what}", self.location
        )


def _evaluate(source: str, environment: Environment) -> Any:  # the library's values
    """The value of an expression. The caller holds the lock."""
    expression = _compiled(source)
    frame = expression.create_frame()
    Watch(frame)
    for name, value in environment.scope.visible().items():
        frame.bind(name, Utils.NULL_VALUE if value is None else value)
    frame.bind("states", _states(environment))
    _moment.millis = environment.millis
    result = expression.evaluate(None, frame)
    measured(result)
    return result


def compile_value(value: Json, location: str) -> Evaluable:
    """Compile a value of a JSONata state that passed the checker. `location` is the field's path inside the state."""
    template = _compile(value, location, _EXPECTED.get(location.rsplit("/", 1)[-1]))
    return measured_template(template, count_of(template))


def _compile(value: Json, location: str, expected: str | None = None) -> Evaluable:
    if isinstance(value, dict):
        return object_template(value, tuple((name, _compile(inner, f"{location}/{name}")) for name, inner in value.items()))
    if isinstance(value, list):
        return array_template(value, tuple(_compile(inner, f"{location}[{place}]") for place, inner in enumerate(value)))
    if isinstance(value, str) and value.startswith("{%") and value.endswith("%}") and len(value) >= 4:
        return JsonataExpression(value[2:-2].strip(), location, expected)
    return Constant(value)


def syntax_fault(text: str) -> str | None:
    """Why the library cannot read `{% … %}`, or None."""
    try:
        with _LOCK:
            _compiled(text[2:-2].strip())
    except SyntaxFault as fault:
        return str(fault)
    return None


def names_without_context(text: str) -> list[str]:
    """The top-level names in a valid `{% … %}`. AWS refuses them."""
    with _LOCK:
        return top_level_names(_compiled(text[2:-2].strip()).ast)


@lru_cache(maxsize=2048)
def _compiled(source: str) -> Any:  # Jsonata: the library ships no types
    """The library's object for an expression. Raises SyntaxFault if the expression cannot be parsed."""
    if not source:
        raise SyntaxFault("the JSONata expression is empty")
    try:
        expression = Expression(source, _regex)
    except JException as error:
        raise SyntaxFault(f"the JSONata expression {source!r} cannot be read: {error}") from error
    except (RecursionError, ValueError, TypeError, LookupError, AttributeError, re.error) as error:
        raise SyntaxFault(f"the JSONata expression {source!r} cannot be read: {type(error).__name__}") from error
    expression.set_output_convert_nulls(False)
    expression.set_validate_input(False)
    expression.environment.bindings.update(_FUNCTIONS)
    return expression


def _regex(pattern: str, flags: RegexFlags) -> BoundedPattern:
    """A regular expression inside an expression. Raises re.error if it cannot be read."""
    options = (bounded_regex.IGNORECASE if flags.case_insensitive else 0) | (bounded_regex.MULTILINE if flags.multiline else 0)
    return BoundedPattern(pattern, options, noted=charge_match)


def _states(environment: Environment) -> dict[str, Json]:
    states = {"input": environment.data, "context": environment.context}
    if environment.result is not MISSING:
        states["result"] = environment.result
    if environment.error_output is not MISSING:
        states["errorOutput"] = environment.error_output
    return states


def _plain(value: Any, expression: JsonataExpression) -> Json:
    """A value of the library as plain JSON, with its null and lists converted, and numbers as JavaScript writes them."""
    if value is Utils.NULL_VALUE or value is None or isinstance(value, (str, bool, int)):
        return None if value is Utils.NULL_VALUE else value
    if isinstance(value, float):
        if not math.isfinite(value):
            return double(value)
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(value, Utils.RangeList):
        return list(range(value.a, value.b + 1))
    if isinstance(value, list):
        return [_plain(element, expression) for element in value]
    if isinstance(value, dict):
        return {str(name): _plain(inner, expression) for name, inner in value.items()}
    raise EvaluationFailure(
        f"The JSONata expression '{expression.source}' specified for the field '{expression.location}' returned an "
        "unsupported result type.",
        expression.location,
    )


class _Moment:
    """The time of $now and $millis: the start of the evaluation that holds the lock."""

    millis = 0


_moment = _Moment()


def _now(picture: Any = None, timezone: Any = None) -> Json:
    return Functions.datetime_from_millis(_moment.millis, picture, timezone)


_FUNCTIONS: Mapping[str, Any] = bindings(_now, lambda: _moment.millis)  # Any: the library's functions
