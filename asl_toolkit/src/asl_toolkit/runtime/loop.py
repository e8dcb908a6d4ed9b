"""A small event loop of one thread: fibers (coroutines), one-shot signals, and timers on an injected clock.

It is not asyncio, because asyncio's time can be replaced only through private parts. An execution needs waits that pass at
once, a stop that reaches every fiber, and thousands of cheap waiting children. Only `post` may be called from other threads.
"""

import heapq
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

from asl_toolkit.clock import Clock

T = TypeVar("T")
LONGEST_SECONDS = 99_999_999  # of a Wait and of a time limit (AWS: "Maximum value is 99999999 at /States/Wait/Seconds")
_LONGEST_BLOCK = 86_400.0
_LOOK = 0.05  # seconds between checks whether other executions on the clock still run


def _nothing() -> None:
    """Posted only to wake a loop."""


class Waiting(Protocol):
    """Work that waits for an answer from outside of the loop."""

    def give_up(self) -> bool:
        """No answer will come: end the wait. Returns False if this wait cannot end."""


class Cancelled(BaseException):
    """Thrown into a fiber to end it. It is not an Exception, so that no handler treats it as a failure."""


class Signal(Generic[T]):
    """An event that happens once: the first `set` wins, later ones are ignored. One fiber may await it."""

    __slots__ = ("_also", "_loop", "_value", "_waiter", "is_set")

    def __init__(self, loop: "Loop") -> None:
        self._loop = loop
        self._also: list[Callable[[], None]] | None = None
        self._waiter: Fiber[Any] | None = None  # whose result type does not matter here
        self.is_set = False

    def set(self, value: T) -> None:
        """Set the value. Call it on the loop's thread only; other threads use `Loop.post`."""
        if self.is_set:
            return
        self.is_set = True
        self._value = value
        if self._waiter is not None:
            self._loop.wake(self._waiter)
            self._waiter = None
        if self._also is not None:
            for action in self._also:
                action()

    def also(self, action: Callable[[], None]) -> None:
        """Call `action` when the signal is set, or now if it is set already."""
        if self.is_set:
            action()
        elif self._also is None:
            self._also = [action]
        else:
            self._also.append(action)

    def __await__(self) -> Generator["Signal[T]", None, T]:
        """Wait for the value."""
        if not self.is_set:
            yield self
        return self._value

    def attach(self, fiber: "Fiber[Any]") -> None:
        """Continue `fiber` when the signal is set."""
        self._waiter = fiber

    def detach(self) -> None:
        """Forget the waiting fiber."""
        self._waiter = None


class Turn(Signal[None]):
    """Awaiting it lets the other ready fibers run first."""

    __slots__ = ()

    def attach(self, fiber: "Fiber[Any]") -> None:
        """Queue the fiber again, behind the others."""
        self._loop.wake(fiber)

    def __await__(self) -> Generator[Signal[Any], None, None]:
        """Continue after the others."""
        yield self


class Fiber(Generic[T]):
    """A running coroutine. `ended` is set at its end; `result()` returns its value or raises its error."""

    __slots__ = ("_cancelled", "_cancelling", "_coroutine", "_error", "_value", "_waits_for", "ended", "scheduled")

    def __init__(self, loop: "Loop", coroutine: Coroutine[Signal[Any], None, T]) -> None:
        self._coroutine = coroutine
        self._waits_for: Signal[Any] | None = None
        self._cancelling: BaseException | None = None
        self._cancelled = False
        self._error: BaseException | None = None
        self.scheduled = False  # it is in the loop's queue
        self.ended: Signal[Fiber[T]] = Signal(loop)

    def advance(self) -> None:
        """Run until it waits or ends."""
        self.scheduled = False
        if self.ended.is_set:
            return
        self._waits_for = None
        try:
            if self._cancelling is not None:
                error, self._cancelling = self._cancelling, None
                signal = self._coroutine.throw(error)
            else:
                signal = self._coroutine.send(None)
        except StopIteration as end:
            self._value: T = end.value
            self.ended.set(self)
        except Cancelled as error:
            self._error = error
            self.ended.set(self)
        except Exception as error:  # noqa: BLE001 - `result` raises it
            self._error = error
            self.ended.set(self)
        else:
            self._waits_for = signal
            signal.attach(self)

    def cancel(self, loop: "Loop") -> None:
        """Throw Cancelled into the fiber where it waits. Further calls change nothing."""
        if self.ended.is_set or self._cancelled:
            return
        self._cancelled = True
        if self._waits_for is not None:
            self._waits_for.detach()
        self._cancelling = Cancelled()
        loop.wake(self)

    def result(self) -> T:
        """The value of the coroutine, or its exception."""
        if self._error is not None:
            raise self._error
        return self._value


class Loop:
    """Runs fibers until the main one has ended.

    `waiting` has the waits for answers from outside. `patience` is how many seconds of this machine such an answer may take
    when the clock is virtual and nothing else can happen (0: no answer will come; None: wait for ever).
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._ready: deque[Fiber[Any]] = deque()
        self._timers: list[tuple[float, int, Signal[Any], object]] = []
        self._numbers = count()
        self._compact_at = 256
        self._inbox: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._jobs: deque[Callable[[], bool]] = deque()
        self._when_idle: list[Callable[[], bool]] = []
        self._expected = 0
        self.waiting: dict[Waiting, None] = {}
        self.patience: float | None = None
        self._closing = threading.Lock()
        self._closed = False
        self.shares = False  # whether nested executions may run on its clock
        self.turn = Turn(self)
        self._horizon: tuple[float, Callable[[], None]] | None = None

    def spawn(self, coroutine: Coroutine[Signal[Any], None, T]) -> Fiber[T]:
        """Start a fiber. It runs when the current one waits."""
        fiber = Fiber(self, coroutine)
        self.wake(fiber)
        return fiber

    def wake(self, fiber: "Fiber[Any]") -> None:
        """Continue a fiber; further calls before it runs change nothing."""
        if not fiber.scheduled:
            fiber.scheduled = True
            self._ready.append(fiber)

    def at(self, deadline: float, signal: Signal[T], value: T) -> None:
        """Set `signal` to `value` when the clock shows `deadline`. A signal that is set by then keeps its value."""
        if self._horizon is not None and deadline > self._horizon[0]:
            self._horizon[1]()
            return
        if len(self._timers) >= self._compact_at:
            self._timers = [entry for entry in self._timers if not entry[2].is_set]
            heapq.heapify(self._timers)
            self._compact_at = max(256, 2 * len(self._timers))
        heapq.heappush(self._timers, (deadline, next(self._numbers), signal, value))

    def end_at(self, horizon: float, end: Callable[[], None]) -> None:
        """No timer is set behind `horizon`: `end` is called instead, which sees to it that the loop ends at that time."""
        self._horizon = (horizon, end)

    def do(self, job: Callable[[], bool]) -> None:
        """Call `job` when no fiber is ready. It returns False if another thread drives the loop by then."""
        self._jobs.append(job)

    def when_idle(self, more: Callable[[], bool]) -> None:
        """Call `more` whenever only a post or a timer can continue the loop, until it returns False: it has no more work."""
        self._when_idle.append(more)

    def post(self, action: Callable[[], None]) -> None:
        """Call `action` on the loop's thread, or on this thread if the loop is closed. Any thread may call this."""
        with self._closing:
            if not self._closed:
                self.clock.deliver(self, partial(self._inbox.put, action))
                return
        action()

    def rouse(self) -> None:
        """The clock has reached the loop's time."""
        self._inbox.put(_nothing)

    def has_post(self) -> bool:
        """Whether a posted action has not run yet."""
        return not self._inbox.empty()

    def join(self, *, nested: bool) -> None:
        """The loop is about to run, `nested` if others run on the same clock; `leave` is the counterpart."""
        self.shares = self.clock.join(self, nested=nested)

    def leave(self) -> None:
        """The loop has ended and has posted everything that others need."""
        self.clock.leave(self)

    def close(self) -> None:
        """The loop has ended: run the posted actions, so that late answers still arrive."""
        with self._closing:
            self._closed = True
        self._take_posted(None)
        while self._jobs:  # each was expected, and will not run any more
            self._jobs.pop()
            self.arrived()

    def expect(self) -> None:
        """Work outside will `post` its end. A virtual clock stands still until `arrived`."""
        self._expected += 1
        self.clock.at_work(1)

    def arrived(self) -> None:
        """Expected work has ended."""
        self._expected -= 1
        self.clock.at_work(-1)

    def run(self, main: Fiber[T]) -> bool:
        """Run until `main` has ended (True), or another thread has taken the loop over (False)."""
        ready, jobs, ended = self._ready, self._jobs, main.ended
        while True:
            while ready:
                ready.popleft().advance()
                if ended.is_set:
                    return True
            if self._take_posted(None) or self._fire_timers():
                continue
            if jobs:
                if not jobs.popleft()():
                    return False
            elif not self._started_more():
                self._block()

    def _started_more(self) -> bool:
        while self._when_idle:
            if self._when_idle[-1]():
                return True
            self._when_idle.pop()
        return False

    def _take_posted(self, seconds: float | None) -> bool:
        """Run the posted actions; with `seconds`, wait up to this time for the first one. True if any ran."""
        if seconds is None and self._inbox.empty():
            return False
        any_job = False
        try:
            action = self._inbox.get_nowait() if seconds is None else self._inbox.get(timeout=seconds)
            while True:
                any_job = True
                action()
                action = self._inbox.get_nowait()
        except Empty:
            return any_job

    def _fire_timers(self) -> bool:
        """Set the signals whose time has come. True if it set any."""
        timers, fired = self._timers, False
        if not timers:
            return False
        now = self.clock.now()
        while timers and (timers[0][0] <= now or timers[0][2].is_set):
            _, _, signal, value = heapq.heappop(timers)
            fired = fired or not signal.is_set
            signal.set(value)
        return fired

    def _block(self) -> None:
        """Wait for a post or for the next timer."""
        if self.clock.virtual and not self._expected:
            if self.clock.sleep(self, self._timers[0][0] if self._timers else None):
                return
            if not self._timers and self.waiting and self.patience is not None:
                self._wait_for_answer(self.patience)
                return
        if not self._timers or self.clock.virtual:
            self._inbox.get()()
            return
        delay = self.clock.real_delay(self._timers[0][0])
        self._take_posted(min(max(delay, 0.0001), _LONGEST_BLOCK))

    def _wait_for_answer(self, seconds: float) -> None:
        """Nothing in this loop ends the wait: give other threads some seconds, then end the first wait that can be ended."""
        while not self._take_posted(seconds or None):
            if not self.clock.all_asleep():
                seconds = _LOOK
                continue
            self.clock.deliver(self, _nothing)  # it is awake
            if not any(work.give_up() for work in list(self.waiting)) and not self.clock.sleep(self, None):
                self._inbox.get()()
            return
