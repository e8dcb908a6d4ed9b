"""Runs one state on a separate loop, without its Retry and Catch."""

import random
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeAlias

from asl_toolkit.clock import VirtualClock
from asl_toolkit.definition.model import Machine, State
from asl_toolkit.environment import Scope
from asl_toolkit.json_value import Json
from asl_toolkit.runtime import states, tasks
from asl_toolkit.runtime.calls import Calls
from asl_toolkit.runtime.frame import Frame, StateEnd
from asl_toolkit.runtime.history import Cursor, History
from asl_toolkit.runtime.interpreter import run_branch
from asl_toolkit.runtime.loop import Loop, Signal
from asl_toolkit.runtime.payload import Payload
from asl_toolkit.runtime.progress import Progress
from asl_toolkit.runtime.run import Run
from asl_toolkit.runtime.workers import Workers
from asl_toolkit.services.registry import Services

Runner: TypeAlias = Callable[[Frame], Coroutine[Signal[Any], None, StateEnd]]  # Any: signals of every kind
_RUNNERS: Mapping[str, Runner] = {
    "Pass": states.run_pass,
    "Choice": states.run_choice,
    "Wait": states.run_wait,
    "Succeed": states.run_succeed,
    "Fail": states.run_fail,
    "Task": tasks.run_task,
}
_SUCCEEDED = ("taskSucceededEventDetails", "lambdaFunctionSucceededEventDetails", "activitySucceededEventDetails")


def _nobody() -> None:
    """For a loop that no other thread takes over, because every handler of a test is inline."""


class Stage:
    """The surroundings of a state under test: a loop with a clock that does not wait, and a history."""

    def __init__(self, machine: Machine, services: Services, variables: Mapping[str, Json]) -> None:
        self._loop = Loop(VirtualClock())
        name = "asl-state-test"
        self._calls = Calls(self._loop, Workers(1, name), _nobody, name)  # never used: every handler of a test is inline
        self._history = History(self._loop.clock, None)
        self._machine = machine
        self._services = services
        self._scope = Scope(own=variables)
        self.now = self._loop.clock.now()

    def frame(self, state: State, payload: Payload, context: dict[str, Json]) -> Frame:
        """The state, entered."""
        source = random.Random(0)  # noqa: S311 - of intrinsic functions
        run = Run(run_branch, self._machine, self._services, self._loop, self._calls, self._history, context, source)
        return Frame(run, state, payload, self._scope, context, Cursor(self._history, 0), 0, Progress())

    @property
    def result(self) -> str:
        """The JSON text of the result of a Task's handler, after its success."""
        for event in reversed(self._history.events()):
            for name in _SUCCEEDED:
                if name in event:
                    return str(event[name]["output"])
        return "null"

    def run(self, frame: Frame) -> StateEnd:
        """Run the state to its end. Raises StateFailure or RuntimeFailure."""
        try:
            fiber = self._loop.spawn(_RUNNERS[frame.state.kind](frame))
            self._loop.run(fiber)
        finally:
            self._loop.close()
            self._calls.close()
        return fiber.result()
