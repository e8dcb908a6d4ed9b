"""The clock of a run on this machine: it may hurry while it waits, never while something works.

So a wait of an hour between two attempts can pass in a minute, and a job still has all the seconds of its time limit.
"""

from __future__ import annotations

import threading
import time

from asl_toolkit import Clock


class FastClock(Clock):
    """Runs `factor` times as fast as this machine's time as long as no job and no handler is at work.

    Until the first one is at work it keeps this machine's time: the start of the execution is told by it, and what takes until
    then is no wait.
    """

    def __init__(self, factor: float = 1.0) -> None:
        self._factor = factor
        self._lock = threading.Lock()
        self._at_work = 0
        self._begun = False
        self._shown = time.time()
        self._since = time.monotonic()

    def now(self) -> float:
        """Seconds since 1970, ahead of this machine's by what was hurried through."""
        with self._lock:
            return self._now()

    def real_delay(self, until: float) -> float:
        """Seconds of this machine; whatever begins or ends its work meanwhile has the interpreter ask again."""
        with self._lock:
            return max(0.0, (until - self._now()) / self._rate())

    def at_work(self, change: int) -> None:
        """From the first that works to the last, time goes as on this machine."""
        with self._lock:
            now, self._since = self._now(), time.monotonic()
            self._shown = now
            self._at_work += change
            self._begun = True

    def _rate(self) -> float:
        return 1.0 if self._at_work or not self._begun else self._factor

    def _now(self) -> float:
        return self._shown + (time.monotonic() - self._since) * self._rate()
