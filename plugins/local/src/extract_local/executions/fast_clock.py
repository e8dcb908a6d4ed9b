"""The clock of a run on this machine: it may run faster during waits, but never while a job or handler works.

A wait of an hour between two attempts can take a minute, and a job still has its whole time limit.
"""

from __future__ import annotations

import threading
import time

from asl_toolkit import Clock


class FastClock(Clock):
    """Runs `factor` times as fast as real time while no job and no handler works.

    Until the first of them starts it shows real time, because the execution's start time comes from it.
    """

    def __init__(self, factor: float = 1.0) -> None:
        self._factor = factor
        self._lock = threading.Lock()
        self._at_work = 0
        self._begun = False
        self._shown = time.time()
        self._since = time.monotonic()

    def now(self) -> float:
        """Seconds since 1970, ahead of real time by the time that was skipped."""
        with self._lock:
            return self._now()

    def real_delay(self, until: float) -> float:
        """Real seconds. The interpreter asks again when a job or handler starts or ends."""
        with self._lock:
            return max(0.0, (until - self._now()) / self._rate())

    def at_work(self, change: int) -> None:
        """From the first start to the last end of work, this is real time."""
        with self._lock:
            now, self._since = self._now(), time.monotonic()
            self._shown = now
            self._at_work += change
            self._begun = True

    def _rate(self) -> float:
        return 1.0 if self._at_work or not self._begun else self._factor

    def _now(self) -> float:
        return self._shown + (time.monotonic() - self._since) * self._rate()
