"""Operations that answer task tokens."""

from collections.abc import Callable

from asl_toolkit.client.model import Request
from asl_toolkit.client.operation import Part, Response, operation
from asl_toolkit.json_value import loads
from asl_toolkit.services.tokens import TaskDoesNotExist, TaskTokens


class Tokens(Part):
    """Tasks that wait for a token."""

    @operation("SendTaskSuccess")
    def send_task_success(self, request: Request) -> Response:
        """Answer a token with success; `output` is JSON text. A wrong token is reported before a wrong output."""
        self._answer("SendTaskSuccess", lambda: self._tokens.require(request["taskToken"]))
        try:
            value = loads(request["output"])
        except ValueError as error:
            raise self._registry.error("InvalidOutput", f"Invalid Output: '{error}'", "SendTaskSuccess") from error
        return self._answer("SendTaskSuccess", lambda: self._tokens.send_success(request["taskToken"], value))

    @operation("SendTaskFailure")
    def send_task_failure(self, request: Request) -> Response:
        """Answer a token with a failure."""
        error, cause = request.get("error"), request.get("cause")
        return self._answer("SendTaskFailure", lambda: self._tokens.send_failure(request["taskToken"], error, cause))

    @operation("SendTaskHeartbeat")
    def send_task_heartbeat(self, request: Request) -> Response:
        """Report that a task is still running."""
        return self._answer("SendTaskHeartbeat", lambda: self._tokens.send_heartbeat(request["taskToken"]))

    @property
    def _tokens(self) -> TaskTokens:
        return self._registry.services.tokens

    def _answer(self, name: str, send: Callable[[], object]) -> Response:
        try:
            send()
        except TaskDoesNotExist as error:
            raise self._registry.error(type(error).__name__, str(error), name) from error
        return {}
