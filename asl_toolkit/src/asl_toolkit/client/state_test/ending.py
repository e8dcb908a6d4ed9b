"""Runs a state under test, applies its Retry and Catch, and builds the answer."""

from collections.abc import Mapping
from typing import Any

from asl_toolkit.client.operation import Response
from asl_toolkit.client.state_test.alone import Stage
from asl_toolkit.client.state_test.inspection import Inspection
from asl_toolkit.client.state_test.mapping import run_mocked
from asl_toolkit.definition.model import MapState, ParallelState, PassState, Retrier, TaskState
from asl_toolkit.errors import EvaluationFailure, RuntimeFailure, StateFailure
from asl_toolkit.json_value import Json, dumps, loads
from asl_toolkit.runtime.frame import Frame, StateEnd
from asl_toolkit.runtime.handling import caught, meets


def answer_to(frame: Frame, stage: Stage, settings: Mapping[str, Any], mocked: Json, inspection: Inspection) -> Response:
    """The answer without its inspectionData; `mocked` is the result or the failure of a Map or Parallel."""
    try:
        return _answer(frame, stage, settings, mocked, inspection)
    except RuntimeFailure as failure:
        return {"status": "FAILED", "error": failure.error, "cause": failure.message}
    except StateFailure as failure:
        return {"status": "FAILED", **_members(_named(failure))}


def _answer(frame: Frame, stage: Stage, settings: Mapping[str, Any], mocked: Json, inspection: Inspection) -> Response:
    """The end of the state. Raises RuntimeFailure, and StateFailure if an expression of Catch fails."""
    try:
        if isinstance(frame.state, (MapState, ParallelState)):
            end = run_mocked(frame, settings, mocked, inspection)
            result = mocked
        else:
            end = stage.run(frame)
            result = _result(frame, stage, inspection)
        inspection.after(frame, result, end)
        return _ended(frame, "SUCCEEDED", end, inspection)
    except StateFailure as failure:
        return _handled(frame, _named(failure), settings.get("retrierRetryCount", 0), inspection)


def _result(frame: Frame, stage: Stage, inspection: Inspection) -> Json:
    """The state's result before ResultSelector: a Task's answer, a Pass's Result or its input after Parameters."""
    state = frame.state
    if isinstance(state, TaskState):
        inspection.put("result", stage.result)
        return loads(stage.result)
    if not isinstance(state, PassState) or state.flow.language == "JSONata":
        return None
    if state.result is not None:
        inspection.note("result", state.result.value)
        return state.result.value
    return inspection.value("afterParameters")


def _ended(frame: Frame, status: str, end: StateEnd, inspection: Inspection) -> Response:
    if end.assigned:
        frame.scope.assign(end.assigned)
    inspection.variables(frame.scope.visible())
    answer: Response = {"status": status, "output": dumps(end.payload.value)}
    return answer if end.next is None else {**answer, "nextState": end.next}


def _handled(frame: Frame, failure: StateFailure, retried: int, inspection: Inspection) -> Response:
    """RETRIABLE, CAUGHT_ERROR or FAILED. Raises StateFailure or RuntimeFailure if an expression of Catch fails."""
    named = _members(failure)
    state = frame.state
    handled = state if isinstance(state, (TaskState, MapState, ParallelState)) else None
    for place, retrier in enumerate(() if handled is None else handled.retry):
        if meets(retrier.errors, failure):
            if retried >= retrier.attempts:
                break
            details: dict[str, Any] = {"retryIndex": place, "retryBackoffIntervalSeconds": _backoff(retrier, retried)}
            inspection.put("errorDetails", details)
            return {"status": "RETRIABLE", **named}
    for place, catcher in enumerate(() if handled is None else handled.catch):
        end = caught(frame, (catcher,), failure)
        if end is not None:
            inspection.put("errorDetails", {"catchIndex": place})
            return {**_ended(frame, "CAUGHT_ERROR", end, inspection), **named}
    return {"status": "FAILED", **named}


def _members(failure: StateFailure) -> dict[str, str]:
    return {name: text for name, text in (("error", failure.error), ("cause", failure.cause)) if text is not None}


def _backoff(retrier: Retrier, retried: int) -> int:
    """Seconds before the next attempt; with jitter, the longest possible delay."""
    try:
        seconds = retrier.interval * retrier.rate**retried
    except OverflowError:
        seconds = float("inf")
    return int(min(seconds, 99_999_999 if retrier.longest is None else retrier.longest))


def _named(failure: StateFailure) -> StateFailure:
    """A failed evaluation has its message as the cause. TestState does not name the state in it (recorded)."""
    return StateFailure(failure.error, failure.message) if isinstance(failure, EvaluationFailure) else failure
