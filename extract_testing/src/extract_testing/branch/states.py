"""The states of a branch: inner states, the states that a state leads to, and loops."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CALL: Final = re.compile(r"arn:[a-z0-9-]+:states:[^:]*:[^:]*:(?:aws-sdk:)?([a-z0-9-]+):([A-Za-z0-9]+)(\.[A-Za-z0-9:]+)?\Z")


def every_state(states: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:  # Any: parsed JSON
    """All states by name, including those inside Map and Parallel."""
    for name, state in states.items():
        yield name, state
        inner = [state.get("ItemProcessor"), state.get("Iterator"), *(state.get("Branches") or ())]
        for machine in inner:
            if isinstance(machine, dict) and isinstance(machine.get("States"), dict):
                yield from every_state(machine["States"])


@dataclass(frozen=True, slots=True)
class Call:
    """What a Task calls: service and action of its Resource, and how it waits: ``.sync``, ``.waitForTaskToken`` or nothing."""

    service: str
    action: str
    how: str


def call_of(state: Mapping[str, Any]) -> Call | None:  # Any: parsed JSON
    """The call of a Task to a service of AWS; None for other states, Lambda functions and HTTP endpoints."""
    match = _CALL.match(str(state.get("Resource", "")))
    if state.get("Type") != "Task" or match is None or match[1] in ("lambda", "http", "apigateway"):
        return None
    return Call(match[1], match[2], match[3] or "")


def is_http(state: Mapping[str, Any]) -> bool:  # Any: parsed JSON
    """Whether a state is an HTTP Task."""
    return str(state.get("Resource", "")).endswith(":http:invoke")


def targets(state: Mapping[str, Any]) -> Iterator[str]:  # Any: parsed JSON
    """The states that can follow directly."""
    for key in ("Next", "Default"):
        if isinstance(state.get(key), str):
            yield state[key]
    for key in ("Choices", "Catch"):
        for rule in state.get(key) or ():
            if isinstance(rule, dict) and isinstance(rule.get("Next"), str):
                yield rule["Next"]


def reached(states: Mapping[str, Mapping[str, Any]], name: str) -> set[str]:  # Any: parsed JSON
    """All states that can come after this one."""
    after, ahead = set[str](), [name]
    while ahead:
        new = {target for target in targets(states[ahead.pop()]) if target in states} - after
        after |= new
        ahead += sorted(new)
    return after


def loops_of(states: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:  # Any: parsed JSON
    """The loops: each is the list of states that lead back to one another."""
    after = {name: reached(states, name) for name in states}
    loops, seen = list[list[str]](), set[str]()
    for name in states:
        if name in after[name] and name not in seen:
            loop = [other for other in states if other in after[name] and name in after[other]]
            loops.append(loop)
            seen.update(loop)
    return loops
