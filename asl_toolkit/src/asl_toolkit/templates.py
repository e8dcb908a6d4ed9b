"""Payload templates of JSONPath states: Parameters, ResultSelector, ItemSelector, Assign, BatchInput.

A member whose name ends in `.$` holds an expression; everything else is taken as it stands.
"""

from dataclasses import dataclass
from typing import TypeAlias

from asl_toolkit.environment import Environment
from asl_toolkit.errors import RuntimeFailure, SyntaxFault
from asl_toolkit.expressions import (
    Constant,
    Expression,
    PathExpression,
    PathNotFound,
    VariableNotFound,
    parse_expression,
)
from asl_toolkit.intrinsics import IntrinsicFault
from asl_toolkit.json_value import Json, dumps

_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class _Computed:
    """One `name.$` member: the field as it is written, for messages, and its expression."""

    field: str
    expression: Expression

    def evaluate(self, environment: Environment) -> Json:
        """The expression's value."""
        return evaluate_field(self.expression, environment, self.field)


_Node: TypeAlias = "Constant | _Computed | _Object | _Array"


@dataclass(frozen=True, slots=True)
class _Object:
    members: tuple[tuple[str, _Node], ...]

    def evaluate(self, environment: Environment) -> Json:
        """An object of the members' values."""
        return {name: node.evaluate(environment) for name, node in self.members}


@dataclass(frozen=True, slots=True)
class _Array:
    elements: tuple[_Node, ...]

    def evaluate(self, environment: Environment) -> Json:
        """An array of the elements' values."""
        return [node.evaluate(environment) for node in self.elements]


@dataclass(frozen=True, slots=True)
class PayloadTemplate:
    """A compiled template; `pointer` is where it stands in the definition."""

    pointer: str
    node: _Node

    def evaluate(self, environment: Environment) -> Json:
        """The filled template. RuntimeFailure for a path that leads nowhere and for an intrinsic's fault."""
        return self.node.evaluate(environment)


def evaluate_field(expression: Expression, environment: Environment, field: str) -> Json:
    """An expression inside a template, with AWS's messages for what goes wrong."""
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
    """A call that refuses its arguments: States.Runtime on AWS, for all that the guide says of States.IntrinsicFailure."""
    return RuntimeFailure(f"There was an error while evaluating the intrinsic function: {_source(expression)}. {fault}")


def _source(expression: Expression) -> str:
    return dumps(expression.value) if isinstance(expression, Constant) else expression.source


def _lost(expression: Expression, environment: Environment) -> str:
    """The path inside a call that leads nowhere."""
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
    """The value of a `…Path` field, with AWS's messages for what goes wrong."""
    try:
        return expression.evaluate(environment)
    except PathNotFound as error:
        raise RuntimeFailure(f"Invalid path '{_source(expression)}' : {error}") from None
    except VariableNotFound as error:
        raise RuntimeFailure(f"Invalid path '{_source(expression)}' : {error}") from None
    except IntrinsicFault as fault:
        raise _intrinsic_failure(expression, fault) from fault


def compile_template(value: Json, pointer: str, faults: list[tuple[str, str]]) -> PayloadTemplate:
    """Compile a template; each (pointer, message) of what cannot be read is added to `faults`."""
    return PayloadTemplate(pointer, _compile(value, pointer, faults, 0))


def _compile(value: Json, pointer: str, faults: list[tuple[str, str]], depth: int) -> _Node:
    if depth > _DEEPEST:
        faults.append((pointer, f"the template is nested deeper than {_DEEPEST}"))
        return Constant(None)
    if isinstance(value, dict):
        members = tuple(_member(name, inner, pointer, faults, depth) for name, inner in value.items())
        if len({name for name, _ in members}) < len(members):
            faults.append((pointer, "a member stands here both with and without '.$'"))
        if all(isinstance(node, Constant) for _, node in members):
            return Constant({name: node.value for name, node in members if isinstance(node, Constant)})
        return _Object(members)
    if isinstance(value, list):
        elements = tuple(_compile(inner, f"{pointer}/{place}", faults, depth + 1) for place, inner in enumerate(value))
        if all(isinstance(node, Constant) for node in elements):
            return Constant([node.value for node in elements if isinstance(node, Constant)])
        return _Array(elements)
    return Constant(value)


def _member(name: str, value: Json, pointer: str, faults: list[tuple[str, str]], depth: int) -> tuple[str, _Node]:
    here = f"{pointer}/{escape(name)}"
    if not name.endswith(".$"):
        return name, _compile(value, here, faults, depth + 1)
    if not isinstance(value, str):
        faults.append((here, f"a member whose name ends in '.$' holds a path or an intrinsic function, not {value!r}"))
        return name[:-2], Constant(None)
    try:
        return name[:-2], _Computed(name, parse_expression(value))
    except SyntaxFault as fault:
        faults.append((here, str(fault)))
        return name[:-2], Constant(None)


def escape(name: str) -> str:
    """A member's name as a step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
