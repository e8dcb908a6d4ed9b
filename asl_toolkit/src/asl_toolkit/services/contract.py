"""The contract between the interpreter and whoever does a Task's work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from asl_toolkit.definition.resource import Pattern
from asl_toolkit.json_value import Json

if TYPE_CHECKING:
    from concurrent.futures import Future


@dataclass(frozen=True, slots=True)
class TaskRequest:
    """One attempt of a Task, as its handler gets it.

    `parameters` is what Parameters (or Arguments) made; without them it is the state's input after InputPath. `input` is
    the state's raw input. Seconds are None where the definition sets none. `task_token` is set for waitForTaskToken.
    """

    resource: str
    service: str
    action: str
    pattern: Pattern
    parameters: Json
    input: Json
    state_name: str
    context: Mapping[str, Json]
    timeout_seconds: float | None = None
    heartbeat_seconds: float | None = None
    credentials: Json = None
    task_token: str | None = None


def _nothing() -> None:
    """The default of `cancel`: nothing to end."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a handler of a `.sync` Task returns once the work is under way.

    `output` becomes that of TaskSubmitted (a request-response Task has no such event). `completion` is resolved, from any
    thread, with the Task's final result or with TaskFailed. `cancel` is called when nobody waits any more (timeout, stop,
    a sibling's failure): it must return quickly and may be called although the work has ended. `idle` says that nothing
    is at work, so that a virtual clock need not stand still for it: a job that hangs until its timeout.
    """

    output: Json
    completion: "Future[Json]"
    cancel: Callable[[], None] = field(default=_nothing)
    idle: bool = False


Handler: TypeAlias = Callable[[TaskRequest], "Json | Submitted"]
Function: TypeAlias = Callable[[Any, Any], Any]  # a Lambda handler: any event, any context, any JSON value

_INLINE = "asl_toolkit_inline"


class CheckedHandler:
    """A handler whose parameters are checked before the task is scheduled, as Step Functions does.

    `check` raises RuntimeFailure (States.Runtime, which no Catch sees) for parameters that cannot be sent.
    """

    def __init__(self, handler: Handler, check: Callable[[TaskRequest], None]) -> None:
        self._handler = handler
        self.check = check
        if is_inline(handler):
            inline(self)

    def __call__(self, request: TaskRequest) -> "Json | Submitted":
        """Call the handler."""
        return self._handler(request)


def inline(handler: Handler) -> Handler:
    """Mark a handler as cheap: it is called on the interpreter's own thread, so it must never block.

    Use it as a decorator. A plain handler is called on a thread of its own.
    """
    setattr(handler, _INLINE, True)
    return handler


def is_inline(handler: Handler) -> bool:
    """Whether a handler was marked as cheap."""
    return getattr(handler, _INLINE, False) is True
