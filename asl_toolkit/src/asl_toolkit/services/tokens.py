"""Task tokens: the waiting tasks, and the calls that answer: send_task_success, send_task_failure, send_task_heartbeat."""

import re
import threading
from collections.abc import Callable
from secrets import token_urlsafe

from asl_toolkit.errors import AslError, TaskFailed
from asl_toolkit.json_value import Json


class TaskDoesNotExist(AslError):  # noqa: N818 - named after what happened
    """No task waits for this token: it was never issued, was answered before, or its task has timed out."""


class TaskTimedOut(TaskDoesNotExist):
    """Its task has been answered, has timed out, or was stopped."""


class InvalidToken(TaskDoesNotExist):
    """The text is not a token."""


_BYTES = 96
_FORM = re.compile(r"[A-Za-z0-9_-]{128}")  # the length of token_urlsafe for this number of bytes
_MOST_KNOWN = 10_000  # number of issued tokens to remember


class TaskTokens:
    """The tokens of all waiting tasks. Any thread may use it.

    If an execution on a virtual clock can do nothing else and has no timeout, it waits `patience` seconds of this computer's
    time for an answer from another thread, then it fails. 0: no other thread answers; None: wait for ever.
    """

    def __init__(self, *, patience: float | None = 10.0) -> None:
        self.patience = patience
        self._lock = threading.Lock()
        self._issued: dict[str, None] = {}
        self._waiting: dict[str, tuple[Callable[[Json | TaskFailed], None], Callable[[], None]]] = {}

    def new(self) -> str:
        """A new token."""
        token = token_urlsafe(_BYTES)
        with self._lock:
            self._issued[token] = None
            if len(self._issued) > _MOST_KNOWN:
                del self._issued[next(iter(self._issued))]
        return token

    def wait(self, token: str, answered: Callable[[Json | TaskFailed], None], beat: Callable[[], None]) -> None:
        """Call `answered` with the result or the failure, and `beat` at each heartbeat, on the sender's thread."""
        with self._lock:
            self._waiting[token] = (answered, beat)

    def forget(self, token: str) -> None:
        """Remove a token: its task no longer waits."""
        with self._lock:
            self._waiting.pop(token, None)

    def send_success(self, token: str, output: Json) -> None:
        """Complete the task; `output` is its result (a JSON value). Raises TaskDoesNotExist, TaskTimedOut or InvalidToken."""
        self._take(token)(output)

    def send_failure(self, token: str, error: str | None = None, cause: str | None = None) -> None:
        """Fail the task. Raises the same errors as `send_success`."""
        self._take(token)(TaskFailed(error, cause))

    def send_heartbeat(self, token: str) -> None:
        """Report a heartbeat. Raises the same errors as `send_success`."""
        self.require(token)()

    def require(self, token: str) -> Callable[[], None]:
        """The heartbeat of the task that waits for a token. Raises the same errors as `send_success`."""
        with self._lock:
            waiting = self._waiting.get(token)
        if waiting is None:
            raise self._no_task(token)
        return waiting[1]

    def _take(self, token: str) -> Callable[[Json | TaskFailed], None]:
        with self._lock:
            waiting = self._waiting.pop(token, None)
        if waiting is None:
            raise self._no_task(token)
        return waiting[0]

    def _no_task(self, token: str) -> TaskDoesNotExist:
        """AWS's message that no task waits for a token."""
        if token in self._issued:
            return TaskTimedOut("Task Timed Out: 'Provided task does not exist anymore'")
        if not _FORM.fullmatch(token):
            return InvalidToken("Invalid Token: 'Invalid token'")
        return TaskDoesNotExist("Task does not exist: the token was never given out here")
