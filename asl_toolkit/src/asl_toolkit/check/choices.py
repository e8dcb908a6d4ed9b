"""Choice states: their rules, no Default, and variables that may be absent."""

from collections.abc import Iterator, Mapping
from typing import Final

from asl_toolkit.check.fields import Field, Fields
from asl_toolkit.check.findings import Pointer, Report
from asl_toolkit.check.paths import check_expression
from asl_toolkit.check.scopes import StateAt
from asl_toolkit.check.structure import check_required, check_unknown
from asl_toolkit.check.values import check_values, is_expression, is_placeholder
from asl_toolkit.check.wording import a_type, shown
from asl_toolkit.choice.comparisons import COMPARISONS, operator_of
from asl_toolkit.json_value import Json, is_number
from asl_toolkit.timestamps import parse_instant

_DEEPEST: Final = 50
_BOOLEAN: Final = ("And", "Or", "Not")
_BESIDE: Final = frozenset({"Next", "Comment", "Assign", "Output"})
_JSONATA_RULE: Final[Fields] = {
    "Condition": Field("any", required=True),
    "Next": Field("state", required=True),
    "Assign": Field("object"),
    "Output": Field("data"),
    "Comment": Field("text"),
}


def check_choice(state: StateAt, report: Report) -> None:
    """All rules of a Choice state."""
    if state.type != "Choice":
        return
    rules = state.value.get("Choices")
    if rules == []:
        report.add("MISSING_FIELD", state.at("Choices"), f"the Choice state {state.name!r} has no rule")
    for place, rule in enumerate(rules if isinstance(rules, list) else []):
        pointer = state.at("Choices", place)
        if not isinstance(rule, Mapping):
            report.add("WRONG_TYPE", pointer, f"a choice rule is an object, not {a_type(rule)}")
        elif state.jsonata:
            _check_jsonata_rule(rule, pointer, state, report)
        else:
            _check_top_rule(rule, pointer, state, report)
    if "Default" not in state.value and not _always(rules):
        report.add("CHOICE_NO_DEFAULT", state.pointer, f"the Choice state {state.name!r} has no Default")
    if not state.jsonata and isinstance(rules, list):
        _check_guards(rules, state, report)


def _always(rules: Json) -> bool:
    last = rules[-1] if isinstance(rules, list) and rules else None
    return isinstance(last, Mapping) and (last.get("Condition") is True or last.get("Condition") == "{% true %}")


def _check_jsonata_rule(rule: Mapping[str, Json], pointer: Pointer, state: StateAt, report: Report) -> None:
    operators = [name for name in rule if name == "Variable" or name in _BOOLEAN or operator_of(name) is not None]
    for name in operators:
        report.add("WRONG_LANGUAGE", (*pointer, name), f"{name} belongs to JSONPath, the state is in JSONata: use Condition")
    check_unknown(rule, pointer, _JSONATA_RULE, "a choice rule of JSONata", report, known=operators)
    if not operators or "Condition" in rule:
        check_required(rule, pointer, _JSONATA_RULE, "a choice rule of JSONata", report)
    check_values(rule, pointer, _JSONATA_RULE, state.language, report)
    condition = rule.get("Condition", True)
    if not isinstance(condition, bool) and not is_expression(condition) and not is_placeholder(condition):
        report.add(
            "WRONG_TYPE",
            (*pointer, "Condition"),
            f"Condition is an expression {{% … %}}, true or false, not {shown(condition)}",
        )


def _check_top_rule(rule: Mapping[str, Json], pointer: Pointer, state: StateAt, report: Report) -> None:
    if "Next" not in rule:
        report.add("MISSING_FIELD", pointer, "a choice rule needs Next")
    elif not isinstance(rule["Next"], str):
        report.add("WRONG_TYPE", (*pointer, "Next"), f"Next is a string, not {a_type(rule['Next'])}")
    for name in ("Condition", "Output"):
        if name in rule:
            report.add("WRONG_LANGUAGE", (*pointer, name), f"{name} belongs to JSONata, the state is in JSONPath")
    if "Comment" in rule and not isinstance(rule["Comment"], str):
        report.add("WRONG_TYPE", (*pointer, "Comment"), f"Comment is a string, not {a_type(rule['Comment'])}")
    if "Assign" in rule and not isinstance(rule["Assign"], Mapping):
        report.add("WRONG_TYPE", (*pointer, "Assign"), f"Assign is an object, not {a_type(rule['Assign'])}")
    if "Condition" not in rule:
        _check_rule({name: value for name, value in rule.items() if name not in _BESIDE}, pointer, state, report, 0)


def _check_rule(rule: Json, pointer: Pointer, state: StateAt, report: Report, depth: int) -> None:
    if depth > _DEEPEST:
        report.add("TOO_DEEP", pointer, f"choice rules are nested deeper than {_DEEPEST}")
        return
    if not isinstance(rule, Mapping):
        report.add("CHOICE_RULE", pointer, f"a choice rule is an object, not {a_type(rule)}")
        return
    for name in ("Next", "Assign", "Output"):
        if name in rule:
            report.add("CHOICE_RULE", (*pointer, name), f"{name} is allowed only in a rule of Choices, not inside And, Or, Not")
    names = [name for name in rule if name not in _BESIDE]
    combined = [name for name in names if name in _BOOLEAN]
    if not combined:
        _check_comparison(rule, names, pointer, state, report)
        return
    name = combined[0]
    if len(names) > 1:
        others = ", ".join(repr(other) for other in names if other != name)
        report.add("CHOICE_RULE", pointer, f"{name} must be alone in a rule, without {others}")
    inner = rule[name]
    if name == "Not":
        _check_rule(inner, (*pointer, name), state, report, depth + 1)
    elif not isinstance(inner, list) or not inner:
        report.add("CHOICE_RULE", (*pointer, name), f"{name} is an array of at least one rule")
    else:
        for place, part in enumerate(inner):
            _check_rule(part, (*pointer, name, place), state, report, depth + 1)


def _check_comparison(rule: Mapping[str, Json], names: list[str], pointer: Pointer, state: StateAt, report: Report) -> None:
    operators = [name for name in names if name != "Variable"]
    unknown = [name for name in operators if operator_of(name) is None]
    for name in unknown:
        near = next((known for known in COMPARISONS if known.lower() == name.lower()), None)
        hint = f"; did you mean {near!r}?" if near else ""
        report.add("CHOICE_RULE", (*pointer, name), f"{name!r} is not a comparison operator{hint}")
    if not unknown and len(operators) != 1:
        report.add("CHOICE_RULE", pointer, f"a rule has one comparison, this one has {len(operators)}")
    variable = rule.get("Variable")
    if "Variable" not in rule:
        if operators:
            report.add("CHOICE_RULE", pointer, "a comparison needs a Variable")
    elif not isinstance(variable, str):
        report.add("CHOICE_RULE", (*pointer, "Variable"), f"Variable is a path such as $.status, not {a_type(variable)}")
    elif not is_placeholder(variable):
        check_expression(variable, (*pointer, "Variable"), state, report, "path")
    for name in operators:
        if name not in unknown:
            _check_operand(name, rule[name], (*pointer, name), state, report)


def _check_operand(name: str, value: Json, pointer: Pointer, state: StateAt, report: Report) -> None:
    if is_placeholder(value):
        return
    if name not in COMPARISONS:
        if isinstance(value, str):
            check_expression(value, pointer, state, report, "path")
        else:
            report.add("CHOICE_RULE", pointer, f"{name} is a path, not {a_type(value)}")
        return
    wanted = COMPARISONS[name].operand
    good = {
        "string": isinstance(value, str),
        "number": is_number(value),
        "boolean": isinstance(value, bool),
        "timestamp": isinstance(value, str) and parse_instant(value) is not None,
    }[wanted]
    if not good:
        what = "an ISO-8601 timestamp" if wanted == "timestamp" else f"a {wanted}"
        report.add("CHOICE_RULE", pointer, f"{name} compares with {what}, not {shown(value)}")


def _check_guards(rules: list[Json], state: StateAt, report: Report) -> None:
    guarded: set[str] = set()
    named: dict[str, Pointer] = {}
    for place, rule in enumerate(rules):
        for pointer, comparison in _comparisons(rule, state.at("Choices", place), 0):
            variable = comparison.get("Variable")
            if not isinstance(variable, str) or not variable.startswith("$.") or "*" in variable or ".." in variable:
                continue
            if "IsPresent" in comparison:
                guarded.add(variable)
            else:
                named.setdefault(variable, pointer)
    bare = [variable for variable in named if not any(variable == g or variable.startswith((f"{g}.", f"{g}[")) for g in guarded)]
    if bare:
        shown = ", ".join(bare[:5]) + (" …" if len(bare) > 5 else "")
        report.add("CHOICE_UNGUARDED", named[bare[0]], f"the Choice state {state.name!r} never tests whether {shown} is present")


def _comparisons(rule: Json, pointer: Pointer, depth: int) -> Iterator[tuple[Pointer, Mapping[str, Json]]]:
    if not isinstance(rule, Mapping) or depth > _DEEPEST:
        return
    if "Variable" in rule:
        yield pointer, rule
    for name in ("And", "Or"):
        if isinstance(parts := rule.get(name), list):
            for place, part in enumerate(parts):
                yield from _comparisons(part, (*pointer, name, place), depth + 1)
    if "Not" in rule:
        yield from _comparisons(rule["Not"], (*pointer, "Not"), depth + 1)
