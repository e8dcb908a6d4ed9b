"""Runs that are at work: one thread per run follows its events, for all pages that show it. Its counts are those of `watch`."""

from __future__ import annotations

import time
from collections import Counter, deque
from datetime import UTC, datetime
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Final

from extract_cli.views.live import Live
from extract_cli.views.pace import Pace, duration
from extract_cli.views.progress import SUCCEEDED, Progress, held_up
from extract_core.errors import ExtractError
from extract_core.wording import described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from extract_core.contract import Json
    from extract_core.tracking.records import AttemptRow

_SHOWN: Final = 50
"""Running tables that are named, those that run longest first."""
_FAILED: Final = 20
"""Failed tables that are named, the last ones first."""
_UNWATCHED: Final = 60.0
"""Seconds after which a run that no page shows is no longer followed."""
_FIRST: Final = 1.0  # seconds to wait for the first events


class Follower:
    """One run that is followed. `why` gives the last attempt at a table of it, if it is known."""

    def __init__(self, events: Callable[[], Iterator[Mapping[str, Json]]], why: Callable[[str], AttemptRow | None]) -> None:
        self._events = events
        self._why = why
        self._lock = Lock()
        self._progress, self._pace = Progress(), Pace()
        self._failed: deque[str] = deque(maxlen=_FAILED)
        self._reasons: dict[str, AttemptRow | None] = {}
        self._waits: str | None = None
        self._trouble: str | None = None
        self._first, self._over = Event(), False
        self._seen_at = time.monotonic()
        Thread(target=self._follow, name="follow", daemon=True).start()

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to follow: the execution has ended, or no page showed the run for a while."""
        return self._over

    def snapshot(self) -> dict[str, Any]:
        """The run at this moment, as the template shows it."""
        self._first.wait(_FIRST)
        self._seen_at = time.monotonic()
        now = datetime.now(UTC)
        with self._lock:
            progress = self._progress
            for_slot = Counter(progress.for_slot.values())
            live = Live(
                running=(),
                for_slot=dict(sorted(for_slot.items())),
                at_work=max(0, progress.at_work - (for_slot.total() if progress.counts else 0)),
                done=progress.done,
                failed=progress.failed,
            )
            planned, waits, trouble, failed = progress.planned, self._waits, self._trouble, list(reversed(self._failed))
            since = {table: progress.since.get(table, now) for table in progress.running}
            running = [
                (table, progress.running[table], duration((now - since[table]).total_seconds()), progress.attempts.get(table, 1))
                for table in sorted(since, key=lambda table: (since[table], table))[:_SHOWN]
            ]
            attempt_of = {table: progress.attempts.get(table, 1) for table in progress.running}
            pace = self._pace.words()
        return {
            "line": waits or live.line(planned),
            "pace": ", ".join(pace),
            "planned": planned or 0,
            "done": live.done,
            "failed_count": live.failed,
            "running": running,
            "attempt_of": attempt_of,
            "at_work": live.at_work,
            "failed": [(table, self._reason(table)) for table in failed],
            "trouble": trouble,
        }

    def _reason(self, table: str) -> AttemptRow | None:
        if self._reasons.get(table) is None:
            self._reasons[table] = self._why(table)
        return self._reasons[table]

    def _follow(self) -> None:
        try:
            for event in self._events():
                if time.monotonic() - self._seen_at > _UNWATCHED:
                    break
                with self._lock:
                    ended = self._progress.feed(event)
                    self._pace.feed(self._progress.done, self._progress.planned)
                    self._waits = f"waiting: {reason}" if (reason := held_up(event)) else None
                    self._failed += [table for table in ended if self._progress.ended[table] != SUCCEEDED]
                self._first.set()
        except ExtractError as error:
            self._trouble = str(error)
        except Exception as error:
            self._trouble = described(error)
            raise
        finally:
            self._over = True
            self._first.set()


class Followers:
    """The followers of this app, by run."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._by_run: dict[str, Follower] = {}

    def of(self, run_id: str, start: Callable[[], Follower]) -> Follower:
        """The follower of this run. One that is over is replaced."""
        with self._lock:
            self._by_run = {name: follower for name, follower in self._by_run.items() if not follower.is_over}
            if run_id not in self._by_run:
                self._by_run[run_id] = start()
            return self._by_run[run_id]
