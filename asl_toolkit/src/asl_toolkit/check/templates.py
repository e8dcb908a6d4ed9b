"""Payload templates of JSONPath states: `.$` members, and values that should probably be evaluated."""

from collections.abc import Iterator, Mapping
from typing import Final

from asl_toolkit.check.findings import Pointer, Report
from asl_toolkit.check.paths import check_expression
from asl_toolkit.check.scopes import StateAt
from asl_toolkit.check.values import is_expression, is_placeholder, looks_evaluated
from asl_toolkit.check.wording import a_type, shown
from asl_toolkit.json_value import Json

_DEEPEST: Final = 100


def template_places(state: StateAt) -> Iterator[tuple[Pointer, Json]]:
    """(pointer, template) of every payload template of a state of JSONPath."""
    value = state.value
    for name in ("Parameters", "ResultSelector", "ItemSelector", "Credentials", "Assign"):
        if name in value:
            yield state.at(name), value[name]
    for name, inner in (("ItemReader", "Parameters"), ("ResultWriter", "Parameters"), ("ItemBatcher", "BatchInput")):
        if isinstance(holder := value.get(name), Mapping) and inner in holder:
            yield state.at(name, inner), holder[inner]
    for name in ("Choices", "Catch"):
        if isinstance(entries := value.get(name), list):
            for place, entry in enumerate(entries):
                if isinstance(entry, Mapping) and "Assign" in entry:
                    yield state.at(name, place, "Assign"), entry["Assign"]


def check_templates(state: StateAt, report: Report) -> None:
    """The templates of a JSONPath state, and Result of a Pass."""
    if state.jsonata:
        return
    for pointer, template in template_places(state):
        _check(template, pointer, state, report, 0)
        _check_literal(str(pointer[-1]), template, pointer, report)
    if state.type == "Pass" and "Result" in state.value:
        _check_static(state.value["Result"], state.at("Result"), report, 0)


def _check(value: Json, pointer: Pointer, state: StateAt, report: Report, depth: int) -> None:
    if depth > _DEEPEST:
        report.add("TOO_DEEP", pointer, f"the template is nested deeper than {_DEEPEST}")
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            here = (*pointer, name)
            if name.endswith(".$"):
                if name[:-2] in value:
                    report.add("TEMPLATE_KEY", here, f"{name[:-2]!r} is here both with and without `.$`")
                _check_dynamic(name, inner, here, state, report)
            else:
                _check(inner, here, state, report, depth + 1)
                _check_literal(name, inner, here, report)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            _check(inner, (*pointer, place), state, report, depth + 1)


def _check_dynamic(name: str, value: Json, pointer: Pointer, state: StateAt, report: Report) -> None:
    if is_placeholder(value):
        return
    if not isinstance(value, str):
        report.add("TEMPLATE_KEY", pointer, f"{name!r} is a path or an intrinsic function, not {a_type(value)}")
    elif not value.startswith(("$", "States.")):
        report.add("TEMPLATE_KEY", pointer, f"{name!r} is a path or an intrinsic function, not {shown(value)}")
    else:
        check_expression(value, pointer, state, report)


def _check_literal(name: str, value: Json, pointer: Pointer, report: Report) -> None:
    if not isinstance(value, str) or is_placeholder(value):
        return
    if looks_evaluated(value):
        report.add("NO_DOLLAR", pointer, f"{shown(value)} is taken literally, because {name!r} does not end in `.$`")
    elif is_expression(value):
        report.add("JSONATA_EMBEDDED", pointer, f"{shown(value)} is taken literally: the state is in JSONPath")


def _check_static(value: Json, pointer: Pointer, report: Report, depth: int) -> None:
    if depth > _DEEPEST:
        report.add("TOO_DEEP", pointer, f"Result is nested deeper than {_DEEPEST}")
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            here = (*pointer, name)
            if name.endswith(".$") and isinstance(inner, str) and inner.startswith(("$", "States.")):
                report.add("STATIC_RESULT", here, f"{shown(inner)} is in Result, which is never evaluated")
            else:
                _check_static(inner, here, report, depth + 1)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            _check_static(inner, (*pointer, place), report, depth + 1)
