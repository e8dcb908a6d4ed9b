"""JSONata in states: where {% … %} is allowed, and whether it can be parsed (by jsonata-python, JSONata 2.0.6 as on AWS)."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from asl_toolkit.check.findings import Pointer, Report
from asl_toolkit.check.scopes import StateAt
from asl_toolkit.check.values import is_expression, is_placeholder, looks_evaluated
from asl_toolkit.check.wording import shown
from asl_toolkit.json_value import Json

_DEEPEST: Final = 100
_NOISE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`|/\*.*?\*/', re.DOTALL)
_STATES: Final = frozenset({"ItemProcessor", "Iterator", "Branches", "Comment", "Type", "QueryLanguage"})


def expressions_of(state: StateAt, report: Report | None = None) -> Iterator[tuple[Pointer, str]]:
    """(pointer, text) of every {% … %} of a JSONata state, without the states inside it; faulty marks go to `report`."""
    for name, value in state.value.items():
        if name not in _STATES:
            yield from _walk(value, state.at(name), report, 0)


def check_jsonata(state: StateAt, report: Report) -> None:
    """Marks and syntax of the expressions of a JSONata state."""
    if not state.jsonata:
        return
    for pointer, text in expressions_of(state, report):
        from asl_toolkit.jsonata import names_without_context, syntax_fault  # its library is slow to import

        fault = syntax_fault(text)
        if fault is not None:
            report.add("JSONATA_SYNTAX", pointer, fault)
            continue
        for name in names_without_context(text):
            report.add("JSONATA_REFERENCE", pointer, f"Reference to '{name}' at the top level is not supported.")


def without_texts(expression: str) -> str:
    """An expression without its string literals, quoted names and comments."""
    return _NOISE.sub(" ", expression)


def _walk(value: Json, pointer: Pointer, report: Report | None, depth: int) -> Iterator[tuple[Pointer, str]]:
    if depth > _DEEPEST:
        if report is not None:
            report.add("TOO_DEEP", pointer, f"the value is nested deeper than {_DEEPEST}")
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _walk(inner, (*pointer, name), report, depth + 1)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _walk(inner, (*pointer, place), report, depth + 1)
    elif isinstance(value, str):
        if is_expression(value) and not is_placeholder(value):
            yield pointer, value
        elif report is not None:
            _check_marks(value, pointer, report)


def _check_marks(value: str, pointer: Pointer, report: Report) -> None:
    field = str(pointer[-1])
    jsonpath_field = field.endswith("Path") or field == "Variable"  # the check of fields reports its wrong language
    if looks_evaluated(value) and not jsonpath_field:
        report.add("JSONPATH_LITERAL", pointer, f"{shown(value)} is taken literally: the state is in JSONata")
    opens, closes = value.startswith("{%"), value.endswith("%}")
    if opens != closes and not is_placeholder(value):
        missing = "does not end with %}" if opens else "does not begin with {%"
        report.add("JSONATA_MARKS", pointer, f"{shown(value)} {missing}")
    elif not opens and is_expression(value.strip()):
        report.add("JSONATA_EMBEDDED", pointer, f"{shown(value)} is taken literally: there are blanks outside the marks")
    elif not opens and "{%" in value and "%}" in value:
        report.add("JSONATA_EMBEDDED", pointer, f"{shown(value)} is taken literally")
