"""Finds the state under test: by its name in a whole definition, or from the definition of a single state."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from asl_toolkit.client.definitions import refusal, refusal_of
from asl_toolkit.definition.loader import load_machine
from asl_toolkit.definition.model import Branch, Machine, MapState, ParallelState, State
from asl_toolkit.errors import DefinitionError
from asl_toolkit.json_value import Json, loads

ALONE = "StateName"  # what AWS calls a state that has no name (recorded in the context object)


class NoSuchState(Exception):  # noqa: N818 - becomes a ValidationException
    """The definition has no state of that name."""


class FaultyDefinition(Exception):  # noqa: N818 - becomes InvalidDefinition
    """The definition is invalid; the text says why."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A state and the machine that contains it."""

    machine: Machine
    state: State

    @property
    def inner_names(self) -> frozenset[str]:
        """The names of the states inside of a Map or Parallel."""
        return frozenset(state.name for state in _walk(_branches(self.state)))


def find_subject(definition: str, name: str | None) -> Subject:
    """The state to test. Raises FaultyDefinition or NoSuchState."""
    try:
        document = loads(definition)
    except ValueError as error:
        raise FaultyDefinition(refusal(definition, "STANDARD") or str(error)) from error
    if not isinstance(document, Mapping):
        raise FaultyDefinition(refusal(definition, "STANDARD"))
    if name is not None:
        return _named(definition, document, name)
    if "States" in document and "Type" not in document:
        message = "These fields are required: [Type] at / (give stateName to test a state of a whole state machine)"
        raise FaultyDefinition(f"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: {message}'")
    targets = sorted(_targets(document) - {ALONE})
    stubs: dict[str, Json] = {target: {"Type": "Succeed"} for target in targets}
    try:
        machine = load_machine({"StartAt": ALONE, "States": {ALONE: document, **stubs}})
    except DefinitionError as error:
        raise FaultyDefinition(refusal_of(error, f"/States/{ALONE}")) from error
    return Subject(machine, machine.root.states[ALONE])


def _named(definition: str, document: Mapping[str, Json], name: str) -> Subject:
    if "States" not in document:
        raise NoSuchState
    reason = refusal(definition, "STANDARD")
    if reason is not None:
        raise FaultyDefinition(reason)
    machine = load_machine(document)
    for state in _walk([machine.root]):
        if state.name == name:
            return Subject(machine, state)
    raise NoSuchState


def _walk(branches: list[Branch]) -> Iterator[State]:
    """Every state of these branches, inner ones too."""
    for branch in branches:
        for state in branch.states.values():
            yield state
            yield from _walk(_branches(state))


def _branches(state: State) -> list[Branch]:
    if isinstance(state, ParallelState):
        return list(state.branches)
    return [state.processor] if isinstance(state, MapState) else []


def _targets(state: Mapping[str, Json]) -> set[str]:
    """The targets of a single state, which are states of its original definition."""
    entries = [state]
    for field in ("Choices", "Catch"):
        listed = state.get(field)
        entries += [entry for entry in listed if isinstance(entry, Mapping)] if isinstance(listed, list) else []
    named = [entry.get(field) for entry in entries for field in ("Next", "Default")]
    return {name for name in named if isinstance(name, str)}
