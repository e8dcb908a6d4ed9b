"""The contract between the interpreter and whoever does a Task's work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from asl_toolkit.definition.resource import Pattern
from asl_toolkit.json_value import Json

if TYPE_CHECKING:
    from concurrent.futures import Future

    from asl_toolkit.clock import Clock
    from asl_toolkit.errors import TaskFailed


@dataclass(frozen=True, slots=True)
class TaskRequest:
    """One attempt of a Task, as its handler gets it.

    `parameters` is what Parameters (or Arguments) made; without them it is the state's input after InputPath. `input` is
    the state's raw input. Seconds are None where the definition sets none. `task_token` is set for waitForTaskToken, `clock`
    where a nested execution can run on that of its parent.
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
    """The default of `cancel`: nothing to end."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a handler of a `.sync` Task returns once the work is under way.

    `output` becomes that of TaskSubmitted (a request-response Task has no such event). `completion` is resolved, from any
    thread, with the Task's final result or with TaskFailed. `cancel` is called when nobody waits any more (timeout, stop,
    a sibling's failure): it must return quickly and may be called although the work has ended. `idle` says that nothing
    is at work, so that a virtual clock need not stand still for it: a job that hangs until its timeout. `on_this_clock` says
    that it is an execution on the request's clock, which goes on when that has nothing to do, too. `beating` is given what notes
    a heartbeat, to be called from any thread (an activity's worker is at work).
    """

    output: Json
    completion: "Future[Json]"
    cancel: Callable[[], None] = field(default=_nothing)
    idle: bool = False
    on_this_clock: bool = False
    beating: Callable[[Callable[[], None]], None] | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """What a handler returns when the Task's answer comes by itself, after some seconds of the execution's own clock.

    `answer` is the result or TaskFailed; `seconds` math.inf means that it never comes. A `.sync` Task is submitted at once
    with `submitted`; so is one that waits for a task token, and the answer is that of the token. A request-response Task
    just takes so long. `beat_seconds` is how often a heartbeat comes until then; None: never.
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
    """A handler whose parameters are checked before the task is scheduled, as Step Functions does.

    `check` raises RuntimeFailure (States.Runtime, which no Catch sees) for parameters that cannot be sent.
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
    """Mark a handler, or a Lambda function, as cheap: it is called at once, so it must never block.

    Use it as a decorator. What is not marked may block: it is called when its turn has come, and the execution goes on beside
    a call that takes longer than some milliseconds.
    """
    setattr(handler, _INLINE, True)
    return handler


def is_inline(handler: Callable[..., object], request: TaskRequest | None = None) -> bool:
    """Whether a handler was marked as cheap; one that calls others for a request may tell for each (`inline_for`)."""
    inline_for: Callable[[TaskRequest], bool] | None = getattr(handler, "inline_for", None)
    if inline_for is not None and request is not None:
        return inline_for(request)
    return getattr(handler, _INLINE, False) is True
