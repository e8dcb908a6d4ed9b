"""The operation TestState: what it refuses, and what it answers (API reference, and recorded answers).

SUCCEEDED, FAILED, RETRIABLE (a Retry would try again) or CAUGHT_ERROR, the output, the state that would be next, and with
inspectionLevel DEBUG the data after each step. TRACE shows the same: HTTP tasks, which it is for, are not run here.
"""

from collections.abc import Mapping
from concurrent.futures import Future
from functools import partial
from typing import Any

from asl_toolkit.client.errors import OperationNotSupported
from asl_toolkit.client.model import Request
from asl_toolkit.client.operation import Part, Response, operation
from asl_toolkit.client.state_test import context, mock
from asl_toolkit.client.state_test.alone import Stage
from asl_toolkit.client.state_test.inspection import Inspection
from asl_toolkit.client.state_test.mapping import run_mocked
from asl_toolkit.client.state_test.subject import FaultyDefinition, NoSuchState, Subject, find_subject
from asl_toolkit.definition.model import MapState, ParallelState, PassState, Retrier, State, TaskState
from asl_toolkit.errors import EvaluationFailure, RuntimeFailure, StateFailure, TaskFailed
from asl_toolkit.json_value import Json, dumps, loads
from asl_toolkit.runtime.frame import Frame, Outcome
from asl_toolkit.runtime.handling import caught, meets
from asl_toolkit.runtime.payload import Payload
from asl_toolkit.services.contract import CheckedHandler, Handler, Submitted, TaskRequest, inline
from asl_toolkit.services.registry import Services
from asl_toolkit.services.tokens import TaskTokens

_NAME = "TestState"
_UNMOCKED = (
    "TestState API does not support Map or Parallel states. "
    "Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]"
)


class _GivenToken(TaskTokens):
    """Tokens of a test whose context object names one."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token

    def new(self) -> str:
        """That token."""
        return self._token


class StateTests(Part):
    """Tests of single states."""

    @operation(_NAME)
    def test_state(self, request: Request) -> Response:
        """Run a state, or the one named `stateName` of a whole definition, and say how it ends."""
        subject = self._subject(request)
        value, variables = self._json(request, "input", "{}"), self._json(request, "variables", "{}")
        if not isinstance(variables, dict):
            raise self._refuse("variables must be a JSON object")
        mocked, given = self._mocked(request, subject.state), self._context(request, subject.state)
        inspection = Inspection(request.get("input", "{}"))
        state = inspection.watch(subject.state)
        handler = _answering(self._registry.services, state, mocked)
        stage = Stage(subject.machine, self._services(state, handler, given), variables)
        payload = Payload(value)
        about = given or context.made_up(self._registry.place, state.name, value, request.get("roleArn"), stage.now)
        frame = stage.frame(state, payload, about)
        settings = request.get("stateConfiguration", {})
        inspection.before(frame)
        try:
            answer = _answer(frame, stage, settings, mocked, inspection)
        except RuntimeFailure as failure:
            answer = {"status": "FAILED", "error": failure.error, "cause": failure.message}
        except StateFailure as failure:
            answer = {"status": "FAILED", **_members(_named(failure))}
        if request.get("inspectionLevel", "INFO") == "INFO":
            return answer
        return {**answer, "inspectionData": inspection.data()}

    def _subject(self, request: Request) -> Subject:
        """The state, and what can be refused about the request before it runs."""
        try:
            subject = find_subject(request["definition"], request.get("stateName"))
        except FaultyDefinition as fault:
            raise self._registry.error("InvalidDefinition", str(fault), _NAME) from fault
        except NoSuchState as missing:
            raise self._refuse("State not found in definition") from missing
        state, mocks = subject.state, "mock" in request
        if not mocks and isinstance(state, (MapState, ParallelState)):
            raise self._registry.error("InvalidDefinition", _UNMOCKED, _NAME)
        if mocks and not isinstance(state, (TaskState, MapState, ParallelState)):
            raise self._refuse(f"State type '{state.kind}' is not supported when a mock is specified")
        if mocks and request.get("revealSecrets"):
            raise self._refuse("TestState does not support RevealSecrets when a mock is specified.")
        if not mocks and isinstance(state, TaskState):
            self._unmocked(state, request)
        named = request.get("stateConfiguration", {}).get("errorCausedByState")
        if named is not None and named not in subject.inner_names:
            raise self._refuse(f"errorCausedByState names no state inside of the state under test: '{named}'")
        return subject

    def _unmocked(self, state: TaskState, request: Request) -> None:
        if state.resource.pattern != "request_response":
            raise self._refuse(f"TestState does not support '{state.resource.suffix}' service integrations without a mock")
        if state.resource.is_activity:
            raise self._refuse("TestState does not support activities without a mock")
        if "roleArn" not in request:
            raise self._refuse("RoleArn must be specified when testing a Task state")
        if request.get("inspectionLevel") == "TRACE" and state.resource.service == "http":
            raise OperationNotSupported("test_state: inspectionLevel TRACE of an HTTP Task shows what AWS sends; give a mock")
        if self._registry.services.handler(state.resource, state.name) is None:
            what = f"{state.resource.service}:{state.resource.action}"
            raise OperationNotSupported(f"test_state: no handler serves {what!r}: give a mock, or a handler in Services")

    def _mocked(self, request: Request, state: State) -> Json | StateFailure:
        given = request.get("mock")
        if given is None:
            return None
        if ("result" in given) == ("errorOutput" in given):
            raise self._refuse("A test mock should have only one of the following fields: [result, errorOutput].")
        if "errorOutput" in given:
            return StateFailure(given["errorOutput"].get("error"), given["errorOutput"].get("cause"))
        try:
            result = loads(given["result"])
        except ValueError as error:
            raise self._refuse(f"Mocked result must be valid JSON: {error}") from error
        fault = mock.fault_of(state, result, given.get("fieldValidationMode", "STRICT"))
        if fault is not None:
            raise self._refuse(fault)
        return result

    def _context(self, request: Request, state: State) -> dict[str, Json] | None:
        if "context" not in request:
            return None
        if "mock" not in request:
            raise self._refuse("Context can only be specified when a mock is specified")
        given = self._json(request, "context", "{}")
        task_token = isinstance(state, TaskState) and state.resource.pattern != "request_response"
        fault = context.fault_of(given, task_token=task_token)
        if fault is not None:
            raise self._refuse(f"Invalid Context object provided: {fault}")
        return dict(given)

    def _json(self, request: Request, member: str, default: str) -> Json:
        try:
            return loads(request.get(member, default))
        except ValueError as error:
            if member == "input":
                message = f"Invalid State Machine Execution Input: '{error}'"
                raise self._registry.error("InvalidExecutionInput", message, _NAME) from error
            raise self._refuse(f"{member} is not valid JSON: {error}") from error

    def _services(self, state: State, handler: Handler, given: dict[str, Json] | None) -> Services:
        """The client's services, with what answers the state under test put before them."""
        services = self._registry.services
        token = (given or {}).get("Task", {}).get("Token")
        return Services(
            services.handlers,
            functions=services.functions,
            states={state.name: handler},
            region=services.region,
            account=services.account,
            workers=services.workers,
            tokens=None if token is None else _GivenToken(token),
        )

    def _refuse(self, message: str) -> Exception:
        return self._registry.error("ValidationException", message, _NAME)


def _answer(
    frame: Frame, stage: Stage, settings: Mapping[str, Any], mocked: Json | StateFailure, inspection: Inspection
) -> Response:
    """How the state ends. RuntimeFailure, and StateFailure when what Catch says cannot be evaluated."""
    try:
        if isinstance(frame.state, (MapState, ParallelState)):
            outcome = run_mocked(frame, settings, mocked, inspection)
            result = mocked
        else:
            outcome = stage.run(frame)
            result = _result(frame, stage, inspection)
        inspection.after(frame, result, outcome)
        return _ended(frame, "SUCCEEDED", outcome, inspection)
    except StateFailure as failure:
        return _handled(frame, _named(failure), settings.get("retrierRetryCount", 0), inspection)


def _answering(services: Services, state: State, mocked: Json | StateFailure) -> Handler:
    """What answers a Task under test: its mock, or else its handler, called on the test's own thread."""
    real = services.handler(state.resource, state.name) if isinstance(state, TaskState) else None
    if real is not None and mocked is None:
        call = inline(partial(real))
        return CheckedHandler(call, real.check) if isinstance(real, CheckedHandler) else call

    def mock_of(request: TaskRequest) -> "Json | Submitted":
        if isinstance(mocked, StateFailure):
            raise TaskFailed(mocked.error, mocked.cause)
        if request.pattern == "request_response":
            return mocked
        done: Future[Json] = Future()
        done.set_result(mocked)
        return Submitted({}, done)

    return inline(mock_of)


def _result(frame: Frame, stage: Stage, inspection: Inspection) -> Json:
    """What the state's work gave, before ResultSelector: a Task's answer, a Pass's Result or its input after Parameters."""
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


def _ended(frame: Frame, status: str, outcome: Outcome, inspection: Inspection) -> Response:
    if outcome.assigned:
        frame.scope.assign(outcome.assigned)
    inspection.variables(frame.scope.visible())
    answer: Response = {"status": status, "output": dumps(outcome.payload.value)}
    return answer if outcome.next is None else {**answer, "nextState": outcome.next}


def _handled(frame: Frame, failure: StateFailure, retried: int, inspection: Inspection) -> Response:
    """RETRIABLE, CAUGHT_ERROR or FAILED; StateFailure and RuntimeFailure when what Catch says cannot be evaluated."""
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
        outcome = caught(frame, (catcher,), failure)
        if outcome is not None:
            inspection.put("errorDetails", {"catchIndex": place})
            return {**_ended(frame, "CAUGHT_ERROR", outcome, inspection), **named}
    return {"status": "FAILED", **named}


def _members(failure: StateFailure) -> dict[str, str]:
    return {name: text for name, text in (("error", failure.error), ("cause", failure.cause)) if text is not None}


def _backoff(retrier: Retrier, retried: int) -> int:
    """Seconds before the next attempt; with jitter, the longest that it may be."""
    try:
        seconds = retrier.interval * retrier.rate**retried
    except OverflowError:
        seconds = float("inf")
    return int(min(seconds, 99_999_999 if retrier.longest is None else retrier.longest))


def _named(failure: StateFailure) -> StateFailure:
    """A failed evaluation carries its message as the cause; TestState does not name the state in it (recorded)."""
    return StateFailure(failure.error, failure.message) if isinstance(failure, EvaluationFailure) else failure
