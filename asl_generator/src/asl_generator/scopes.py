"""Walks through states: the ones of a branch, and the ones inside its Map and Parallel states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

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
            found = inner.get("States")
            if isinstance(found, dict):
                yield from _scopes(
                    {key: each for key, each in found.items() if isinstance(each, dict)}, inner.get("StartAt"), name
                )


def inner_machines(state: State) -> list[State]:
    """The processor of a Map, the branches of a Parallel."""
    branches = state.get("Branches")
    candidates = [state.get("ItemProcessor"), state.get("Iterator"), *(branches if isinstance(branches, list) else [])]
    return [each for each in candidates if isinstance(each, dict)]


def targets(state: State) -> Iterator[str]:
    """The states that this one can lead to: Next, Default, and the Next of its rules and catchers."""
    for key in ("Next", "Default"):
        if isinstance(target := state.get(key), str):
            yield target
    for each in (*listed(state, "Choices"), *listed(state, "Catch")):
        if isinstance(target := each.get("Next"), str):
            yield target


def listed(state: State, key: str) -> list[Mapping[str, Json]]:
    """The objects of a list such as Retry or Catch."""
    value = state.get(key)
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def error_names(handler: Mapping[str, Json]) -> list[str]:
    """The ErrorEquals of a retrier or catcher."""
    names = handler.get("ErrorEquals")
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
