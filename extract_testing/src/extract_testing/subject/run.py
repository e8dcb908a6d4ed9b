"""Runs a branch by itself: its states in a small machine, completed as the generator does it, with answers for its Tasks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import asl_toolkit
from extract_core.contract import LocalExit, Outcome
from extract_core.registry.routing import HANDLE_STATUS
from extract_core.sync_job.polled import PolledJob
from extract_testing.branch.states import every_state
from extract_testing.breaches import Breach, Fails, NotChecked
from extract_testing.subject.calls import RETURN_AN_OUTCOME, calling
from extract_testing.subject.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from asl_toolkit import TaskRequest
    from extract_core.contract import Json
    from extract_testing.subject.subject import Case, Subject

TIME_LIMIT_SECONDS: Final = 120.0
"""The time limit of one run. Waits of the branch take no time."""
MOST_CALLS: Final = 500
"""Calls of Tasks in one run: a loop that makes more does not end."""
JOB_FAILED: Final = "ContractKit.JobFailed"
"""The error of a failed job. No retrier names it."""

_CAN_CATCH: Final = ("Task", "Map", "Parallel")
_CATCHABLE: Final = ("States.DataLimitExceeded", "States.ALL")
_KEEP_ERROR: Final = "{% $merge([$states.input, {'job_error': $states.errorOutput}]) %}"

State = dict[str, Any]  # Any: parsed JSON


def language(subject: Subject, state: Mapping[str, Any]) -> str:  # Any: see State
    """The query language of a state of the branch."""
    return str(state.get("QueryLanguage", subject.branch.query_language))


def definition(subject: Subject) -> dict[str, Json]:
    """The branch as a small machine. A Pass stands in for the status handler, under its name."""
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
    caught = {name for catcher in own for name in catcher.get("ErrorEquals", ())}
    keep: State = {"Output": _KEEP_ERROR} if jsonata else {"ResultPath": "$.job_error"}
    missing = [] if "States.ALL" in caught else [error for error in _CATCHABLE if error not in caught]
    return [*own, *({"ErrorEquals": [error], **keep, "Next": HANDLE_STATUS} for error in missing)]


def walk(subject: Subject, case: Case, *, fail_the_job: bool = False) -> Walk:
    """Run the branch with the item of a case, once. The job ends as local_answer reports a success, or fails.

    Raises asl_toolkit.DefinitionError if the branch is not valid Amazon States Language.
    """
    walked = subject.walks.get((case.label, fail_the_job))
    if walked is None:
        walked = subject.walks[case.label, fail_the_job] = _walk(subject, case, fail_the_job=fail_the_job)
    return walked


def walk_or_skip(subject: Subject, case: Case, *, fail_the_job: bool = False) -> Walk:
    """Run the branch. NotChecked if it is not valid ASL or reads a missing path, which other checks report."""
    try:
        walked = walk(subject, case, fail_the_job=fail_the_job)
    except asl_toolkit.DefinitionError as error:
        raise NotChecked("left out: the branch is not valid Amazon States Language, which another check reports") from error
    if walked.result.status != "SUCCEEDED" and walked.result.error == "States.Runtime":
        raise NotChecked("left out: the branch reads a missing path, which another check reports")
    return walked


def _walk(subject: Subject, case: Case, *, fail_the_job: bool) -> Walk:
    walked = Walk(asl_toolkit.ExecutionResult("RUNNING"))
    answers: dict[str, Iterator[Json]] = {
        name: _last_repeats(results) for name, results in subject.task_results.items() if results
    }
    job_state = subject.branch.job_state
    # Read before the run: an exception of local_answer is not a failed Task.
    success: Json = None if job_state in answers or fail_the_job else good_result(subject, case)

    @asl_toolkit.inline
    def answer(request: TaskRequest) -> Json:
        walked.requests.append(request)
        if len(walked.requests) > MOST_CALLS:
            execution.stop("ContractKit.Endless", f"it called its Tasks {MOST_CALLS} times and did not end")
        is_job = request.state_name == job_state
        if is_job and fail_the_job:
            raise asl_toolkit.TaskFailed(JOB_FAILED, '{"Reason": "the kit makes this job fail"}')
        if request.state_name in answers:
            result = next(answers[request.state_name])
        elif is_job or isinstance(subject.job_type, PolledJob):  # its questions are answered as on one machine
            result = success
        else:
            walked.unanswered.append(request.state_name)
            raise asl_toolkit.TaskFailed("ContractKit.NoAnswer", f"task_results has no answer for {request.state_name!r}")
        if request.task_token:
            services.tokens.send_success(request.task_token, result)
        return result

    built = definition(subject)
    tasks = (name for name, state in every_state(built["States"]) if state.get("Type") == "Task")  # type: ignore[arg-type] # of `definition`
    services = asl_toolkit.Services(states=dict.fromkeys(tasks, answer))
    machine = asl_toolkit.load(built)
    execution = machine.start(case.item, name=case.table.run_id, services=services, clock=asl_toolkit.VirtualClock())
    walked.result = execution.wait(TIME_LIMIT_SECONDS)
    return walked


def walk_with(subject: Subject, item: Mapping[str, Json], answer: Callable[[TaskRequest], Json]) -> Walk:
    """Run the branch with this item; `answer` gives each Task's result. NotChecked if the branch is not valid."""
    walked = Walk(asl_toolkit.ExecutionResult("RUNNING"))

    @asl_toolkit.inline
    def answered(request: TaskRequest) -> Json:
        walked.requests.append(request)
        if len(walked.requests) > MOST_CALLS:
            execution.stop("ContractKit.Endless", f"it called its Tasks {MOST_CALLS} times and did not end")
        result = answer(request)
        if request.task_token:
            services.tokens.send_success(request.task_token, result)
        return result

    built = definition(subject)
    tasks = (name for name, state in every_state(built["States"]) if state.get("Type") == "Task")  # type: ignore[arg-type] # of `definition`
    services = asl_toolkit.Services(states=dict.fromkeys(tasks, answered))
    try:
        machine = asl_toolkit.load(built)
    except asl_toolkit.DefinitionError as error:
        raise NotChecked("left out: the branch is not valid Amazon States Language, which another check reports") from error
    clock = asl_toolkit.VirtualClock()
    began = clock.now()
    execution = machine.start(item, name="kit", services=services, clock=clock)
    walked.result = execution.wait(TIME_LIMIT_SECONDS)
    walked.seconds = clock.now() - began
    return walked


def good_result(subject: Subject, case: Case) -> Json:
    """The service's answer for a job that succeeded, as local_answer gives it, converted to JSON and back."""
    place = "local_answer(arguments, exit 0)"
    with calling(place):
        outcome: object = subject.job_type.local_answer(case.arguments, LocalExit(code=0, seconds=2.0, output_tail=""))
        if not isinstance(outcome, Outcome):
            raise Fails(Breach(place, f"it returned {outcome!r}", RETURN_AN_OUTCOME))
        result: Json = json.loads(json.dumps(outcome.result))
    return result


def _last_repeats(results: Sequence[Json]) -> Iterator[Json]:
    yield from results
    while True:
        yield results[-1]
