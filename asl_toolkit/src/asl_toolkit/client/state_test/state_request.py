"""Reads a TestState request, or refuses it. The texts were recorded on AWS where a recording has the refusal."""

from dataclasses import dataclass

from asl_toolkit.client.errors import OperationNotSupported
from asl_toolkit.client.model import Request
from asl_toolkit.client.registry import Registry
from asl_toolkit.client.state_test import context, mock
from asl_toolkit.client.state_test.subject import FaultyDefinition, NoSuchState, Subject, find_subject
from asl_toolkit.definition.model import MapState, ParallelState, State, TaskState
from asl_toolkit.environment import MISSING
from asl_toolkit.errors import StateFailure
from asl_toolkit.json_value import Json, loads

NAME = "TestState"
_UNMOCKED = (
    "TestState API does not support Map or Parallel states. "
    "Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]"
)


@dataclass(frozen=True, slots=True)
class StateRequest:
    """A valid request. `mocked` is MISSING, a result, or the failure. If `context` is None, a default context is used."""

    subject: Subject
    input: Json
    variables: dict[str, Json]
    mocked: Json
    context: dict[str, Json] | None


class Reader:
    """Reads a request. Its exceptions are the answers of the service."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def read(self, request: Request) -> StateRequest:
        """The parts of the request."""
        subject = self._subject(request)
        value, variables = self._json(request, "input", "{}"), self._json(request, "variables", "{}")
        if not isinstance(variables, dict):
            raise self._refuse("variables must be a JSON object")
        mocked = self._mocked(request, subject.state)
        return StateRequest(subject, value, variables, mocked, self._context(request, subject.state))

    def _subject(self, request: Request) -> Subject:
        """The state under test. Raises the refusals that need no run."""
        try:
            subject = find_subject(request["definition"], request.get("stateName"))
        except FaultyDefinition as fault:
            raise self._registry.error("InvalidDefinition", str(fault), NAME) from fault
        except NoSuchState as missing:
            raise self._refuse("State not found in definition") from missing
        state, mocks = subject.state, "mock" in request
        if not mocks and isinstance(state, (MapState, ParallelState)):
            raise self._registry.error("InvalidDefinition", _UNMOCKED, NAME)
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

    def _mocked(self, request: Request, state: State) -> Json:
        document = request.get("mock")
        if document is None:
            return MISSING
        if ("result" in document) == ("errorOutput" in document):
            raise self._refuse("A test mock should have only one of the following fields: [result, errorOutput].")
        if "errorOutput" in document:
            return StateFailure(document["errorOutput"].get("error"), document["errorOutput"].get("cause"))
        try:
            result = loads(document["result"])
        except ValueError as error:
            raise self._refuse(f"Mocked result must be valid JSON: {error}") from error
        fault = mock.fault_of(state, result, document.get("fieldValidationMode", "STRICT"))
        if fault is not None:
            raise self._refuse(fault)
        return result

    def _context(self, request: Request, state: State) -> dict[str, Json] | None:
        if "context" not in request:
            return None
        if "mock" not in request:
            raise self._refuse("Context can only be specified when a mock is specified")
        document = self._json(request, "context", "{}")
        task_token = isinstance(state, TaskState) and state.resource.pattern != "request_response"
        fault = context.fault_of(document, task_token=task_token)
        if fault is not None:
            raise self._refuse(f"Invalid Context object provided: {fault}")
        return dict(document)

    def _json(self, request: Request, member: str, default: str) -> Json:
        try:
            return loads(request.get(member, default))
        except ValueError as error:
            if member == "input":
                message = f"Invalid State Machine Execution Input: '{error}'"
                raise self._registry.error("InvalidExecutionInput", message, NAME) from error
            raise self._refuse(f"{member} is not valid JSON: {error}") from error

    def _refuse(self, message: str) -> Exception:
        return self._registry.error("ValidationException", message, NAME)
