"""Choice rules of JSONPath states, compiled: And, Or, Not over comparisons of a variable."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from asl_toolkit.choice.comparisons import COMPARISONS
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
from asl_toolkit.json_value import Json, is_number
from asl_toolkit.templates import evaluate_path
from asl_toolkit.timestamps import parse_instant

_DEEPEST = 50
_BOOLEAN = ("And", "Or", "Not")
_BESIDE = ("Next", "Comment", "Assign", "Output")


@dataclass(frozen=True, slots=True)
class Comparing:
    """`{"Variable": …, "StringEquals": …}`."""

    variable: PathExpression
    operator: str
    operand: Expression

    def holds(self, environment: Environment) -> bool:
        """Whether the comparison is true. RuntimeFailure when the variable is absent, unless IsPresent asks that."""
        if self.operator == "IsPresent":
            return self._is_present(environment) is self.operand.evaluate(environment)
        try:
            value = self.variable.evaluate(environment)
        except (PathNotFound, VariableNotFound):
            raise RuntimeFailure(
                f"Invalid path '{self.variable.source}': The choice state's condition path references an invalid value."
            ) from None
        if not self.variable.path.definite and isinstance(value, list) and len(value) == 1:
            value = value[0]
        return COMPARISONS[self.operator].holds(value, evaluate_path(self.operand, environment))

    def _is_present(self, environment: Environment) -> bool:
        try:
            value = self.variable.evaluate(environment)
        except (PathNotFound, VariableNotFound):
            return False
        return self.variable.path.definite or value != []


@dataclass(frozen=True, slots=True)
class Combining:
    """`And`, `Or` or `Not` of other rules."""

    operator: str
    rules: "tuple[Rule, ...]"

    def holds(self, environment: Environment) -> bool:
        """Whether the combination is true; later rules are not looked at once it is decided."""
        if self.operator == "And":
            return all(rule.holds(environment) for rule in self.rules)
        if self.operator == "Or":
            return any(rule.holds(environment) for rule in self.rules)
        return not self.rules[0].holds(environment)


Rule: TypeAlias = Comparing | Combining
_NEVER = Combining("Or", ())


def compile_rule(
    value: Json, pointer: str, faults: list[tuple[str, str]], *, depth: int = 0, beside: tuple[str, ...] = _BESIDE
) -> Rule:
    """Compile one rule (its Next and Assign are read elsewhere); (pointer, message) of each fault goes to `faults`."""
    if not isinstance(value, Mapping):
        faults.append((pointer, "a choice rule is an object"))
        return _NEVER
    if depth > _DEEPEST:
        faults.append((pointer, f"choice rules are nested deeper than {_DEEPEST}"))
        return _NEVER
    names = [name for name in value if name not in beside]
    combined = [name for name in names if name in _BOOLEAN]
    if combined:
        if len(names) > 1:
            faults.append((pointer, f"{combined[0]} stands alone in a rule, not beside {_but(names, combined[0])}"))
            return _NEVER
        return _combining(combined[0], value[combined[0]], f"{pointer}/{combined[0]}", faults, depth)
    return _comparing(value, names, pointer, faults)


def _but(names: list[str], name: str) -> str:
    return ", ".join(repr(other) for other in names if other != name)


def _combining(operator: str, inner: Json, pointer: str, faults: list[tuple[str, str]], depth: int) -> Rule:
    if operator == "Not":
        return Combining("Not", (compile_rule(inner, pointer, faults, depth=depth + 1, beside=("Comment",)),))
    if not isinstance(inner, list) or not inner:
        faults.append((pointer, f"{operator} holds an array of at least one rule"))
        return _NEVER
    rules = tuple(
        compile_rule(rule, f"{pointer}/{place}", faults, depth=depth + 1, beside=("Comment",)) for place, rule in enumerate(inner)
    )
    return Combining(operator, rules)


def _comparing(value: Mapping[str, Json], names: list[str], pointer: str, faults: list[tuple[str, str]]) -> Rule:
    operators = [name for name in names if name != "Variable"]
    unknown = [name for name in operators if _comparison_of(name) is None]
    faults.extend((f"{pointer}/{name}", f"{name!r} is no comparison operator") for name in unknown)
    if not unknown and len(operators) != 1:
        faults.append((pointer, f"a rule holds one comparison, this one has {len(operators)}"))
    variable = _variable(value.get("Variable"), f"{pointer}/Variable", faults)
    if variable is None or unknown or len(operators) != 1:
        return _NEVER
    name = operators[0]
    operand = _operand(name, value[name], f"{pointer}/{name}", faults)
    return _NEVER if operand is None else Comparing(variable, _comparison_of(name) or name, operand)


def _comparison_of(name: str) -> str | None:
    """The operator that a member's name stands for, or None."""
    if name in COMPARISONS:
        return name
    base = name.removesuffix("Path")
    return base if base != name and base in COMPARISONS and COMPARISONS[base].has_path else None


def _variable(text: Json, pointer: str, faults: list[tuple[str, str]]) -> PathExpression | None:
    if not isinstance(text, str):
        faults.append((pointer, "a comparison needs a Variable: a path such as $.status"))
        return None
    return _path(text, pointer, faults)


def _path(text: str, pointer: str, faults: list[tuple[str, str]]) -> PathExpression | None:
    try:
        expression = parse_expression(text, intrinsics=False)
    except SyntaxFault as fault:
        faults.append((pointer, str(fault)))
        return None
    return expression if isinstance(expression, PathExpression) else None


def _operand(name: str, value: Json, pointer: str, faults: list[tuple[str, str]]) -> Expression | None:
    if name not in COMPARISONS:
        if not isinstance(value, str):
            faults.append((pointer, f"{name} holds a path, not {value!r}"))
            return None
        return _path(value, pointer, faults)
    wanted = COMPARISONS[name].operand
    good = {
        "string": isinstance(value, str),
        "number": is_number(value),
        "boolean": isinstance(value, bool),
        "timestamp": isinstance(value, str) and parse_instant(value) is not None,
    }[wanted]
    if not good:
        article = "an ISO-8601 timestamp" if wanted == "timestamp" else f"a {wanted}"
        faults.append((pointer, f"{name} compares with {article}, not {value!r}"))
        return None
    return Constant(value)
