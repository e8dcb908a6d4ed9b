"""Clocks that an execution can run on: the real one, a scaled one, and one whose waits pass at once.

A clock counts in seconds of the execution's own time; only `real_delay` is in seconds of this machine.
"""

import time
from abc import ABC, abstractmethod


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
    """

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self._now = start

    def now(self) -> float:
        """Seconds since 1970, as far as the waits have gone."""
        return self._now

    def real_delay(self, until: float) -> float:  # noqa: ARG002 - no wait is real here
        """Always 0."""
        return 0.0

    def idle_until(self, until: float) -> None:
        """Jump there, if it is ahead."""
        self._now = max(self._now, until)

    @property
    def virtual(self) -> bool:
        """True."""
        return True
