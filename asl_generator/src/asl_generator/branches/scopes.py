"""Reads the states of a branch, and the states inside its Map and Parallel states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from extract_core.dataclass import dataclass

if TYPE_CHECKING:
    from extract_core.contract import Json

State: TypeAlias = "dict[str, Json]"
States: TypeAlias = "dict[str, State]"


@dataclass(frozen=True, slots=True)
class Scope:
    """States that can lead to one another. `owner` is the Map or Parallel state around them, None for the branch itself."""

    states: States
    start: Json
    owner: str | None


def scopes(states: States, start: str) -> Iterator[Scope]:
    """The branch's own scope first, then the inner ones, in order."""
    yield from _scopes(states, start, None)


def _scopes(states: States, start: Json, owner: str | None) -> Iterator[Scope]:
    yield Scope(states, start, owner)
    for name, state in states.items():
        for inner in inner_machines(state):
            members = inner.get("States")
            if isinstance(members, dict):
                own = {key: member for key, member in members.items() if isinstance(member, dict)}
                yield from _scopes(own, inner.get("StartAt"), name)


def inner_machines(state: State) -> list[State]:
    """The processor of a Map, the branches of a Parallel."""
    branches = state.get("Branches")
    candidates = [state.get("ItemProcessor"), state.get("Iterator"), *(branches if isinstance(branches, list) else [])]
    return [machine for machine in candidates if isinstance(machine, dict)]


def targets(state: State) -> Iterator[str]:
    """The states that this one can lead to: Next, Default, and the Next of its rules and catchers."""
    for key in ("Next", "Default"):
        if isinstance(target := state.get(key), str):
            yield target
    for rule in (*listed(state, "Choices"), *listed(state, "Catch")):
        if isinstance(target := rule.get("Next"), str):
            yield target


def listed(state: State, key: str) -> list[Mapping[str, Json]]:
    """The objects of a list such as Retry or Catch."""
    value = state.get(key)
    return [member for member in value if isinstance(member, Mapping)] if isinstance(value, list) else []


def error_names(handler: Mapping[str, Json]) -> list[str]:
    """The ErrorEquals of a retrier or catcher."""
    names = handler.get("ErrorEquals")
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
