"""The contract between the interpreter and the handlers of Tasks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from asl_toolkit.definition.resource import Pattern
from asl_toolkit.json_value import Json

if TYPE_CHECKING:
    from concurrent.futures import Future

    from asl_toolkit.clock import Clock
    from asl_toolkit.errors import TaskFailed


@dataclass(slots=True)  # not frozen: each attempt has its own, and a frozen one costs a tenth of all that a Task costs
class TaskRequest:
    """One attempt of a Task: the argument of its handler.

    `parameters` is the value of Parameters (or Arguments); without them it is the state's input after InputPath. `input` is
    the state's raw input. Seconds are None if the definition does not set them. `task_token` is set for waitForTaskToken,
    `clock` if a nested execution can run on the clock of its parent. The values are those of the execution, and not copies: a
    handler that changes `parameters` or `input` changes them for the next attempt too.
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
    clock: "Clock | None" = None


def _nothing() -> None:
    """The default of `cancel`: does nothing."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """The return value of a `.sync` handler after it has started the work.

    `output` is the output of TaskSubmitted (a request-response Task has no such event). Resolve `completion`, from any thread,
    with the Task's result or with TaskFailed. The interpreter calls `cancel` when the Task ends early (timeout, stop, failure
    of a sibling): it must return quickly, and the work may already have ended. `idle` True means that no work is running, so
    a virtual clock does not wait: a job that hangs until its timeout. `on_this_clock` True means that the work is an execution
    on the request's clock. `beating` is for an activity: it gets a function that reports a heartbeat and one that
    reports the name of the worker that takes the task. Any thread may call them.
    """

    output: Json
    completion: "Future[Json]"
    cancel: Callable[[], None] = field(default=_nothing)
    idle: bool = False
    on_this_clock: bool = False
    beating: Callable[[Callable[[], None], Callable[[str | None], None]], None] | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """The return value of a handler whose answer comes after some seconds of the execution's clock.

    `answer` is the result or TaskFailed; `seconds` math.inf means never. A `.sync` Task is submitted at once with `submitted`.
    So is a Task that waits for a task token; its answer is that of the token. A request-response Task takes this time.
    `beat_seconds` is the time between heartbeats until then; None: no heartbeat.
    """

    seconds: float
    answer: "Json | TaskFailed"
    submitted: Json = None
    beat_seconds: float | None = None


Handler: TypeAlias = Callable[[TaskRequest], "Json | Submitted | Later"]
Function: TypeAlias = Callable[[Any, Any], Any]  # a Lambda handler: any event, any context, any JSON value

_C = TypeVar("_C", bound=Callable[..., object])
_INLINE = "asl_toolkit_inline"


class CheckedHandler:
    """A handler whose parameters are checked before TaskScheduled, as Step Functions does.

    `check` raises RuntimeFailure (States.Runtime, which nothing catches) for invalid parameters.
    """

    def __init__(self, handler: Handler, check: Callable[[TaskRequest], None]) -> None:
        self._handler = handler
        self.check = check
        if is_inline(handler):
            inline(self)

    def __call__(self, request: TaskRequest) -> "Json | Submitted | Later":
        """Call the handler."""
        return self._handler(request)


def inline(handler: _C) -> _C:
    """A decorator for a handler or Lambda function that never blocks: it is called at once.

    Other handlers may block: if a call takes longer than some milliseconds, the execution continues without it.
    """
    setattr(handler, _INLINE, True)
    return handler


def is_inline(handler: Callable[..., object], request: TaskRequest | None = None) -> bool:
    """Whether a handler is marked as inline. A handler that calls others decides per request (`inline_for`)."""
    inline_for: Callable[[TaskRequest], bool] | None = getattr(handler, "inline_for", None)
    if inline_for is not None and request is not None:
        return inline_for(request)
    return getattr(handler, _INLINE, False) is True
