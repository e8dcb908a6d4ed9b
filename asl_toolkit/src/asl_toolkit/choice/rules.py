"""Choice rules of JSONPath states, compiled: And, Or, Not over comparisons of a variable."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from asl_toolkit.choice.comparisons import COMPARISONS, operator_of
from asl_toolkit.environment import Environment
from asl_toolkit.errors import RuntimeFailure
from asl_toolkit.expressions import (
    Constant,
    Expression,
    PathExpression,
    PathNotFound,
    VariableNotFound,
    read_expression,
)
from asl_toolkit.json_value import Json
from asl_toolkit.templates import evaluate_path


@dataclass(eq=False, match_args=False)
class Comparing:
    """`{"Variable": …, "StringEquals": …}`."""

    variable: PathExpression
    operator: str
    operand: Expression

    def holds(self, environment: Environment) -> bool:
        """Whether the comparison is true. Raises RuntimeFailure if the variable is absent, unless the operator is IsPresent."""
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


@dataclass(eq=False, match_args=False)
class Combining:
    """`And`, `Or` or `Not` of other rules."""

    operator: str
    rules: "tuple[Rule, ...]"

    def holds(self, environment: Environment) -> bool:
        """Whether the combination is true. Rules after the deciding one are not evaluated."""
        if self.operator == "And":
            return all(rule.holds(environment) for rule in self.rules)
        if self.operator == "Or":
            return any(rule.holds(environment) for rule in self.rules)
        return not self.rules[0].holds(environment)


Rule: TypeAlias = Comparing | Combining


def compile_rule(rule: Mapping[str, Json]) -> Rule:
    """Compile a rule that passed the checker. Its Next, Assign and Output are read elsewhere."""
    for operator in ("And", "Or"):
        if operator in rule:
            return Combining(operator, tuple(compile_rule(inner) for inner in rule[operator]))
    if "Not" in rule:
        return Combining("Not", (compile_rule(rule["Not"]),))
    name, operator = next((name, known) for name in rule if (known := operator_of(name)) is not None)
    operand = Constant(rule[name]) if name == operator else _path(rule[name])
    return Comparing(_path(rule["Variable"]), operator, operand)


def _path(text: str) -> PathExpression:
    path = read_expression(text, intrinsics=False)
    assert isinstance(path, PathExpression)  # noqa: S101 - there are no other expressions without intrinsic functions
    return path
