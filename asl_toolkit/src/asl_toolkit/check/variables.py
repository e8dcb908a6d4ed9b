"""Variables: names in Assign, their readers, and inner variables with the name of an outer one.

Source: developer guide, "Passing data between states with variables" (scopes, reserved $states, names).
"""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Final

from asl_toolkit.check.findings import Pointer, Report
from asl_toolkit.check.jsonata_values import expressions_of, without_texts
from asl_toolkit.check.paths import parts_of
from asl_toolkit.check.scopes import Machine, Scope, StateAt, walk
from asl_toolkit.check.templates import template_places
from asl_toolkit.check.values import is_placeholder
from asl_toolkit.errors import SyntaxFault
from asl_toolkit.expressions import PathExpression, parse_expression
from asl_toolkit.json_value import Json

_NAME: Final = re.compile(r"[^\W\d]\w{0,79}")
_JSONATA_NAME: Final = re.compile(r"\$([A-Za-z_]\w*)")
_BOUND: Final = re.compile(r"\$([A-Za-z_]\w*)\s*:=|[@#]\s*\$([A-Za-z_]\w*)")
_FUNCTION: Final = re.compile(r"(?:function|λ)\s*\(([^)]*)\)")
_BUILT_IN: Final = frozenset({
    "string", "length", "substring", "substringBefore", "substringAfter", "uppercase", "lowercase", "trim", "pad",
    "contains", "split", "join", "match", "replace", "eval", "base64encode", "base64decode", "encodeUrlComponent",
    "encodeUrl", "decodeUrlComponent", "decodeUrl", "number", "abs", "floor", "ceil", "round", "power", "sqrt", "random",
    "formatNumber", "formatBase", "formatInteger", "parseInteger", "sum", "max", "min", "average", "boolean", "not",
    "exists", "count", "append", "sort", "reverse", "shuffle", "distinct", "zip", "keys", "lookup", "spread", "merge",
    "sift", "each", "error", "assert", "type", "now", "millis", "fromMillis", "toMillis", "map", "filter", "single",
    "reduce", "clone", "partition", "range", "hash", "uuid", "parse", "states",
})  # fmt: skip


def check_variables(machine: Machine, report: Report) -> None:
    """Every assignment and every reading of a variable."""
    assigned: dict[Pointer, set[str]] = {scope.pointer: set() for scope in machine.scopes}
    for state in machine.states:
        for _, name in _assignments(state):
            assigned[state.scope.pointer].add(name)
    for state in machine.states:
        for pointer, name in _assignments(state):
            _check_assignment(pointer, name, state, assigned, report)
        seen = _visible(state.scope, assigned)
        for pointer, name in _readings(state):
            if name not in seen:
                known = seen | _BUILT_IN if state.jsonata else seen
                near = get_close_matches(name, sorted(known), 1, 0.8)
                hint = f"; did you mean ${near[0]}?" if near else ""
                report.add("UNKNOWN_VARIABLE", pointer, f"no state in scope assigns the variable ${name}{hint}")


def references(definition: Mapping[str, Json]) -> dict[str, list[str]]:
    """State → the variables that it reads, both sorted. States without reads are left out (DescribeStateMachine has this)."""
    machine = walk(definition, Report())
    assigned: dict[Pointer, set[str]] = {scope.pointer: set() for scope in machine.scopes}
    for state in machine.states:
        assigned[state.scope.pointer].update(name for _, name in _assignments(state))
    variables = {state.name: {name for _, name in _readings(state)} & _visible(state.scope, assigned) for state in machine.states}
    return {name: sorted(names) for name, names in sorted(variables.items()) if names}


def _visible(scope: Scope | None, assigned: Mapping[Pointer, set[str]]) -> set[str]:
    names: set[str] = set()
    while scope is not None:
        names |= assigned[scope.pointer]
        scope = None if scope.kind == "distributed" else scope.parent
    return names


def _check_assignment(pointer: Pointer, name: str, state: StateAt, assigned: Mapping[Pointer, set[str]], report: Report) -> None:
    if not _NAME.fullmatch(name) or name == "states":
        report.add("VARIABLE_NAME", pointer, f"{name!r} cannot be the name of a variable")
    scope = state.scope
    if scope.kind != "distributed" and name in _visible(scope.parent, assigned):
        report.add("VARIABLE_SHADOWS", pointer, f"an outer scope assigns the variable ${name} too")


def _assignments(state: StateAt) -> Iterator[tuple[Pointer, str]]:
    holders: list[tuple[Pointer, Json]] = [(state.at("Assign"), state.value.get("Assign"))]
    for field in ("Choices", "Catch"):
        if isinstance(entries := state.value.get(field), list):
            holders += [
                (state.at(field, place, "Assign"), entry.get("Assign"))
                for place, entry in enumerate(entries)
                if isinstance(entry, Mapping)
            ]
    for pointer, holder in holders:
        if isinstance(holder, Mapping):
            for name in holder:
                yield (*pointer, name), name if state.jsonata else name.removesuffix(".$")


def _readings(state: StateAt) -> Iterator[tuple[Pointer, str]]:
    if state.jsonata:
        for pointer, text in expressions_of(state):
            for name in _jsonata_names(text):
                yield pointer, name
        return
    for pointer, text in _jsonpath_texts(state):
        try:
            expression = parse_expression(text)
        except SyntaxFault:
            continue  # reported where the field is checked
        for part in parts_of(expression):
            if isinstance(part, PathExpression) and part.variable is not None:
                yield pointer, part.variable


def _jsonata_names(text: str) -> Iterator[str]:
    plain = without_texts(text)
    own = {name for match in _BOUND.finditer(plain) for name in match.groups() if name}
    for match in _FUNCTION.finditer(plain):
        own.update(_JSONATA_NAME.findall(match[1]))
    for match in _JSONATA_NAME.finditer(plain):
        name = match[1]
        if name not in own and name not in _BUILT_IN:
            yield name


def _jsonpath_texts(state: StateAt) -> Iterator[tuple[Pointer, str]]:
    for name, value in state.value.items():
        if name.endswith("Path") and isinstance(value, str) and not is_placeholder(value):
            yield state.at(name), value
    for name in ("ItemReader", "ItemBatcher"):
        yield from _inner_paths(state.value.get(name), state.at(name))
    for pointer, template in template_places(state):
        yield from template_texts(template, pointer)
    if isinstance(rules := state.value.get("Choices"), list):
        yield from _rule_texts(rules, state.at("Choices"))


def _inner_paths(value: Json, pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    """(pointer, text) of the path fields inside of an ItemReader or ItemBatcher: MaxItemsPath and the like."""
    if not isinstance(value, Mapping):
        return
    for name, inner in value.items():
        if name.endswith("Path") and isinstance(inner, str) and not is_placeholder(inner):
            yield (*pointer, name), inner
        elif name == "ReaderConfig":
            yield from _inner_paths(inner, (*pointer, name))


def template_texts(value: Json, pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    """(pointer, text) of every `.$` member of a payload template."""
    stack = [(value, pointer)]
    while stack:
        here, place = stack.pop()
        if isinstance(here, Mapping):
            for name, inner in here.items():
                if name.endswith(".$") and isinstance(inner, str):
                    yield (*place, name), inner
                else:
                    stack.append((inner, (*place, name)))
        elif isinstance(here, list):
            stack.extend((inner, (*place, position)) for position, inner in enumerate(here))


def _rule_texts(rules: list[Json], pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    stack: list[tuple[Json, Pointer]] = [(rules, pointer)]
    while stack:
        here, place = stack.pop()
        if isinstance(here, Mapping):
            for name, inner in here.items():
                if name != "Assign" and isinstance(inner, str) and (name == "Variable" or name.endswith("Path")):
                    yield (*place, name), inner
                elif name != "Assign":
                    stack.append((inner, (*place, name)))
        elif isinstance(here, list):
            stack.extend((inner, (*place, position)) for position, inner in enumerate(here))
