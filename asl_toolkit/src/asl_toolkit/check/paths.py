"""JSONPath fields: InputPath, OutputPath, ResultPath and the `…Path` fields; context object paths; intrinsics."""

import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Final, Literal

from asl_toolkit.check.findings import Pointer, Report
from asl_toolkit.check.scopes import StateAt, in_map
from asl_toolkit.check.values import is_placeholder
from asl_toolkit.errors import SyntaxFault
from asl_toolkit.expressions import Constant, Expression, IntrinsicCall, PathExpression, parse_expression
from asl_toolkit.intrinsics import FUNCTIONS
from asl_toolkit.json_value import Json
from asl_toolkit.jsonpath import parse_reference
from asl_toolkit.jsonpath.path import Property

_FIELDS: Final = (
    "InputPath", "OutputPath", "ItemsPath", "SecondsPath", "TimestampPath", "TimeoutSecondsPath", "HeartbeatSecondsPath",
    "MaxConcurrencyPath", "ToleratedFailureCountPath", "ToleratedFailurePercentagePath", "ErrorPath", "CausePath",
)  # fmt: skip
_WITH_INTRINSICS: Final = frozenset({"ErrorPath", "CausePath"})
# Paths that Jayway may accept although our reader does not: names with special characters, regular expressions in filters,
# slices with steps, functions with arguments. Long texts are not tried.
_PLAUSIBLE: Final = re.compile(
    r"""\$(?:\$|[A-Za-z_]\w*)?
    (?: \.{1,2} (?:\*|[^.\[\]()'"\s][^.\[\]()'"]*) (?:\([^()]*\))?
      | \.{0,2} \[ \s* (?:
            '[^']*' (?:\s*,\s*'[^']*')* | "[^"]*" | \* | -?\d+(?:\s*,\s*-?\d+)* | -?\d*:-?\d*(?::-?\d*)? | \?\([^\[\]]*\)
        ) \s* \]
    )*""",
    re.VERBOSE,
)
# "You can nest up to 10 intrinsic functions within a field" (developer guide, "Intrinsic functions for JSONPath states"). The
# guide's example counts all calls of a field; here only calls within calls count, so that no field is reported wrongly.
_DEEPEST: Final = 10
_LONGEST_TRIED: Final = 1_000
_CONTEXT: Final[Mapping[str, frozenset[str]]] = {  # developer guide, "Accessing execution data from the Context object"
    "Execution": frozenset({"Id", "Input", "Name", "RoleArn", "StartTime", "RedriveCount", "RedriveTime"}),
    "State": frozenset({"EnteredTime", "Name", "RetryCount"}),
    "StateMachine": frozenset({"Id", "Name"}),
    "Task": frozenset({"Token"}),
    "Map": frozenset({"Item"}),
}
_WITH_TOKEN: Final = (".wait", ".sync")  # API reference, SendTaskSuccess; another check reports a misspelt pattern
_ITEM: Final = frozenset({"Index", "Key", "Source", "Value"})


def check_paths(state: StateAt, report: Report) -> None:
    """The path fields of a JSONPath state, and ResultPath of its catchers."""
    if state.jsonata:
        return
    for name in _FIELDS:
        value = state.value.get(name)
        if isinstance(value, str) and not is_placeholder(value):
            check_expression(value, state.at(name), state, report, "any" if name in _WITH_INTRINSICS else "path")
    check_result_path(state.value.get("ResultPath"), state.at("ResultPath"), report)
    if isinstance(catchers := state.value.get("Catch"), list):
        for place, catcher in enumerate(catchers):
            if isinstance(catcher, Mapping):
                check_result_path(catcher.get("ResultPath"), state.at("Catch", place, "ResultPath"), report)


def check_result_path(value: Json, pointer: Pointer, report: Report) -> None:
    """A ResultPath: a reference path into the input."""
    if not isinstance(value, str) or is_placeholder(value):
        return
    try:
        parse_reference(value)
    except SyntaxFault as fault:
        plausible = len(value) <= _LONGEST_TRIED and _PLAUSIBLE.fullmatch(value)
        odd = plausible and not re.search(r"\$\$|\*|\.\.|\?|:|\(|,|-\d", value) and re.match(r"\$[.\[]", value)
        report.add("PATH_UNSURE" if odd else "REFERENCE_PATH", pointer, f"ResultPath: {fault}")


def check_expression(
    text: str, pointer: Pointer, state: StateAt, report: Report, wanted: Literal["path", "any"] = "any"
) -> Expression | None:
    """Parse a path or an intrinsic call and check its parts. None if it cannot be read."""
    try:
        expression = parse_expression(text, intrinsics=wanted == "any")
    except SyntaxFault as fault:
        if text.startswith("States."):
            if wanted == "any":
                report.add("INTRINSIC", pointer, str(fault))
            else:
                report.add("PATH_SYNTAX", pointer, f"a path is needed here, not an intrinsic function: {text!r}")
        elif len(text) <= _LONGEST_TRIED and _PLAUSIBLE.fullmatch(text):
            report.add("PATH_UNSURE", pointer, str(fault))
        else:
            report.add("PATH_SYNTAX", pointer, str(fault))
        return None
    if (depth := _depth(expression)) > _DEEPEST:
        report.add("INTRINSIC_DEPTH", pointer, f"{depth} intrinsic functions are nested here")
    for part in parts_of(expression):
        if isinstance(part, PathExpression) and part.root == "context":
            _check_context(part, pointer, state, report)
        elif isinstance(part, IntrinsicCall):
            _check_call(part, pointer, report)
    return expression


def parts_of(expression: Expression) -> Iterator[Expression]:
    """An expression and all its parts."""
    yield expression
    if isinstance(expression, IntrinsicCall):
        for argument in expression.arguments:
            yield from parts_of(argument)


def _check_context(path: PathExpression, pointer: Pointer, state: StateAt, report: Report) -> None:
    names = [token.names[0] for token in path.path.tokens[:3] if isinstance(token, Property) and len(token.names) == 1]
    if len(names) < min(2 if names[:1] != ["Map"] else 3, len(path.path.tokens)) or not names:
        return
    check_context_names(names, path.source, pointer, state, report)


def check_context_names(names: list[str], source: str, pointer: Pointer, state: StateAt, report: Report) -> None:
    """The members of the context object that a path of either language reads, outer ones first. Three levels are checked."""
    known = _CONTEXT.get(names[0])
    if known is None:
        near = _near(names[0], _CONTEXT)
        report.add("CONTEXT_PATH", pointer, f"the context object has no member {names[0]!r} ({source}){near}")
    elif len(names) > 1 and names[1] not in known:
        near = _near(names[1], known)
        report.add("CONTEXT_PATH", pointer, f"{names[0]} of the context object has no member {names[1]!r} ({source}){near}")
    elif names[:2] == ["Map", "Item"] and len(names) > 2 and names[2] not in _ITEM:
        near = _near(names[2], _ITEM)
        report.add("CONTEXT_PATH", pointer, f"Map.Item of the context object has no member {names[2]!r} ({source}){near}")
    elif names[0] == "Map" and state.type != "Map" and not in_map(state.scope):
        report.add("CONTEXT_PATH", pointer, f"{source} exists only in a Map")
    elif names[:2] == ["State", "RetryCount"] and state.type not in {"Task", "Parallel", "Map"}:
        report.add("CONTEXT_PATH", pointer, f"{source} exists only in a Task, Parallel or Map")
    elif names[0] == "Task" and not any(part in str(state.value.get("Resource", "")) for part in _WITH_TOKEN):
        report.add("CONTEXT_PATH", pointer, f"{source} exists only in a Task with .waitForTaskToken or .sync")


def _near(name: str, known: Collection[str]) -> str:
    nearest = get_close_matches(name, sorted(known), 1)
    return f"; did you mean {nearest[0]!r}?" if nearest else ""


def _depth(expression: Expression) -> int:
    """How many calls are nested in an expression."""
    if not isinstance(expression, IntrinsicCall):
        return 0
    return 1 + max((_depth(argument) for argument in expression.arguments), default=0)


def _check_call(call: IntrinsicCall, pointer: Pointer, report: Report) -> None:
    """The number of arguments. AWS creates the machine with any number, and a wrong one ends the execution when the call runs."""
    wanted, count = FUNCTIONS[call.name], len(call.arguments)
    if not wanted.takes(count):
        bounds = f"{wanted.least}" if wanted.most == wanted.least else f"{wanted.least} to {wanted.most or 'any number'}"
        report.add("INTRINSIC_ARGUMENTS", pointer, f"{call.name} takes {bounds} arguments, not {count}, in {call.source!r}")
    elif call.name == "States.Format":
        _check_format(call, pointer, report)


def _check_format(call: IntrinsicCall, pointer: Pointer, report: Report) -> None:
    template = call.arguments[0]
    if not isinstance(template, Constant) or not isinstance(template.value, str):
        return
    holes = len(re.findall(r"(?<!\\)\{\}", template.value))
    values = len(call.arguments) - 1
    if holes != values:
        report.add("FORMAT_ARGUMENTS", pointer, f"States.Format has {holes} {{}} and {values} arguments in {call.source!r}")
