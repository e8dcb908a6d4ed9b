"""Faults of a branch, checked before it becomes part of the machine. Each rule prevents an outage that has happened.

The rules about lost input, uncaught errors and repeated jobs follow the Amazon States Language specification
(ResultPath defaults to ``$``; States.ALL; a failed iteration of a Map stops the others).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asl_generator.branches.scopes import Scope, State, States, error_names, listed, scopes, targets
from extract_core.registry.routing import CORE_STATES, HANDLE_STATUS, MAX_STATE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.contract import Branch

_TYPES: Final = ("Task", "Map", "Parallel", "Pass", "Wait", "Choice", "Succeed", "Fail")
CAN_CATCH: Final = ("Task", "Map", "Parallel")
REPEATS_JOBS: Final = frozenset({"States.ALL", "States.TaskFailed", "States.Timeout"})
_KEEP_RESULT: Final = "{% $merge([$states.input, {'job_result': $states.result}]) %}"
KEEP_ERROR: Final = "{% $merge([$states.input, {'job_error': $states.errorOutput}]) %}"


def branch_faults(branch: Branch, states: States, title: str) -> Iterator[str]:
    """All faults of a branch, each naming its state."""
    names = tuple(states)  # compared by equality: a plugin may use values that cannot be hashed
    if branch.start not in names:
        yield f"start is {branch.start!r}, which is not one of its states: {', '.join(map(repr, states))}"
    if branch.job_state not in names:
        yield f"job_state is {branch.job_state!r}, which is not one of its states: {', '.join(map(repr, states))}"
    elif states[branch.job_state].get("Type") != "Task":
        yield f"job_state {branch.job_state!r} is a {states[branch.job_state].get('Type')}; the job must be a Task"
    seen = set[str]()
    for scope in scopes(states, branch.start):
        for name, state in scope.states.items():
            yield from (f"state {name!r} {fault}" for fault in _name_faults(name, title, seen))
            yield from (f"state {name!r} {fault}" for fault in _flow_faults(state, scope))
            seen.add(name)
    for name, state in states.items():
        jsonata = language(branch, state) == "JSONata"
        yield from (f"state {name!r} {fault}" for fault in _end_faults(state))
        yield from (f"state {name!r} {fault}" for fault in (_jsonata_losses(state) if jsonata else _jsonpath_losses(state)))
        if name == branch.job_state:
            yield from (f"state {name!r} {fault}" for fault in _job_faults(state))
    yield from _unreached(branch, states)
    languages = {language(branch, state) for state in states.values()}
    if languages == {"JSONPath"} and not any(state.get("ResultPath") == "$.job_result" for state in states.values()):
        yield "no state writes $.job_result, which the status parser reads: set ResultPath of the last one"


def language(branch: Branch, state: State) -> str:
    """The query language of a state of this branch."""
    return str(state.get("QueryLanguage", branch.query_language))


def _name_faults(name: str, title: str, seen: set[str]) -> Iterator[str]:
    if name in CORE_STATES:
        yield "has a name that the machine itself uses: rename it"
    elif name != title and not name.startswith(f"{title} "):
        yield f"does not begin with the job type's title: call it {f'{title} {name}'!r}"
    if len(name) > MAX_STATE_NAME:
        yield f"has a name of {len(name)} characters, but Step Functions allows {MAX_STATE_NAME}"
    if name in seen:
        yield "exists twice: names are unique in the whole machine, including inner states"


def _flow_faults(state: State, scope: Scope) -> Iterator[str]:
    kind = state.get("Type")
    if kind not in _TYPES:
        yield f"has Type {kind!r}; the types are {', '.join(_TYPES)}"
    known = scope.states.keys() | ({HANDLE_STATUS} if scope.owner is None else set())
    for target in sorted(set(targets(state)) - known):
        inside = f" inside {scope.owner!r}" if scope.owner else ""
        yield f"leads to {target!r}, which is not a state{inside} of this branch"
    if kind == "Choice" and "Default" not in state:
        yield "has no Default: a table that matches no rule stops all other tables"
    if scope.owner is not None and kind in _TYPES[:5] and not state.keys() & {"Next", "End"}:
        yield f"is inside {scope.owner!r} and has neither Next nor End"


def _end_faults(state: State) -> Iterator[str]:
    kind = state.get("Type")
    if "End" in state or kind == "Succeed":
        how = "is a Succeed" if kind == "Succeed" else "has End"
        yield f"{how}: the table's end is not recorded; leave out Next and End: the next state is then the status handler"
    if kind == "Fail":
        yield "is a Fail, which stops all other tables: write the error to $.job_error, and let the status handler follow"


def _jsonpath_losses(state: State) -> Iterator[str]:
    kind = state.get("Type")
    replaces = state.get("ResultPath", "$") == "$"
    if kind in CAN_CATCH and replaces:
        yield 'has no ResultPath, so its result replaces the item: add "ResultPath": "$.job_result" (or another path)'
    if kind == "Pass" and replaces and state.keys() & {"Result", "Parameters", "InputPath"}:
        yield "is a Pass that replaces the item: add a ResultPath"
    if state.get("OutputPath", "$") != "$":
        yield "has an OutputPath, which drops the item: use ResultSelector and ResultPath"
    if any(catcher.get("ResultPath", "$") in ("$", None) for catcher in listed(state, "Catch")):
        yield 'has a Catch without ResultPath, so the error replaces the item: add "ResultPath": "$.job_error"'


def _jsonata_losses(state: State) -> Iterator[str]:
    if state.get("Type") in CAN_CATCH and "Output" not in state:
        yield f'has no Output, so its result replaces the item: add "Output": "{_KEEP_RESULT}"'
    if any("Output" not in catcher for catcher in listed(state, "Catch")):
        yield f'has a Catch without Output, so the error replaces the item: add "Output": "{KEEP_ERROR}"'


def _job_faults(state: State) -> Iterator[str]:
    if state.get("ResultPath", "$") is None:
        yield "is the job, but ResultPath null drops its result: set a path"
    for name in sorted({name for retrier in listed(state, "Retry") for name in error_names(retrier)} & REPEATS_JOBS):
        yield f"is the job and retries {name}, which may run a job twice: name errors that occur before a job starts"


def _unreached(branch: Branch, states: States) -> Iterator[str]:
    if branch.start not in tuple(states):
        return
    reached, open_ = {branch.start}, [branch.start]
    while open_:
        for target in targets(states[open_.pop()]):
            if target in states and target not in reached:
                reached.add(target)
                open_.append(target)
    yield from (f"no state leads to state {name!r}" for name in states if name not in reached)
