"""Compares the names in mocks and injections with those of the machine: a misspelt name is refused, never ignored."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from asl_toolkit.definition.model import Branch, MapState, ParallelState, State
from asl_toolkit.mocks.answers import MockError
from asl_toolkit.services.registry import resources_of

if TYPE_CHECKING:
    from asl_toolkit.machine import StateMachine


def check_states(names: Iterable[str], machine: "StateMachine", where: str) -> None:
    """Each name is a Task, or a Map that reads or writes; else MockError, with the nearest name."""
    root = machine.model.root
    tasks = {name for name, _, _ in resources_of(root)}
    states = {state.name: state for state in _states_of(root)}
    for name in names:
        if name in tasks:
            continue
        if name in states:
            raise MockError(
                f"{where}: the state {name!r} is a {states[name].kind}, which calls nothing that could answer or fail"
            )
        near = get_close_matches(name, sorted(tasks), 1)
        there = ", ".join(map(repr, sorted(tasks))) or "none"
        raise MockError(
            f"{where}: there is no Task {name!r}; " + (f"did you mean {near[0]!r}?" if near else f"there are {there}")
        )


def check_services(keys: Mapping[str, tuple[str, str]], machine: "StateMachine") -> None:
    """A mock of a service that the machine does not call is allowed, unless its name is nearly that of a called service."""
    called = {f"{resource.service}:{resource.action}" for _, _, resource in resources_of(machine.model.root)}
    unmocked = sorted(called - set(keys))
    for name, (_, action) in keys.items():
        near = [] if name in called or action == "*" else get_close_matches(name, unmocked, 1, 0.9)
        if near:
            raise MockError(f"mocks.services: the machine does not call {name!r}; did you mean {near[0]!r}?")


def _states_of(branch: Branch) -> Iterator[State]:
    for state in branch.states.values():
        yield state
        if isinstance(state, ParallelState):
            for inner in state.branches:
                yield from _states_of(inner)
        elif isinstance(state, MapState):
            yield from _states_of(state.processor)
