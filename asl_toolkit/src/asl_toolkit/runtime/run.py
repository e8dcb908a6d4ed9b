"""The interpreter: one execution (or one child of a DISTRIBUTED Map) on a loop."""

import random
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from asl_toolkit.definition import model
from asl_toolkit.definition.model import Branch, Catcher, Machine, MapState, ParallelState, PassState, State, TaskState
from asl_toolkit.environment import Scope
from asl_toolkit.errors import EvaluationFailure, RuntimeFailure, StateFailure
from asl_toolkit.json_value import Json
from asl_toolkit.runtime import maps, parallel, states, tasks
from asl_toolkit.runtime.calls import Calls
from asl_toolkit.runtime.frame import Frame, Outcome
from asl_toolkit.runtime.handling import RetryCounter, caught
from asl_toolkit.runtime.history import NOT_TRUNCATED, Cursor, Details, History
from asl_toolkit.runtime.loop import Loop, Signal
from asl_toolkit.runtime.payload import Payload
from asl_toolkit.runtime.progress import Progress
from asl_toolkit.services.registry import Services
from asl_toolkit.timestamps import instant_text

if TYPE_CHECKING:
    from asl_toolkit.runtime.distributed import ChildExecution, MapRunStart

Runner: TypeAlias = Callable[[Any], Coroutine[Signal[Any], None, Outcome]]  # Any: each takes its own kind of frame


@dataclass(frozen=True, slots=True)
class _Kind:
    """How states of a type run, and the names of their events."""

    run: Runner
    entered: str
    exited: str | None = None
    failed: str | None = None
    aborted: str | None = None


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
    MapState: _Kind(maps.run_map, "MapStateEntered", "MapStateExited", "MapStateFailed", "MapStateAborted"),
}


class Fatal(Exception):  # noqa: N818 - named after what happened
    """The execution is over, whatever Catch says: error, cause, and the event that the end follows."""

    def __init__(self, error: str, cause: str, previous: int) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause
        self.previous = previous


class Run:
    """Everything that the states of one execution share."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of an execution
        self,
        machine: Machine,
        services: Services,
        loop: Loop,
        calls: Calls,
        history: History,
        context: Mapping[str, Json],
        source: random.Random,
    ) -> None:
        self.machine = machine
        self.services = services
        self.loop = loop
        self.calls = calls
        self.history = history
        self.context = context
        self.random = source
        self.child_listener: Callable[[ChildExecution], None] | None = None
        self.map_run_listener: Callable[[MapRunStart], None] | None = None

    async def branch(  # noqa: PLR0913, PLR0917 - what a branch starts from
        self,
        branch: Branch,
        payload: Payload,
        scope: Scope,
        context: Mapping[str, Json],
        cursor: Cursor,
        progress: Progress,
    ) -> Payload:
        """Run a branch to its end and return its output; `progress` says where to go on, and is kept up to date.

        StateFailure when it fails, Fatal when the whole execution does.
        """
        name: str | None = branch.start_at
        if progress.resumed and progress.state is not None and progress.payload is not None:
            name, payload = progress.state, progress.payload
            scope.assign(progress.variables)
        while name is not None:
            progress.enter(name, payload, scope.own())
            outcome = await self._step(branch.states[name], payload, scope, context, cursor, progress)
            payload, name = outcome.payload, outcome.next
        return payload

    async def _step(  # noqa: PLR0913, PLR0917 - as `branch`
        self,
        state: State,
        payload: Payload,
        scope: Scope,
        context: Mapping[str, Json],
        cursor: Cursor,
        progress: Progress,
    ) -> Outcome:
        kind = _KINDS[type(state)]
        before = entered = cursor.last
        try:
            details = {"input": payload.text, "inputDetails": NOT_TRUNCATED, "name": state.name}
            entered = cursor.add(kind.entered, details)
            cursor.aborted = kind.aborted
            about = {"Name": state.name, "EnteredTime": instant_text(self.loop.clock.now()), "RetryCount": 0}
            frame = Frame(self, state, payload, scope, {**context, "State": about}, cursor, before, progress)
            await self.loop.turn  # branches go forward side by side, as on AWS
            try:
                outcome = await kind.run(frame)
            except StateFailure as failure:
                outcome = await self._failed(frame, kind, failure)
            if outcome.assigned:
                scope.assign(outcome.assigned)
            cursor.aborted = None
            if kind.exited is not None:
                cursor.add(kind.exited, _exited(state, outcome))
        except RuntimeFailure as failure:
            raise self._fatal(failure, state, entered, cursor) from failure
        except RecursionError as error:
            deep = RuntimeFailure("The data is nested too deeply.")
            raise self._fatal(deep, state, entered, cursor) from error
        return outcome

    def _fatal(self, failure: RuntimeFailure, state: State, entered: int, cursor: Cursor) -> Fatal:
        self.history.close()
        text = failure.message
        if not failure.bare:
            text = f"An error occurred while executing the state '{state.name}' (entered at the event id #{entered}). {text}"
        return Fatal(failure.error, text, cursor.last)

    async def _failed(self, frame: Frame, kind: _Kind, failure: StateFailure) -> Outcome:
        """The first attempt of a state has failed: run it until it succeeds or its Retry gives up; then Catch takes the error."""
        state = frame.state
        handled = state if isinstance(state, (TaskState, ParallelState, MapState)) else None
        counter = RetryCounter(handled.retry if handled else ())
        while True:
            error = self._noted(frame, failure)
            delay = counter.delay(error, self.random)
            if error.error == "States.DataLimitExceeded":
                frame.progress.forget()
            if delay is None:
                break
            await self.sleep(delay)
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
        outcome = self._caught(frame, kind, handled.catch, error, before) if handled else None
        if outcome is not None:
            return outcome
        if isinstance(state, PassState) and error.error == "States.DataLimitExceeded":
            self.history.close()
            raise Fatal(str(error.error), str(error.cause), frame.cursor.last) from failure
        raise error from failure

    def _caught(
        self, frame: Frame, kind: _Kind, catchers: tuple[Catcher, ...], failure: StateFailure, before: int
    ) -> Outcome | None:
        """Where Catch leads; None when it does not take the error.

        Its own Output and Assign may fail too: that follows what was `before` the state's failure, and the state fails again
        (measured: floci-io/floci, pull 3167).
        """
        try:
            return caught(frame, catchers, failure)
        except EvaluationFailure as error:
            frame.cursor.last = before
            noted = self._noted(frame, error)
            if kind.failed is not None:
                frame.cursor.add(kind.failed)
            raise noted from error

    def _noted(self, frame: Frame, failure: StateFailure) -> StateFailure:
        """Write the event of a failed evaluation, and give its cause the name of the state."""
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

    async def sleep(self, seconds: float) -> None:
        """Wait on the execution's clock."""
        await self.until(self.loop.clock.now() + seconds)

    async def until(self, deadline: float) -> None:
        """Wait until the execution's clock shows `deadline` (seconds since 1970)."""
        signal: Signal[None] = Signal(self.loop)
        self.loop.at(deadline, signal, None)
        try:
            await signal
        finally:
            signal.set(None)


def _exited(state: State, outcome: Outcome) -> Details:
    details: Details = {"name": state.name, "output": outcome.payload.text, "outputDetails": NOT_TRUNCATED}
    if outcome.assigned:
        details["assignedVariables"] = {name: Payload(value).text for name, value in outcome.assigned.items()}
        details["assignedVariablesDetails"] = NOT_TRUNCATED
    return details
