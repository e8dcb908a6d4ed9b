"""Clocks that an execution can run on: the real one, a scaled one, and one whose waits pass at once.

A clock counts in seconds of the execution's own time; only `real_delay` is in seconds of this machine.
"""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from math import inf, isfinite
from typing import Protocol


class Sleeper(Protocol):
    """An execution's loop, as a clock sees it that goes on only when all loops on it have nothing to do."""

    def rouse(self) -> None:
        """Let it look at the clock again."""

    def has_post(self) -> bool:
        """Whether something waits for it that came from outside."""


class Clock(ABC):
    """The time of an execution. One clock may serve several executions, from any thread."""

    @abstractmethod
    def now(self) -> float:
        """Seconds since 1970, never going backwards."""

    @abstractmethod
    def real_delay(self, until: float) -> float:
        """Seconds of this machine to block until the clock shows `until`; 0 when that has come."""

    def idle_until(self, until: float) -> None:  # noqa: B027 - most clocks have nothing to do
        """Called when nothing can happen before `until`: a virtual clock goes there, others do nothing."""

    def at_work(self, change: int) -> None:  # noqa: B027 - most clocks don't mind
        """Called with 1 when something outside begins to work for an execution, with -1 when its end has been heard of."""

    def join(self, sleeper: Sleeper, *, nested: bool) -> bool:  # noqa: ARG002 - real time asks nobody
        """A loop begins to run on this clock; whether others may run beside it on one time. `nested`: one of them started it."""
        return not self.virtual

    def leave(self, sleeper: Sleeper) -> None:  # noqa: B027 - as above
        """The loop runs no more."""

    def sleep(self, sleeper: Sleeper, until: float | None) -> bool:  # noqa: ARG002 - as above
        """A loop on virtual time has nothing to do before `until` (None: before a post). False: it has to wait for a post."""
        if until is None:
            return False
        self.idle_until(until)
        return True

    def deliver(self, sleeper: Sleeper, put: Callable[[], None]) -> None:  # noqa: ARG002 - as above
        """`put` gives a loop something to do: time stands still from then on, until the loop sleeps again."""
        put()

    def all_asleep(self) -> bool:
        """Whether no other loop on this clock has anything to do, now or later."""
        return True

    @property
    def virtual(self) -> bool:
        """True when waits pass at once."""
        return False


class SystemClock(Clock):
    """This machine's time, steady even when somebody sets it."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Seconds since 1970."""
        return time.monotonic() + self._offset

    def real_delay(self, until: float) -> float:
        """The difference to now."""
        return max(0.0, until - self.now())


class ScaledClock(Clock):
    """A clock that runs `factor` times as fast: with 60, a Wait of a minute takes a second. `start`: what it shows now."""

    def __init__(self, factor: float, start: float | None = None) -> None:
        if not 0 < factor < float("inf"):
            raise ValueError(f"ScaledClock needs a factor above 0, not {factor!r}")
        self._factor = factor
        self._start = time.time() if start is None else start
        self._real_start = time.monotonic()

    def now(self) -> float:
        """Seconds since 1970, of a time that runs faster."""
        return self._start + (time.monotonic() - self._real_start) * self._factor

    def real_delay(self, until: float) -> float:
        """The difference to now, scaled down."""
        return max(0.0, (until - self.now()) / self._factor)


class VirtualClock(Clock):
    """A clock that stands still while something works and jumps to the next deadline when nothing does.

    Two runs of one machine with handlers that answer the same give the same history, timestamps too: it begins at `start`
    (seconds since 1970), without it at 2023-11-14T22:13:20Z.

    A nested execution runs on its parent's clock: it jumps when neither has anything to do, to the nearest deadline of all.
    """

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self._now = start
        self._lock = threading.RLock()
        self._sleepers: dict[Sleeper, float | None] = {}  # when each wants to go on (inf: when it gets a post); None: awake

    def now(self) -> float:
        """Seconds since 1970, as far as the waits have gone."""
        return self._now

    def real_delay(self, until: float) -> float:  # noqa: ARG002 - no wait is real here
        """Always 0."""
        return 0.0

    def idle_until(self, until: float) -> None:
        """Jump there, if it is ahead."""
        self._now = max(self._now, until)

    def join(self, sleeper: Sleeper, *, nested: bool) -> bool:
        """The first loop, and those that it starts: another one that was given the same clock goes its own way, as before."""
        with self._lock:
            if self._sleepers and not nested:
                return False
            self._sleepers[sleeper] = None
        return True

    def leave(self, sleeper: Sleeper) -> None:
        """The others need not wait for it."""
        with self._lock:
            if sleeper in self._sleepers:
                del self._sleepers[sleeper]
                self._jump()

    def sleep(self, sleeper: Sleeper, until: float | None) -> bool:
        """Jump when all sleep; the ones whose time has come are roused."""
        with self._lock:
            if sleeper not in self._sleepers or (len(self._sleepers) == 1 and until is not None):
                return super().sleep(sleeper, until)
            if sleeper.has_post():
                return True
            self._sleepers[sleeper] = inf if until is None else until
            self._jump()
        return False

    def deliver(self, sleeper: Sleeper, put: Callable[[], None]) -> None:
        """Both at once, so that the clock can't jump in between."""
        with self._lock:
            put()
            if sleeper in self._sleepers:
                self._sleepers[sleeper] = None

    def all_asleep(self) -> bool:
        """Whether every loop waits for a post."""
        with self._lock:
            return all(until == inf for until in self._sleepers.values())

    def _jump(self) -> None:
        """Go to the nearest time that a sleeper waits for, if none is awake; the lock is held."""
        times = [until for until in self._sleepers.values() if until is not None]
        nearest = min(times, default=inf)
        if len(times) < len(self._sleepers) or not isfinite(nearest):
            return
        self._now = max(self._now, nearest)
        for sleeper, until in self._sleepers.items():
            if until is not None and until <= self._now:
                self._sleepers[sleeper] = None
                sleeper.rouse()

    @property
    def virtual(self) -> bool:
        """True."""
        return True
