"""Payload templates of JSONPath states: Parameters, ResultSelector, ItemSelector, Assign, BatchInput.

A member whose name ends in `.$` has an expression; all other members are literals.
"""

from dataclasses import dataclass

from asl_toolkit.environment import Environment, Evaluable
from asl_toolkit.errors import RuntimeFailure
from asl_toolkit.expressions import (
    Constant,
    Expression,
    PathExpression,
    PathNotFound,
    VariableNotFound,
    read_expression,
)
from asl_toolkit.intrinsics import IntrinsicFault
from asl_toolkit.json_value import Json, dumps
from asl_toolkit.sizes import not_too_large

_HARMLESS = 32  # expressions of 256 KiB each


@dataclass(eq=False, match_args=False)
class _Computed:
    """One `name.$` member: its text, for messages, and its expression."""

    field: str
    expression: Expression

    def evaluate(self, environment: Environment) -> Json:
        """The expression's value."""
        return evaluate_field(self.expression, environment, self.field)


@dataclass(eq=False, match_args=False)
class _Object:
    members: tuple[tuple[str, Evaluable], ...]

    def evaluate(self, environment: Environment) -> Json:
        """An object of the members' values."""
        return {name: node.evaluate(environment) for name, node in self.members}


@dataclass(eq=False, match_args=False)
class _Array:
    elements: tuple[Evaluable, ...]

    def evaluate(self, environment: Environment) -> Json:
        """An array of the elements' values."""
        return [node.evaluate(environment) for node in self.elements]


def object_template(value: Json, members: tuple[tuple[str, Evaluable], ...]) -> Evaluable:
    """An object of compiled members; `value` itself if it has no expression."""
    return Constant(value) if all(isinstance(node, Constant) for _, node in members) else _Object(members)


def array_template(value: Json, elements: tuple[Evaluable, ...]) -> Evaluable:
    """An array of compiled elements; `value` itself if it has no expression."""
    return Constant(value) if all(isinstance(node, Constant) for node in elements) else _Array(elements)


def evaluate_field(expression: Expression, environment: Environment, field: str) -> Json:
    """The value of an expression inside a template. Errors have AWS's messages."""
    try:
        return expression.evaluate(environment)
    except PathNotFound:
        if isinstance(expression, PathExpression):
            shown = dumps(expression.base(environment))
            raise RuntimeFailure(
                f"The JSONPath '{expression.source}' specified for the field '{field}' could not be found in the input '{shown}'"
            ) from None
        raise RuntimeFailure(
            f"The function '{_source(expression)}' had the following error: "
            f"The JsonPath argument for the field '{_lost(expression, environment)}' could not be found in the input "
            f"'{dumps(environment.data)}'"
        ) from None
    except VariableNotFound as error:
        raise RuntimeFailure(f"{error} in '{_source(expression)}' specified for the field '{field}'") from None
    except IntrinsicFault as fault:
        raise _intrinsic_failure(expression, fault) from fault


def _intrinsic_failure(expression: Expression, fault: IntrinsicFault) -> RuntimeFailure:
    """A call that refuses its arguments. AWS reports States.Runtime, although the guide names States.IntrinsicFailure."""
    return RuntimeFailure(f"There was an error while evaluating the intrinsic function: {_source(expression)}. {fault}")


def _source(expression: Expression) -> str:
    return dumps(expression.value) if isinstance(expression, Constant) else expression.source


def _lost(expression: Expression, environment: Environment) -> str:
    """The path inside a call that has no value."""
    if isinstance(expression, PathExpression):
        try:
            expression.evaluate(environment)
        except PathNotFound:
            return expression.source
        return ""
    if isinstance(expression, Constant):
        return ""
    return next((lost for argument in expression.arguments if (lost := _lost(argument, environment))), "")


def evaluate_path(expression: Expression, environment: Environment) -> Json:
    """The value of a `…Path` field. Errors have AWS's messages."""
    try:
        return expression.evaluate(environment)
    except PathNotFound as error:
        raise RuntimeFailure(f"Invalid path '{_source(expression)}' : {error}") from None
    except VariableNotFound as error:
        raise RuntimeFailure(f"Invalid path '{_source(expression)}' : {error}") from None
    except IntrinsicFault as fault:
        raise _intrinsic_failure(expression, fault) from fault


@dataclass(eq=False, match_args=False)
class _Measured:
    """A template with so many expressions that its value may be far larger than a payload."""

    inner: Evaluable

    def evaluate(self, environment: Environment) -> Json:
        """The value. Raises TooLarge."""
        return not_too_large(self.inner.evaluate(environment))


def compile_template(value: Json) -> Evaluable:
    """Compile a template that passed the checker."""
    template = _compile(value)
    return measured(template, count_of(template))


def measured(template: Evaluable, expressions: int) -> Evaluable:
    """The template; its value is measured if it has more `expressions` than are harmless whatever they give."""
    return template if expressions <= _HARMLESS else _Measured(template)


def count_of(template: Evaluable) -> int:
    """The number of expressions in a template."""
    if isinstance(template, _Object):
        return sum(count_of(node) for _, node in template.members)
    if isinstance(template, _Array):
        return sum(map(count_of, template.elements))
    return 0 if isinstance(template, Constant) else 1


def _compile(value: Json) -> Evaluable:
    if isinstance(value, dict):
        return object_template(value, tuple(_member(name, inner) for name, inner in value.items()))
    if isinstance(value, list):
        return array_template(value, tuple(_compile(inner) for inner in value))
    return Constant(value)


def _member(name: str, value: Json) -> tuple[str, Evaluable]:
    if name.endswith(".$"):
        return name[:-2], _Computed(name, read_expression(value))
    return name, _compile(value)
