"""The interpreter: runs state after state, with Retry and Catch, and writes the events of states."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from asl_toolkit.definition import model
from asl_toolkit.definition.model import Branch, Catcher, MapState, ParallelState, PassState, State, TaskState
from asl_toolkit.environment import Scope
from asl_toolkit.errors import EvaluationFailure, Fatal, RuntimeFailure, StateFailure
from asl_toolkit.json_value import Json
from asl_toolkit.runtime import map_state, parallel, states, tasks
from asl_toolkit.runtime.frame import Frame, StateEnd
from asl_toolkit.runtime.handling import RetryCounter, caught
from asl_toolkit.runtime.history import NOT_TRUNCATED, Cursor, Details
from asl_toolkit.runtime.loop import Signal
from asl_toolkit.runtime.payload import Payload
from asl_toolkit.runtime.progress import Progress
from asl_toolkit.runtime.run import Run
from asl_toolkit.timestamps import instant_text

Runner: TypeAlias = Callable[[Any], Coroutine[Signal[Any], None, StateEnd]]  # Any: each takes its own kind of frame


@dataclass(frozen=True, slots=True)
class _Kind:
    """How states of one type run, and the names of their events."""

    run: Runner
    entered: str
    exited: str | None = None
    failed: str | None = None
    aborted: str | None = None


# The states that Retry may run again: only these have a RetryCount (LocalStack's execution states, validated on AWS).
_RETRYABLE = (TaskState, ParallelState, MapState)
_KINDS: Mapping[type[State], _Kind] = {
    PassState: _Kind(states.run_pass, "PassStateEntered", "PassStateExited"),
    model.ChoiceState: _Kind(states.run_choice, "ChoiceStateEntered", "ChoiceStateExited"),
    model.WaitState: _Kind(states.run_wait, "WaitStateEntered", "WaitStateExited", aborted="WaitStateAborted"),
    model.SucceedState: _Kind(states.run_succeed, "SucceedStateEntered", "SucceedStateExited"),
    model.FailState: _Kind(states.run_fail, "FailStateEntered"),
    TaskState: _Kind(tasks.run_task, "TaskStateEntered", "TaskStateExited", aborted="TaskStateAborted"),
    ParallelState: _Kind(
        parallel.run_parallel, "ParallelStateEntered", "ParallelStateExited", "ParallelStateFailed", "ParallelStateAborted"
    ),
    MapState: _Kind(map_state.run_map, "MapStateEntered", "MapStateExited", "MapStateFailed", "MapStateAborted"),
}


async def run_branch(  # noqa: PLR0913, PLR0917 - what a branch starts from
    run: Run,
    branch: Branch,
    payload: Payload,
    scope: Scope,
    context: Mapping[str, Json],
    cursor: Cursor,
    progress: Progress,
) -> Payload:
    """As `RunBranch` says."""
    name: str | None = branch.start_at
    if progress.resumed and progress.state is not None and progress.payload is not None:
        name, payload = progress.state, progress.payload
        scope.assign(progress.variables)
    while name is not None:
        progress.enter(name, payload, scope.own())
        end = await _step(run, branch.states[name], payload, scope, context, cursor, progress)
        payload, name = end.payload, end.next
    return payload


async def _step(  # noqa: PLR0913, PLR0917 - as `branch`
    run: Run,
    state: State,
    payload: Payload,
    scope: Scope,
    context: Mapping[str, Json],
    cursor: Cursor,
    progress: Progress,
) -> StateEnd:
    kind = _KINDS[type(state)]
    before = entered = cursor.last
    try:
        details = {"input": payload.text, "inputDetails": NOT_TRUNCATED, "name": state.name}
        entered = cursor.add(kind.entered, details)
        cursor.aborted = kind.aborted
        about: dict[str, Json] = {"Name": state.name, "EnteredTime": instant_text(run.loop.clock.now())}
        if isinstance(state, _RETRYABLE):
            about["RetryCount"] = 0
        frame = Frame(run, state, payload, scope, {**context, "State": about}, cursor, before, progress)
        await run.loop.turn  # all branches advance together, as on AWS
        try:
            end = await kind.run(frame)
        except StateFailure as failure:
            end = await _failed(frame, kind, failure)
        if end.assigned:
            scope.assign(end.assigned)
        cursor.aborted = None
        if kind.exited is not None:
            cursor.add(kind.exited, _exited(state, end))
    except RuntimeFailure as failure:
        raise _fatal(run, failure, state, entered, cursor) from failure
    except RecursionError as error:
        deep = RuntimeFailure("The data is nested too deeply.")
        raise _fatal(run, deep, state, entered, cursor) from error
    return end


def _fatal(run: Run, failure: RuntimeFailure, state: State, entered: int, cursor: Cursor) -> Fatal:
    run.history.close()
    text = failure.message
    if not failure.bare:
        text = f"An error occurred while executing the state '{state.name}' (entered at the event id #{entered}). {text}"
    return Fatal(failure.error, text, cursor.last)


async def _failed(frame: Frame, kind: _Kind, failure: StateFailure) -> StateEnd:
    """The first attempt of a state failed: run the state until it succeeds or its Retry gives up.

    Then Catch handles the error.
    """
    state = frame.state
    handled = state if isinstance(state, _RETRYABLE) else None
    counter = RetryCounter(handled.retry if handled else ())
    while True:
        error = _noted(frame, failure)
        delay = counter.delay(error, frame.run.random)
        if error.error == "States.DataLimitExceeded":
            frame.progress.forget()
        if delay is None:
            break
        await frame.run.sleep(delay)
        frame.progress.forget()
        frame.context = {**frame.context, "State": {**frame.context["State"], "RetryCount": counter.total}}
        try:
            return await kind.run(frame)
        except StateFailure as again:
            failure = again
    before = frame.cursor.last
    if kind.failed is not None:
        frame.cursor.aborted = None
        frame.cursor.add(kind.failed)
    end = _caught(frame, kind, handled.catch, error, before) if handled else None
    if end is not None:
        return end
    if isinstance(state, PassState) and error.error == "States.DataLimitExceeded":
        frame.run.history.close()
        raise Fatal(str(error.error), str(error.cause), frame.cursor.last) from failure
    raise error from failure


def _caught(frame: Frame, kind: _Kind, catchers: tuple[Catcher, ...], failure: StateFailure, before: int) -> StateEnd | None:
    """The next state of a caught error; None if no Catch matches.

    Output and Assign of the Catch may fail too. Then the event follows the one `before` the state's failure, and the state
    fails again (measured: floci-io/floci, pull 3167).
    """
    try:
        return caught(frame, catchers, failure)
    except EvaluationFailure as error:
        frame.cursor.last = before
        noted = _noted(frame, error)
        if kind.failed is not None:
            frame.cursor.add(kind.failed)
        raise noted from error


def _noted(frame: Frame, failure: StateFailure) -> StateFailure:
    """Write the event of a failed evaluation, and add the name of the state to its cause."""
    if not isinstance(failure, EvaluationFailure):
        return failure
    name, entered = frame.state.name, frame.entered_id
    cause = f"An error occurred while executing the state '{name}' (entered at the event id #{entered}). {failure.message}"
    details: Details = {"cause": cause, "error": failure.error, "state": name}
    if failure.location is not None:
        details["location"] = failure.location
    if frame.cursor.last == entered:  # as recorded: beside the event of entering, not after it
        frame.cursor.last = frame.before
    frame.cursor.add("EvaluationFailed", details)
    return StateFailure(failure.error, cause)


def _exited(state: State, end: StateEnd) -> Details:
    details: Details = {"name": state.name, "output": end.payload.text, "outputDetails": NOT_TRUNCATED}
    if end.assigned:
        details["assignedVariables"] = {name: Payload(value).text for name, value in end.assigned.items()}
        details["assignedVariablesDetails"] = NOT_TRUNCATED
    return details
