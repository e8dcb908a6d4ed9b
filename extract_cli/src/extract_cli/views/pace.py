"""How fast the tables of a run end, and how long the rest may take."""

from __future__ import annotations

import time
from collections import deque
from typing import Final

_WINDOW: Final = 120.0  # seconds whose ends make the rate
_EVERY: Final = 5.0  # seconds between two samples
_LINE_EVERY: Final = 30.0  # seconds between two lines where there is no terminal


class Pace:
    """The rate of a run, from the number of ended tables at the moments of its events."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()
        self._printed_at = time.monotonic()
        self._left = 0

    def feed(self, done: int, planned: int | None, now: float | None = None) -> bool:
        """So many tables have ended at `now` (seconds since 1970; default: this moment). Returns whether a log is due a line."""
        now = time.time() if now is None else now
        self._left = max(0, (planned or 0) - done)
        if not self._samples or now - self._samples[-1][0] >= _EVERY or not self._left:
            self._samples.append((now, done))
        while now - self._samples[0][0] > _WINDOW and len(self._samples) > 2:
            self._samples.popleft()
        if time.monotonic() - self._printed_at < _LINE_EVERY:
            return False
        self._printed_at = time.monotonic()
        return True

    @property
    def per_second(self) -> float | None:
        """Tables per second in the last two minutes; None: too early to say."""
        if len(self._samples) < 2:
            return None
        (began, before), (ended, after) = self._samples[0], self._samples[-1]
        return (after - before) / (ended - began) if ended > began and after > before else None

    def words(self) -> list[str]:
        """The rate, and the time that the rest needs at this rate."""
        rate = self.per_second
        if rate is None:
            return []
        text = f"{rate:,.0f} per second" if rate >= 10 else f"{60 * rate:,.0f} per minute"
        return [text, *self.left()]

    def left(self) -> list[str]:
        """The time that the rest needs at this rate."""
        rate = self.per_second
        return [f"about {duration(self._left / rate)} left"] if rate is not None and self._left else []


def duration(seconds: float) -> str:
    """Seconds in words."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60:02} min"
