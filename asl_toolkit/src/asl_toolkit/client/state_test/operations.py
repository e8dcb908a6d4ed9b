"""The operation TestState (API reference, and recorded answers).

The answer has the status SUCCEEDED, FAILED, RETRIABLE (a Retry matches) or CAUGHT_ERROR, the output, the next state, and with
inspectionLevel DEBUG the data after each step. TRACE shows the same, because HTTP tasks do not run here.
"""

from concurrent.futures import Future
from functools import partial

from asl_toolkit.client.model import Request
from asl_toolkit.client.operation import Part, Response, operation
from asl_toolkit.client.state_test.alone import Stage
from asl_toolkit.client.state_test.context import made_up
from asl_toolkit.client.state_test.ending import answer_to
from asl_toolkit.client.state_test.inspection import Inspection
from asl_toolkit.client.state_test.state_request import NAME, Reader, StateRequest
from asl_toolkit.definition.model import State, TaskState
from asl_toolkit.environment import MISSING
from asl_toolkit.errors import StateFailure, TaskFailed
from asl_toolkit.json_value import Json
from asl_toolkit.runtime.payload import Payload
from asl_toolkit.services.contract import CheckedHandler, Handler, Submitted, TaskRequest, inline
from asl_toolkit.services.registry import Services
from asl_toolkit.services.tokens import TaskTokens


class _GivenToken(TaskTokens):
    """The token of a test whose context object has one."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token

    def new(self) -> str:
        """That token."""
        return self._token


class StateTests(Part):
    """Tests of single states."""

    @operation(NAME)
    def test_state(self, request: Request) -> Response:
        """Run a state, or the state `stateName` of a whole definition, and describe its end."""
        test = Reader(self._registry).read(request)
        inspection = Inspection(request.get("input", "{}"))
        state = inspection.watch(test.subject.state)
        stage = Stage(test.subject.machine, self._serving(state, test), test.variables)
        context = test.context
        if context is None:
            context = made_up(self._registry.place, state.name, test.input, request.get("roleArn"), stage.now)
        frame = stage.frame(state, Payload(test.input), context)
        inspection.before(frame)
        answer = answer_to(frame, stage, request.get("stateConfiguration", {}), test.mocked, inspection)
        if request.get("inspectionLevel", "INFO") == "INFO":
            return answer
        return {**answer, "inspectionData": inspection.data()}

    def _serving(self, state: State, test: StateRequest) -> Services:
        """The client's services, with a handler for the state under test."""
        services = self._registry.services
        token = (test.context or {}).get("Task", {}).get("Token")
        return Services(
            services.handlers,
            functions=services.functions,
            states={state.name: _answering(services, state, test.mocked)},
            region=services.region,
            account=services.account,
            workers=services.workers,
            tokens=None if token is None else _GivenToken(token),
        )


def _answering(services: Services, state: State, mocked: Json) -> Handler:
    """The handler of a Task under test: its mock, or its real handler, called on the test's thread."""
    real = services.handler(state.resource, state.name) if isinstance(state, TaskState) else None
    if real is not None and mocked is MISSING:
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
