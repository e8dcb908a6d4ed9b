"""One attempt's work outside of the loop: the handler's call, its job, its token, its deadlines."""

import json
import logging
import math
from concurrent.futures import CancelledError, Future
from enum import Enum
from typing import TYPE_CHECKING, Final

from asl_toolkit.errors import RuntimeFailure, TaskFailed
from asl_toolkit.runtime.loop import Signal
from asl_toolkit.services.contract import Handler, Later, Submitted, TaskRequest, is_inline

if TYPE_CHECKING:
    from collections.abc import Callable

    from asl_toolkit.json_value import Json
    from asl_toolkit.runtime.run import Run

_log = logging.getLogger(__name__)


class Late(Enum):
    """The deadline that has passed."""

    TIMEOUT = "timeout"
    HEARTBEAT = "heartbeat"


TIMEOUT: Final = Late.TIMEOUT
HEARTBEAT: Final = Late.HEARTBEAT


class _Began:
    """The handler has returned. A job runs elsewhere, or the task waits for a token."""


class Work:
    """Starts a handler and waits for its end; `close` cancels unfinished work.

    A `.sync` Task has a `token` too, which may end it (API reference, SendTaskSuccess: "optionally Task states using the job
    run pattern"). Its job then continues.
    """

    def __init__(self, run: "Run", request: TaskRequest, token: str | None) -> None:
        self._run = run
        self._request = request
        self._loop = run.loop
        self._token = token
        self._answered = False  # by the token
        self.on_taken: Callable[[str | None], None] = _nothing  # gets the name of an activity's worker
        self._ended: Signal[object] = Signal(run.loop)
        self._began: Signal[object] = Signal(run.loop)
        self.key = request.state_name
        self.over = False
        self._outside = 0
        self.submitted: Submitted | None = None
        self._last_beat = 0.0
        self._next_beat: Signal[None] | None = None
        self._beats = request.task_token is not None or request.service == "activity"  # whether HeartbeatSeconds applies

    async def start(self, handler: Handler) -> object:
        """Call the handler. Returns its result, TaskFailed or a deadline; if `submitted` is set, the end comes later."""
        self._loop.expect()  # before the deadline is set: a clock that runs ahead when nothing works must not pass it
        try:
            self._set_deadline()
            if self._token is not None:
                self._expect_token()
            if is_inline(handler, self._request):
                self.take(_call(handler, self._request))
            else:
                self._handler = handler
                self._run.calls.submit(self)
        finally:
            self._loop.arrived()
        return await self._began

    def _set_deadline(self) -> None:
        if self._request.timeout_seconds is not None:
            deadline = self._loop.clock.now() + self._request.timeout_seconds
            self._loop.at(deadline, self._ended, TIMEOUT)
            self._loop.at(deadline, self._began, TIMEOUT)

    def make(self) -> object:
        """Call the handler, on any thread."""
        return _call(self._handler, self._request)

    def take(self, answer: object) -> None:
        """What the handler returned or raised."""
        if self.over or self._began.is_set:
            if isinstance(answer, Submitted):
                _cancel(answer)
            return
        if isinstance(answer, (TaskFailed, RuntimeFailure)):
            self._began.set(answer)
            return
        if isinstance(answer, Later):
            self._wait(answer)
            return
        if self._request.pattern == "request_response" and not isinstance(answer, Submitted):
            self._began.set(answer)
            return
        self._submit(answer)

    def _wait(self, later: Later) -> None:
        """The answer comes at its time on the execution's clock."""
        self.submitted = Submitted(later.submitted, Future(), idle=True)
        self._beats = self._beats or later.beat_seconds is not None
        if math.isfinite(later.seconds):
            self._loop.at(self._loop.clock.now() + later.seconds, self._ended, later.answer)
        if later.beat_seconds is not None and (math.isfinite(later.seconds) or self._request.timeout_seconds is not None):
            self._loop.spawn(self._beat_every(later.beat_seconds))
        self._began.set(_Began)

    async def _beat_every(self, seconds: float) -> None:
        while not self._ended.is_set:
            beat = self._next_beat = Signal(self._loop)
            self._loop.at(self._loop.clock.now() + seconds, beat, None)
            await beat
            self._beat()

    def _submit(self, answer: object) -> None:
        if isinstance(answer, Submitted):
            self.submitted = answer
            if not answer.idle:
                self._outside += 1
                if not answer.on_this_clock:
                    self._loop.expect()
            if answer.beating is not None:
                post = self._loop.post
                answer.beating(lambda: post(self._beat), lambda name: post(lambda: self._taken(name)))
            answer.completion.add_done_callback(self._completed_outside)
        else:
            future: Future[Json] = Future()
            self.submitted = Submitted(answer, future)
            if self._request.task_token is None:
                self._ended.set(answer)
        self._began.set(_Began)

    def _completed_outside(self, future: "Future[Json]") -> None:
        def arrive() -> None:
            if self._outside:
                self._came_back()
            self._ended.set(_outcome(future))

        self._loop.post(arrive)

    @property
    def by_worker(self) -> bool:
        """Whether a worker takes the task later: heartbeats count from that moment (floci-io/floci, issue 2733)."""
        return self.submitted is not None and self.submitted.beating is not None

    def _taken(self, worker: str | None) -> None:
        if self.over or self._ended.is_set:
            return
        self.on_taken(worker)
        self._beat()
        if self._request.heartbeat_seconds is not None:
            self._watch_heartbeat()

    def _came_back(self) -> None:
        """Work outside has ended."""
        self._outside -= 1
        if self.submitted is None or not self.submitted.on_this_clock:
            self._loop.arrived()

    async def completion(self) -> object:
        """The end of the submitted work: a result, TaskFailed, or a deadline."""
        watched = self._beats and not self.by_worker
        if self._request.heartbeat_seconds is not None and watched and not self._ended.is_set:
            self._last_beat = self._loop.clock.now()
            self._watch_heartbeat()
        self._loop.waiting[self] = None
        try:
            return await self._ended
        finally:
            self._loop.waiting.pop(self, None)

    def give_up(self) -> bool:
        """End the wait, because nothing else can happen and the clock stands still. False if work outside will end it."""
        if self._ended.is_set or self._outside:
            return False
        self._ended.set(RuntimeFailure(_stuck(self._request), "Mock.NoAnswer", bare=True))
        return True

    def _watch_heartbeat(self) -> None:
        """Check when the next heartbeat is due. A heartbeat in time moves the deadline."""
        seconds = self._request.heartbeat_seconds or 0.0
        due: Signal[None] = Signal(self._loop)
        self._loop.spawn(self._heartbeat(due, self._last_beat + seconds))

    async def _heartbeat(self, due: "Signal[None]", deadline: float) -> None:
        self._loop.at(deadline, due, None)
        await due
        if self._ended.is_set:
            return
        seconds = self._request.heartbeat_seconds or 0.0
        if self._last_beat + seconds <= self._loop.clock.now():
            self._ended.set(HEARTBEAT)
        else:
            self._watch_heartbeat()

    def _expect_token(self) -> None:
        def take(answer: object) -> None:
            self._answered = True
            self._ended.set(answer)

        post = self._loop.post
        self._run.services.tokens.wait(str(self._token), lambda answer: post(lambda: take(answer)), lambda: post(self._beat))

    def _beat(self) -> None:
        self._last_beat = self._loop.clock.now()

    def close(self) -> None:
        """The attempt has ended: forget the token and cancel unfinished work."""
        self.over = True
        if self._token is not None:
            self._run.services.tokens.forget(self._token)
        while self._outside:
            self._came_back()
        submitted = self.submitted
        waits_for_token = self._request.task_token is not None
        if submitted is not None and not (submitted.completion.done() or self._answered or waits_for_token):
            _cancel(submitted)
        self._began.set(None)
        self._ended.set(None)
        if self._next_beat is not None:
            self._next_beat.set(None)


def _nothing(_worker: str | None) -> None:
    """The default of `on_taken`: does nothing."""


def _stuck(request: TaskRequest) -> str:
    """Why a Task would wait for ever, and what to do about it."""
    name, what = request.state_name, f"{request.service}:{request.action}"
    waits = "a task token" if request.task_token is not None else f"the end of {what}"
    answers = f'a mock {{"states": {{{json.dumps(name)}: {{"result": …}}}}}}'
    if request.task_token is not None:
        answers += ", send_task_success with $$.Task.Token from a handler or another thread"
    return (
        f"The state {name!r} waits for {waits}, no answer comes, and no timeout ends it: the virtual clock would stand still "
        f"for ever. Answer it ({answers}), or give the state TimeoutSeconds."
    )


def _call(handler: Handler, request: TaskRequest) -> object:
    """The handler's answer; its exception becomes TaskFailed."""
    try:
        return handler(request)
    except (TaskFailed, RuntimeFailure) as failure:
        return failure
    except BaseException as error:  # noqa: BLE001 - any exception of a handler is its task's failure and must not end the loop
        _log.warning("the handler of the state %r raised", request.state_name, exc_info=True)
        return _unexpected(error)


def _outcome(future: "Future[Json]") -> object:
    try:
        return future.result()
    except TaskFailed as failure:
        return failure
    except (CancelledError, Exception) as error:  # noqa: BLE001 - any end of a task is an answer
        return _unexpected(error)


def _unexpected(error: BaseException) -> TaskFailed:
    body = {"errorMessage": str(error), "errorType": type(error).__name__}
    return TaskFailed("States.TaskFailed", json.dumps(body))


def _cancel(submitted: Submitted) -> None:
    try:
        submitted.cancel()
    except Exception:  # noqa: BLE001 - the execution continues
        _log.warning("cancelling a task failed", exc_info=True)
