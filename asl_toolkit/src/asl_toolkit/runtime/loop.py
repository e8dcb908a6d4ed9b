"""A small event loop of one thread: fibers (coroutines), one-shot signals, timers on an injected clock.

Why not asyncio: its time cannot be replaced without private parts, and an execution needs waits that pass at once, a
stop that reaches every fiber, and thousands of cheap waiting children. All is single-threaded but `post`.
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
_LONGEST_BLOCK = 86_400.0
_LOOK = 0.05  # seconds after which it is asked again whether other executions on the clock go on


def _nothing() -> None:
    """Posted to wake a loop."""


class Waiting(Protocol):
    """Work that waits for an answer from outside of the loop."""

    def give_up(self) -> bool:
        """No answer will come: end the wait. False if this wait cannot end."""


class Cancelled(BaseException):
    """Thrown into a fiber that is to end; not an Exception, so that nothing takes it for a failure."""


class Signal(Generic[T]):
    """Something that happens once: the first `set` wins, later ones are ignored. One fiber may await it."""

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
        """Have `action` called when it happens, at once if it has."""
        if self.is_set:
            action()
        elif self._also is None:
            self._also = [action]
        else:
            self._also.append(action)

    def __await__(self) -> Generator["Signal[T]", None, T]:
        """The value, once it is there."""
        if not self.is_set:
            yield self
        return self._value

    def attach(self, fiber: "Fiber[Any]") -> None:
        """Let `fiber` go on when this happens."""
        self._waiter = fiber

    def detach(self) -> None:
        """Forget the waiting fiber."""
        self._waiter = None


class Turn(Signal[None]):
    """Awaiting it lets the other fibers that are ready go first."""

    __slots__ = ()

    def attach(self, fiber: "Fiber[Any]") -> None:
        """Queue the fiber again, behind the others."""
        self._loop.wake(fiber)

    def __await__(self) -> Generator[Signal[Any], None, None]:
        """Go on when the others have had their turn."""
        yield self


class Fiber(Generic[T]):
    """A running coroutine. `ended` is set when it is over; `result()` gives its value or raises what it raised."""

    __slots__ = ("_cancelled", "_cancelling", "_coroutine", "_error", "_value", "_waits_for", "ended", "scheduled")

    def __init__(self, loop: "Loop", coroutine: Coroutine[Signal[Any], None, T]) -> None:
        self._coroutine = coroutine
        self._waits_for: Signal[Any] | None = None
        self._cancelling: BaseException | None = None
        self._cancelled = False
        self._error: BaseException | None = None
        self.scheduled = False  # it stands in the loop's queue
        self.ended: Signal[Fiber[T]] = Signal(loop)

    def advance(self) -> None:
        """Run to the next thing it waits for."""
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
        except Exception as error:  # noqa: BLE001 - it is kept for whoever asks for the result
            self._error = error
            self.ended.set(self)
        else:
            self._waits_for = signal
            signal.attach(self)

    def cancel(self, loop: "Loop") -> None:
        """Throw Cancelled into it at the place where it waits, once however often it is asked for."""
        if self.ended.is_set or self._cancelled:
            return
        self._cancelled = True
        if self._waits_for is not None:
            self._waits_for.detach()
        self._cancelling = Cancelled()
        loop.wake(self)

    def result(self) -> T:
        """What the coroutine returned; raises what it raised."""
        if self._error is not None:
            raise self._error
        return self._value


class Loop:
    """Runs fibers until the main one has ended.

    `waiting` holds what awaits an answer from outside. `patience` is how many seconds of this machine it may take when the
    clock is virtual and nothing else can happen (0: no answer will come; None: wait for ever).
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

    def spawn(self, coroutine: Coroutine[Signal[Any], None, T]) -> Fiber[T]:
        """Start a fiber; it runs when the running one waits."""
        fiber = Fiber(self, coroutine)
        self.wake(fiber)
        return fiber

    def wake(self, fiber: "Fiber[Any]") -> None:
        """Let a fiber go on, once however often it is woken."""
        if not fiber.scheduled:
            fiber.scheduled = True
            self._ready.append(fiber)

    def at(self, deadline: float, signal: Signal[T], value: T) -> None:
        """Set `signal` to `value` when the clock shows `deadline`, unless something has set it before."""
        if len(self._timers) >= self._compact_at:
            self._timers = [entry for entry in self._timers if not entry[2].is_set]
            heapq.heapify(self._timers)
            self._compact_at = max(256, 2 * len(self._timers))
        heapq.heappush(self._timers, (deadline, next(self._numbers), signal, value))

    def do(self, job: Callable[[], bool]) -> None:
        """Have `job` done when no fiber is ready. It returns False when another thread runs the loop by then."""
        self._jobs.append(job)

    def when_idle(self, more: Callable[[], bool]) -> None:
        """Have `more` called whenever nothing can go on before a post or a timer, until it returns False: nothing is left."""
        self._when_idle.append(more)

    def post(self, action: Callable[[], None]) -> None:
        """Have `action` called on the loop's thread, or here and now when the loop is closed; from any thread."""
        with self._closing:
            if not self._closed:
                self.clock.deliver(self, partial(self._inbox.put, action))
                return
        action()

    def rouse(self) -> None:
        """From the clock: its time has come."""
        self._inbox.put(_nothing)

    def has_post(self) -> bool:
        """Whether something was posted that has not been done."""
        return not self._inbox.empty()

    def join(self, *, nested: bool) -> None:
        """The loop is about to run, `nested` if others run on the same clock; `leave` is the counterpart."""
        self.shares = self.clock.join(self, nested=nested)

    def leave(self) -> None:
        """The loop has ended and has posted everything that others need."""
        self.clock.leave(self)

    def close(self) -> None:
        """Nothing runs any more: do what was posted meanwhile, so that late answers still arrive."""
        with self._closing:
            self._closed = True
        self._take_posted(None)
        while self._jobs:  # each was expected, and is not done any more
            self._jobs.pop()
            self.arrived()

    def expect(self) -> None:
        """Something outside is at work and will `post`: a virtual clock stands still until `arrived`."""
        self._expected += 1
        self.clock.at_work(1)

    def arrived(self) -> None:
        """What was expected has come."""
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
        """Do what was posted; with `seconds`, wait so long for the first. True when there was any."""
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
        """Set the signals whose time has come. True when there was any."""
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
        """Nothing to do: wait for a post or for the next timer."""
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
        """Nothing here ends the waiting: give other threads some seconds of this machine to, then end the first that can be."""
        while not self._take_posted(seconds or None):
            if not self.clock.all_asleep():
                seconds = _LOOK
                continue
            self.clock.deliver(self, _nothing)  # it is awake
            if not any(work.give_up() for work in list(self.waiting)) and not self.clock.sleep(self, None):
                self._inbox.get()()
            return
