"""The clocks of an execution: the real one, a scaled one, and one whose waits pass at once.

A clock counts in seconds of the execution's time; only `real_delay` is in seconds of this machine.
"""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from math import inf, isfinite
from typing import Protocol


class Sleeper(Protocol):
    """The loop of an execution, for a clock that advances only when all its loops are idle."""

    def rouse(self) -> None:
        """The clock has changed: look at it again."""

    def has_post(self) -> bool:
        """Whether something was posted that has not been done."""


class Clock(ABC):
    """The time of an execution. One clock may serve several executions, from any thread."""

    @abstractmethod
    def now(self) -> float:
        """Seconds since 1970, never going backwards."""

    @abstractmethod
    def real_delay(self, until: float) -> float:
        """Seconds of this machine to block until the clock shows `until`; 0 if that time has come."""

    def idle_until(self, until: float) -> None:  # noqa: B027 - most clocks have nothing to do
        """Called when nothing can happen before `until`: a virtual clock jumps there, others do nothing."""

    def at_work(self, change: int) -> None:  # noqa: B027 - most clocks ignore it
        """Called with 1 when work outside of the execution begins, and with -1 when its end has arrived."""

    def join(self, sleeper: Sleeper, *, nested: bool) -> bool:  # noqa: ARG002 - real time needs no other loop
        """A loop begins to run on this clock. Whether others may share its time. `nested`: a loop on this clock started it."""
        return not self.virtual

    def leave(self, sleeper: Sleeper) -> None:  # noqa: B027 - as above
        """The loop has ended."""

    def sleep(self, sleeper: Sleeper, until: float | None) -> bool:  # noqa: ARG002 - as above
        """A loop on virtual time is idle before `until` (None: before a post). False: it must wait for a post."""
        if until is None:
            return False
        self.idle_until(until)
        return True

    def deliver(self, sleeper: Sleeper, put: Callable[[], None]) -> None:  # noqa: ARG002 - as above
        """`put` gives a loop work: time stands still until the loop sleeps again."""
        put()

    def all_asleep(self) -> bool:
        """Whether no other loop on this clock has work, now or later."""
        return True

    @property
    def virtual(self) -> bool:
        """True when waits pass at once."""
        return False


class SystemClock(Clock):
    """This machine's time. It stays steady if a person sets the machine's clock."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Seconds since 1970."""
        return time.monotonic() + self._offset

    def real_delay(self, until: float) -> float:
        """The difference to now."""
        return max(0.0, until - self.now())


class ScaledClock(Clock):
    """A clock that runs `factor` times as fast: with 60, a Wait of a minute takes a second. `start` is its first time."""

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
    """A clock that stands still during work and jumps to the next deadline when all is idle.

    Two runs of one machine with the same answers of handlers give the same history and timestamps. It begins at `start`
    (seconds since 1970), by default at 2023-11-14T22:13:20Z. A nested execution runs on its parent's clock, which jumps when
    both are idle, to the nearest deadline of all.
    """

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self._now = start
        self._lock = threading.RLock()
        self._sleepers: dict[Sleeper, float | None] = {}  # the time that each waits for (inf: a post); None: awake

    def now(self) -> float:
        """Seconds since 1970, including the skipped waits."""
        return self._now

    def real_delay(self, until: float) -> float:  # noqa: ARG002 - no wait is real here
        """Always 0."""
        return 0.0

    def idle_until(self, until: float) -> None:
        """Jump to this time, if it is ahead."""
        self._now = max(self._now, until)

    def join(self, sleeper: Sleeper, *, nested: bool) -> bool:
        """True for the first loop and the loops that it starts. Any other loop uses the clock without the others."""
        with self._lock:
            if self._sleepers and not nested:
                return False
            self._sleepers[sleeper] = None
        return True

    def leave(self, sleeper: Sleeper) -> None:
        """The others no longer wait for it."""
        with self._lock:
            if sleeper in self._sleepers:
                del self._sleepers[sleeper]
                self._jump()

    def sleep(self, sleeper: Sleeper, until: float | None) -> bool:
        """Jump when all sleep, and rouse the loops whose time has come."""
        with self._lock:
            if sleeper not in self._sleepers or (len(self._sleepers) == 1 and until is not None):
                return super().sleep(sleeper, until)
            if sleeper.has_post():
                return True
            self._sleepers[sleeper] = inf if until is None else until
            self._jump()
        return False

    def deliver(self, sleeper: Sleeper, put: Callable[[], None]) -> None:
        """Put and wake in one step, so that the clock cannot jump in between."""
        with self._lock:
            put()
            if sleeper in self._sleepers:
                self._sleepers[sleeper] = None

    def all_asleep(self) -> bool:
        """Whether every loop waits for a post."""
        with self._lock:
            return all(until == inf for until in self._sleepers.values())

    def _jump(self) -> None:
        """Go to the nearest time that a sleeper waits for, if none is awake. The caller holds the lock."""
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
