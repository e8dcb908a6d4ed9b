"""Walks any definition, also a faulty one: its scopes (the machine, branches, processors) and their states."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

from asl_toolkit.check.findings import ROOT, Pointer, Report
from asl_toolkit.check.wording import a_type, shown
from asl_toolkit.json_value import Json
from asl_toolkit.language import Language

ScopeKind: TypeAlias = Literal["machine", "branch", "inline", "distributed"]

TYPES: Final = ("Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map")
_DEEPEST: Final = 30
_LANGUAGES: Final = ("JSONPath", "JSONata")


class Scope(NamedTuple):
    """One `States` with its `StartAt`. Transitions stay inside it."""

    pointer: Pointer
    kind: ScopeKind
    value: Mapping[str, Json]
    states: "Mapping[str, StateAt]"
    parent: "Scope | None"

    @property
    def title(self) -> str:
        """Its name in messages."""
        return {"machine": "the machine", "branch": "the branch"}.get(self.kind, "the Map's processor")


class StateAt(NamedTuple):
    """A state, its place, and its query language. `type` is empty if it is not one of the eight types."""

    name: str
    value: Mapping[str, Json]
    pointer: Pointer
    type: str
    language: Language
    scope: Scope

    def at(self, *names: str | int) -> Pointer:
        """The pointer of a field."""
        return (*self.pointer, *names)

    @property
    def jsonata(self) -> bool:
        """Whether its query language is JSONata."""
        return self.language == "JSONata"


class Machine:
    """All scopes and states of a definition, outer ones first."""

    def __init__(self, value: Mapping[str, Json], language: Language) -> None:
        self.value = value
        self.language = language
        self.scopes: list[Scope] = []
        self.states: list[StateAt] = []


def walk(definition: Mapping[str, Json], report: Report) -> Machine:
    """The scopes and states. Values that should be objects, and missing States, are reported."""
    language: Language = "JSONata" if definition.get("QueryLanguage") == "JSONata" else "JSONPath"
    machine = Machine(definition, language)
    _scope(definition, ROOT, "machine", None, machine, report, 0)
    return machine


def _scope(  # noqa: PLR0913, PLR0917 - a scope, and what it inherits
    value: Mapping[str, Json],
    pointer: Pointer,
    kind: ScopeKind,
    parent: Scope | None,
    machine: Machine,
    report: Report,
    depth: int,
) -> None:
    if depth > _DEEPEST:
        report.add("TOO_DEEP", pointer, f"Parallel and Map states are nested deeper than {_DEEPEST}")
        return
    states: dict[str, StateAt] = {}
    scope = Scope(pointer, kind, value, states, parent)
    machine.scopes.append(scope)
    inner = value.get("States")
    if not isinstance(inner, Mapping):
        if "States" in value:
            report.add("WRONG_TYPE", (*pointer, "States"), f"States is an object, not {a_type(inner)}")
        else:
            report.add("MISSING_FIELD", pointer, f"States is missing in {scope.title}")
        return
    if not inner:
        report.add("MISSING_FIELD", (*pointer, "States"), f"{scope.title} has no state")
    for name, state in inner.items():
        where = (*pointer, "States", name)
        if not isinstance(state, Mapping):
            report.add("WRONG_TYPE", where, f"a state is an object, not {a_type(state)}")
            continue
        state_at = _state(name, state, where, scope, machine, report)
        states[name] = state_at
        machine.states.append(state_at)
    for state_at in states.values():
        _inner_scopes(state_at, machine, report, depth)


def _state(  # noqa: PLR0913, PLR0917 - a state, its place, and what it inherits
    name: str, value: Mapping[str, Json], pointer: Pointer, scope: Scope, machine: Machine, report: Report
) -> StateAt:
    wanted = value.get("QueryLanguage", machine.language)
    if wanted not in _LANGUAGES:
        report.add("WRONG_VALUE", (*pointer, "QueryLanguage"), f"QueryLanguage is JSONPath or JSONata, not {shown(wanted)}")
        wanted = machine.language
    if wanted == "JSONPath" and machine.language == "JSONata":
        report.add(
            "WRONG_LANGUAGE",
            (*pointer, "QueryLanguage"),
            "a state cannot be in JSONPath when the whole machine is in JSONata",
            remedy="Set QueryLanguage JSONata at the states only, or write this state in JSONata",
        )
    kind = value.get("Type")
    if "Type" not in value:
        report.add("MISSING_FIELD", pointer, f"Type is missing in the state {name!r}: one of {', '.join(TYPES)}")
    elif kind not in TYPES:
        near = next((known for known in TYPES if isinstance(kind, str) and known.lower() == kind.lower()), None)
        hint = f"; did you mean {near!r}?" if near else ""
        report.add("WRONG_VALUE", (*pointer, "Type"), f"Type is one of {', '.join(TYPES)}, not {shown(kind)}{hint}")
    language: Language = "JSONata" if wanted == "JSONata" else "JSONPath"
    return StateAt(name, value, pointer, str(kind) if kind in TYPES else "", language, scope)


def _inner_scopes(state: StateAt, machine: Machine, report: Report, depth: int) -> None:
    if state.type == "Parallel" and isinstance(branches := state.value.get("Branches"), list):
        for place, branch in enumerate(branches):
            if isinstance(branch, Mapping):
                _scope(branch, state.at("Branches", place), "branch", state.scope, machine, report, depth + 1)
            else:
                report.add("WRONG_TYPE", state.at("Branches", place), f"a branch is an object, not {a_type(branch)}")
    if state.type == "Map":
        for name in ("ItemProcessor", "Iterator"):
            if isinstance(processor := state.value.get(name), Mapping):
                mode: ScopeKind = "distributed" if mode_of(state.value) == "DISTRIBUTED" else "inline"
                _scope(processor, state.at(name), mode, state.scope, machine, report, depth + 1)


def in_express_child(scope: Scope | None) -> bool:
    """Whether the scope runs inside a child execution of a Distributed Map of ExecutionType EXPRESS."""
    while scope is not None:
        if scope.kind == "distributed":
            config = scope.value.get("ProcessorConfig")
            return isinstance(config, Mapping) and config.get("ExecutionType") == "EXPRESS"
        scope = scope.parent
    return False


def in_map(scope: Scope | None) -> bool:
    """Whether the scope is a Map's processor, or inside of one."""
    while scope is not None:
        if scope.kind in {"inline", "distributed"}:
            return True
        scope = scope.parent
    return False


def mode_of(state: Mapping[str, Json]) -> str:
    """The mode of a Map: that of ProcessorConfig, INLINE by default."""
    processor = state.get("ItemProcessor", state.get("Iterator"))
    config = processor.get("ProcessorConfig") if isinstance(processor, Mapping) else None
    mode = config.get("Mode", "INLINE") if isinstance(config, Mapping) else "INLINE"
    return mode if isinstance(mode, str) else "INLINE"
