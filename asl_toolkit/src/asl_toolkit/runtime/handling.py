"""Retry and Catch: the entry that matches an error, the seconds until the next attempt, and the next state of a caught error."""

import random

from asl_toolkit.definition.model import DISCARD, Catcher, Retrier
from asl_toolkit.errors import StateFailure
from asl_toolkit.json_value import Json
from asl_toolkit.runtime.flow import checked, evaluate_assign, place
from asl_toolkit.runtime.frame import Frame, StateEnd

_NEVER_BY_TASK_FAILED = frozenset({"States.Timeout", "States.HeartbeatTimeout"})


def meets(names: tuple[str, ...], failure: StateFailure) -> bool:
    """Whether ErrorEquals names the error.

    States.ALL matches every error that reaches this function (States.Runtime never does). States.TaskFailed matches every
    error except timeouts. A missed heartbeat is reported as States.Timeout, and States.HeartbeatTimeout matches it too.
    """
    error = failure.error or ""
    also = "States.HeartbeatTimeout" if isinstance(failure, HeartbeatMissed) else error
    return any(
        name in {error, also, "States.ALL"} or (name == "States.TaskFailed" and error not in _NEVER_BY_TASK_FAILED)
        for name in names
    )


class HeartbeatMissed(StateFailure):
    """No heartbeat came within HeartbeatSeconds."""

    def __init__(self) -> None:
        super().__init__("States.Timeout", None)


class RetryCounter:
    """How often each entry of a state's Retry was used since the execution entered the state."""

    __slots__ = ("_retriers", "_used", "total")

    def __init__(self, retriers: tuple[Retrier, ...]) -> None:
        self._retriers = retriers
        self._used = [0] * len(retriers)
        self.total = 0

    def delay(self, failure: StateFailure, source: random.Random) -> float | None:
        """Seconds before the next attempt, or None if no entry matches the error or its attempts are used up."""
        for place_, retrier in enumerate(self._retriers):
            if meets(retrier.errors, failure):
                used = self._used[place_]
                if used >= retrier.attempts:
                    return None
                self._used[place_] += 1
                self.total += 1
                return _delay(retrier, used, source)
        return None


def _delay(retrier: Retrier, used: int, source: random.Random) -> float:
    ceiling = retrier.longest if retrier.longest is not None else 3.2e9
    try:
        delay = min(retrier.interval * retrier.rate**used, ceiling)
    except OverflowError:
        delay = ceiling
    return source.uniform(0, delay) if retrier.jitter else delay


def error_output(failure: StateFailure) -> dict[str, Json]:
    """The error output of a Catch always has both members; a missing cause is an empty text."""
    return {"Error": failure.error or "", "Cause": failure.cause or ""}


def caught(frame: Frame, catchers: tuple[Catcher, ...], failure: StateFailure) -> StateEnd | None:
    """The target of the first Catch entry that matches the error, or None."""
    for catcher in catchers:
        if meets(catcher.errors, failure):
            return _enter(frame, catcher, error_output(failure))
    return None


def _enter(frame: Frame, catcher: Catcher, error: dict[str, Json]) -> StateEnd:
    if frame.state.flow.language == "JSONata":
        environment = frame.environment(frame.payload.value)
        environment.error_output = error
        assigned = evaluate_assign(catcher.assign, environment)
        output = error if catcher.output is None else catcher.output.evaluate(environment)
        return StateEnd(checked(frame, output), catcher.next, assigned)
    assigned = evaluate_assign(catcher.assign, frame.environment(error))
    if catcher.result_path is DISCARD:
        return StateEnd(frame.payload, catcher.next, assigned)
    value = error if catcher.result_path is None else place(catcher.result_path, frame.payload.value, error)
    return StateEnd(checked(frame, value), catcher.next, assigned)
