"""Runs a branch by itself: its states in a small machine, completed as the generator does it, with answers at its Tasks."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import asl_toolkit
from extract_core.contract import LocalExit, Outcome
from extract_core.registry.routing import HANDLE_STATUS
from extract_testing.broken import Breach, Fails

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from asl_toolkit import ExecutionResult, TaskRequest
    from extract_core.contract import Json
    from extract_testing.subject import Case, Subject

PATIENCE_SECONDS: Final = 120.0
"""Of this machine, where waits of the branch pass at once."""
MOST_CALLS: Final = 500
"""Calls of Tasks in one run: a loop that makes more does not end."""
JOB_FAILED: Final = "ContractKit.JobFailed"
"""The error of a job that failed: no retrier names it."""

RETURN_AN_OUTCOME: Final = "return an Outcome: Outcome.succeeded(result), or Outcome.failed(error, cause)"

_CAN_CATCH: Final = ("Task", "Map", "Parallel")
_CATCHABLE: Final = ("States.DataLimitExceeded", "States.ALL")
_KEEP_ERROR: Final = "{% $merge([$states.input, {'job_error': $states.errorOutput}]) %}"

State = dict[str, Any]  # Any: JSON that is walked


def language(subject: Subject, state: Mapping[str, Any]) -> str:  # Any: see State
    """The query language of a state of the branch."""
    return str(state.get("QueryLanguage", subject.branch.query_language))


def definition(subject: Subject) -> dict[str, Json]:
    """The branch as a machine of its own; where it hands over to the status handler stands a Pass of that name."""
    states = subject.states
    for name, state in states.items():
        jsonata = language(subject, state) == "JSONata"
        if jsonata:
            state["QueryLanguage"] = "JSONata"
        if name == subject.branch.job_state and not state.keys() & {"TimeoutSeconds", "TimeoutSecondsPath"}:
            if jsonata:
                state["TimeoutSeconds"] = "{% $states.input.timeout_seconds %}"
            else:
                state["TimeoutSecondsPath"] = "$.timeout_seconds"
        if state.get("Type") in _CAN_CATCH:
            state["Catch"] = _catch(state, jsonata=jsonata)
        if state.get("Type") != "Choice" and not state.keys() & {"Next", "End"}:
            state["Next"] = HANDLE_STATUS
    return {"StartAt": subject.branch.start, "States": {**states, HANDLE_STATUS: {"Type": "Pass", "End": True}}}


def _catch(state: State, *, jsonata: bool) -> list[State]:
    own: list[State] = list(state.get("Catch") or ())
    named = {name for catcher in own for name in catcher.get("ErrorEquals", ())}
    keep: State = {"Output": _KEEP_ERROR} if jsonata else {"ResultPath": "$.job_error"}
    missing = [] if "States.ALL" in named else [error for error in _CATCHABLE if error not in named]
    return [*own, *({"ErrorEquals": [error], **keep, "Next": HANDLE_STATUS} for error in missing)]


@dataclass(slots=True)
class Walk:
    """What came of one run. `unanswered` are Tasks that had no answer: neither the job nor in task_results."""

    result: ExecutionResult
    requests: list[TaskRequest] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)

    @property
    def visited(self) -> set[str]:
        """The states that were entered."""
        details = (event.get("stateEnteredEventDetails") for event in self.result.events)
        return {str(each["name"]) for each in details if isinstance(each, dict)}


def walk(subject: Subject, case: Case, *, fail_the_job: bool = False) -> Walk:
    """Run the branch with the item of a case. The job answers as local_answer says a good end (or fails).

    Each run is made once. Raises asl_toolkit.DefinitionError for a branch that is no Amazon States Language.
    """
    known = subject.walks.get((case.label, fail_the_job))
    if known is None:
        known = subject.walks[case.label, fail_the_job] = _walk(subject, case, fail_the_job=fail_the_job)
    return known


def _walk(subject: Subject, case: Case, *, fail_the_job: bool) -> Walk:
    walked = Walk(asl_toolkit.ExecutionResult("RUNNING"))
    given: dict[str, Iterator[Json]] = {name: _answers(results) for name, results in subject.task_results.items() if results}

    job_state = subject.branch.job_state
    good: Json = None if job_state in given or fail_the_job else good_result(subject, case)  # what it raises is no failed Task

    @asl_toolkit.inline
    def answer(request: TaskRequest) -> Json:
        walked.requests.append(request)
        if len(walked.requests) > MOST_CALLS:
            execution.stop("ContractKit.Endless", f"its Tasks were called {MOST_CALLS} times, and it had not ended")
        is_job = request.state_name == job_state
        if is_job and fail_the_job:
            raise asl_toolkit.TaskFailed(JOB_FAILED, '{"Reason": "the kit says so"}')
        if request.state_name in given:
            result = next(given[request.state_name])
        elif is_job:
            result = good
        else:
            walked.unanswered.append(request.state_name)
            raise asl_toolkit.TaskFailed("ContractKit.NoAnswer", f"task_results has no answer for {request.state_name!r}")
        if request.task_token:
            services.tokens.send_success(request.task_token, result)
        return result

    built = definition(subject)
    services = asl_toolkit.Services(states=dict.fromkeys(_task_names(built), answer))
    machine = asl_toolkit.load(built)
    execution = machine.start(case.item, name=case.table.run_id, services=services, clock=asl_toolkit.VirtualClock())
    walked.result = execution.wait(PATIENCE_SECONDS)
    return walked


def good_result(subject: Subject, case: Case) -> Json:
    """What the service says of a job that ended well, as local_answer tells it, after its way through JSON."""
    from extract_testing.subject import asked

    place = "local_answer(arguments, exit 0)"
    with asked(place):
        outcome: object = subject.job_type.local_answer(case.arguments, LocalExit(code=0, seconds=2.0, output_tail=""))
        if not isinstance(outcome, Outcome):
            raise Fails(Breach(place, f"it returned {outcome!r}", RETURN_AN_OUTCOME))
        result: Json = json.loads(json.dumps(outcome.result))
    return result


def _answers(results: Any) -> Iterator[Json]:  # Any: a sequence of JSON values
    yield from results
    while True:
        yield results[-1]


def _task_names(value: object) -> Iterator[str]:
    """Every state that calls something, inner ones too."""
    if isinstance(value, dict):
        states = value.get("States")
        if isinstance(states, dict):
            yield from (name for name, state in states.items() if isinstance(state, dict) and state.get("Type") == "Task")
        for inner in value.values():
            yield from _task_names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _task_names(inner)
