"""The fields of the machine, its scopes and its states: unknown, missing, of the wrong language, excluding each other."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from asl_toolkit.check.fields import BRANCH_FIELDS, MACHINE_FIELDS, PROCESSOR_FIELDS, STATE_FIELDS, Fields
from asl_toolkit.check.findings import Pointer, Report
from asl_toolkit.check.scopes import Machine, Scope, StateAt
from asl_toolkit.check.values import check_exclusive, check_values, check_word, is_placeholder, looks_evaluated
from asl_toolkit.check.wording import shown
from asl_toolkit.json_value import Json
from asl_toolkit.pointers import below

_LONGEST_NAME: Final = 80
_MOVING: Final = frozenset({"Task", "Pass", "Wait", "Parallel", "Map"})
_HANDLERS: Final = ("Retry", "Catch")


def check_structure(machine: Machine, report: Report) -> None:
    """All objects of the definition that have states, and the states themselves."""
    for scope in machine.scopes:
        _check_scope(scope, report)
    names: dict[str, StateAt] = {}
    for state in machine.states:
        if not state.name or len(state.name) > _LONGEST_NAME:
            report.add(
                "STATE_NAME", state.pointer, f"a state's name has 1 to {_LONGEST_NAME} characters, this has {len(state.name)}"
            )
        if state.name in names:
            report.add(
                "DUPLICATE_STATE",
                state.pointer,
                f"the state at {below('', *names[state.name].pointer)} is named {state.name!r} too",
            )
        names.setdefault(state.name, state)
        if state.type:
            _check_state(state, report)


def _check_scope(scope: Scope, report: Report) -> None:
    fields = {"machine": MACHINE_FIELDS, "branch": BRANCH_FIELDS}.get(scope.kind, PROCESSOR_FIELDS)
    check_unknown(scope.value, scope.pointer, fields, scope.title, report)
    check_required(scope.value, scope.pointer, fields, scope.title, report)
    check_values(scope.value, scope.pointer, fields, "JSONPath", report)  # nothing here is evaluated
    if "Version" in scope.value:
        check_word("Version", scope.value["Version"], ("1.0",), (*scope.pointer, "Version"), report)
    if "QueryLanguage" in scope.value and "QueryLanguage" in fields:
        words = ("JSONPath", "JSONata")
        check_word("QueryLanguage", scope.value["QueryLanguage"], words, (*scope.pointer, "QueryLanguage"), report)


def _check_state(state: StateAt, report: Report) -> None:
    fields = STATE_FIELDS[state.type]
    what = f"a {state.type} state"
    handlers = [name for name in _HANDLERS if name in state.value and name not in fields]
    for name in handlers:
        report.add("HANDLER_PLACEMENT", state.at(name), f"{what} cannot have {name}")
    check_unknown(state.value, state.pointer, fields, what, report, known=handlers)
    check_required(state.value, state.pointer, fields, what, report)
    for name in state.value:
        language = fields[name].language if name in fields else None
        if language is not None and language != state.language:
            report.add("WRONG_LANGUAGE", state.at(name), f"{name} belongs to {language}, the state is in {state.language}")
    check_values(state.value, state.pointer, fields, state.language, report)
    check_exclusive(state.value, state.pointer, fields, report)
    if state.type in _MOVING and "Next" not in state.value and state.value.get("End") is not True:
        report.add("MISSING_FIELD", state.pointer, f'the state {state.name!r} has neither Next nor "End": true')
    _check_type(state, report)


def _check_type(state: StateAt, report: Report) -> None:
    value = state.value
    if state.type == "Wait" and not {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"} & value.keys():
        report.add(
            "MISSING_FIELD", state.pointer, f"the Wait state {state.name!r} has neither Seconds nor Timestamp nor their Path"
        )
    if state.type == "Map" and not {"ItemProcessor", "Iterator"} & value.keys():
        report.add("MISSING_FIELD", state.pointer, f"the Map state {state.name!r} has no ItemProcessor")
    if state.type == "Parallel" and value.get("Branches") == []:
        report.add("MISSING_FIELD", state.at("Branches"), f"the Parallel state {state.name!r} has no branch")
    if state.type == "Task":
        timeout, beat = value.get("TimeoutSeconds"), value.get("HeartbeatSeconds")
        if isinstance(timeout, (int, float)) and isinstance(beat, (int, float)) and beat >= timeout:
            report.add(
                "WRONG_VALUE",
                state.at("HeartbeatSeconds"),
                f"HeartbeatSeconds ({beat}) must be below TimeoutSeconds ({timeout})",
            )
    if state.type == "Fail":
        for name in ("Error", "Cause"):
            if name not in value and f"{name}Path" not in value:
                report.add("SILENT_FAIL", state.pointer, f"the Fail state {state.name!r} gives no {name}")
            elif isinstance(text := value.get(name), str) and looks_evaluated(text) and not state.jsonata:
                report.add(
                    "NO_DOLLAR", state.at(name), f"{shown(text)} is taken literally", remedy=f"Use {name}Path if a value is meant"
                )


def check_unknown(  # noqa: PLR0913 - an object, its place, its valid fields, and the report
    value: Mapping[str, Json], pointer: Pointer, fields: Fields, what: str, report: Report, *, known: Iterable[str] = ()
) -> None:
    """Fields that the object cannot have, with the nearest valid name."""
    skipped = set(known)
    for name in value:
        if name not in fields and name not in skipped and not is_placeholder(name):
            near = get_close_matches(name, list(fields), 1) or [f for f in fields if f.lower() == name.lower()]
            hint = f"; did you mean {near[0]!r}?" if near else ""
            report.add("UNKNOWN_FIELD", (*pointer, name), f"{what} has no field {name!r}{hint}")


def check_required(value: Mapping[str, Json], pointer: Pointer, fields: Fields, what: str, report: Report) -> None:
    """Fields that the object must have."""
    for name, field in fields.items():
        if field.required and name not in value:
            report.add("MISSING_FIELD", pointer, f"{what} needs {name}")
