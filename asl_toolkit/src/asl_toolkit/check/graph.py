"""Transitions: missing targets, unreachable states, scopes and loops without an end."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from asl_toolkit.check.findings import Pointer, Report
from asl_toolkit.check.scopes import Machine, Scope, StateAt
from asl_toolkit.check.values import is_placeholder
from asl_toolkit.json_value import Json
from asl_toolkit.pointers import below


def check_graph(machine: Machine, report: Report) -> None:
    """Every scope's transitions."""
    homes = {state.name: state.scope for state in reversed(machine.states)}
    for scope in machine.scopes:
        if scope.states:
            _check_scope(scope, homes, report)


def transitions(state: StateAt) -> Iterator[tuple[Pointer, Json]]:
    """(pointer, target) of each transition of a state, in the order of the document."""
    if state.type in {"Succeed", "Fail"}:
        return
    single, entries = ("Default", "Choices") if state.type == "Choice" else ("Next", "Catch")
    if single in state.value:
        yield state.at(single), state.value[single]
    listed = state.value.get(entries) if state.type not in {"Pass", "Wait"} else None
    for place, entry in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(entry, Mapping) and "Next" in entry:
            yield state.at(entries, place, "Next"), entry["Next"]


def is_terminal(state: StateAt) -> bool:
    """Whether the execution of its scope may end with this state. A state of unknown type counts as terminal."""
    return state.type in {"Succeed", "Fail", ""} or (state.type != "Choice" and state.value.get("End") is True)


def _check_scope(scope: Scope, homes: Mapping[str, Scope], report: Report) -> None:
    edges: dict[str, list[str]] = {name: [] for name in scope.states}
    unknown = False
    for state in scope.states.values():
        for pointer, target in transitions(state):
            if isinstance(target, str) and target in scope.states:
                edges[state.name].append(target)
            else:
                unknown = unknown or is_placeholder(target)
                _check_target(pointer, target, scope, homes, report)
    start = scope.value.get("StartAt")
    if isinstance(start, str) and start not in scope.states:
        _check_target((*scope.pointer, "StartAt"), start, scope, homes, report)
    if unknown or not isinstance(start, str) or is_placeholder(start):
        return
    if start in scope.states:
        reached = _reach({start}, edges)
        for state in scope.states.values():
            if state.name not in reached:
                report.add("UNREACHABLE", state.pointer, f"no transition leads to the state {state.name!r}")
    _check_ends(scope, edges, report)


def _check_target(pointer: Pointer, target: Json, scope: Scope, homes: Mapping[str, Scope], report: Report) -> None:
    if not isinstance(target, str) or is_placeholder(target):
        return  # a wrong type is reported where the field is checked
    if target in homes:
        home = homes[target]
        where = "the machine" if not home.pointer else f"{home.title} at {below('', *home.pointer)}"
        report.add("OUT_OF_SCOPE", pointer, f"the state {target!r} is in {where}, not in {scope.title}")
        return
    near = get_close_matches(target, list(scope.states), 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    report.add("MISSING_TARGET", pointer, f"there is no state {target!r} in {scope.title}{hint}")


def _check_ends(scope: Scope, edges: Mapping[str, list[str]], report: Report) -> None:
    ends = {state.name for state in scope.states.values() if is_terminal(state)}
    if not ends:
        report.add("NO_END", (*scope.pointer, "States"), f"{scope.title} has no terminal state")
        return
    backwards: dict[str, list[str]] = {name: [] for name in edges}
    for name, targets in edges.items():
        for target in targets:
            backwards[target].append(name)
    ending = _reach(ends, backwards)
    endless = [name for name in scope.states if name not in ending and edges[name]]
    if endless:
        shown = ", ".join(repr(name) for name in endless[:5]) + (" …" if len(endless) > 5 else "")
        report.add("ENDLESS", scope.states[endless[0]].pointer, f"no terminal state can be reached from {shown}")


def _reach(start: set[str], edges: Mapping[str, list[str]]) -> set[str]:
    reached = set(start)
    waiting = list(start)
    while waiting:
        for target in edges[waiting.pop()]:
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached
