"""The children of the Map Run of a local execution: their events among those of the execution, and their counts.

The counts have the form of an engine's own event, ``MapRunCounted`` (`extract_core.runs.engine`): once per second at most.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from extract_core.runs.child_events import base_of, moved

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asl_toolkit.runtime.map_run_events import ChildStart, MapRunStart
    from extract_core.contract import Json

    Tell = Callable[[Mapping[str, Json]], None]

_ENDS: Final = {
    "ExecutionSucceeded": "succeeded",
    "ExecutionFailed": "failed",
    "ExecutionAborted": "aborted",
    "ExecutionTimedOut": "timedOut",
}
_SECONDS: Final = 1.0


class Children:
    """Listens to one execution's children. All calls but `pace` come from the execution's thread.

    `ended` gets the ids of children that have ended.
    """

    def __init__(self, tell: Tell, ended: set[str] | None = None) -> None:
        self._tell = tell
        self._ended = ended
        self._numbers = count(1)
        self._counts = dict.fromkeys(("pending", "running", *_ENDS.values(), "total"), 0)
        self._reported_at = 0.0
        self._map_run: MapRunStart | None = None
        self._at_once: int | None = None

    def pace(self, at_once: int) -> None:
        """Set how many children of the Map Run run at once."""
        if self._map_run is not None and at_once != self._at_once:
            self._at_once = at_once
            self._map_run.update(replace(self._map_run.limits, max_concurrency=at_once))

    def map_run(self, start: MapRunStart) -> None:
        """A Map Run begins. Its items are known, or (None) it is about to read them."""
        self._map_run = start
        if start.items is None:
            return
        self._counts["pending"] = self._counts["total"] = start.items
        self._count()

    def child(self, start: ChildStart) -> Tell:
        """A child begins. Returns the listener of its events."""
        base = base_of(0, next(self._numbers))
        self._counts["pending"] -= 1
        self._counts["running"] += 1

        def listen(event: Mapping[str, Json]) -> None:
            self._tell(moved(event, base))
            end = _ENDS.get(str(event["type"]))
            if end is not None:
                self._counts["running"] -= 1
                self._counts[end] += 1
                if self._ended is not None:
                    self._ended.add(start.arn)
                is_last = not self._counts["running"] and not self._counts["pending"]
                if is_last or time.monotonic() - self._reported_at >= _SECONDS:
                    self._count()

        return listen

    def _count(self) -> None:
        self._reported_at = time.monotonic()
        counts: Any = dict(self._counts)
        at: Any = datetime.now(UTC)
        self._tell({"id": 0, "previousEventId": 0, "type": "MapRunCounted", "timestamp": at, "mapRunCountedEventDetails": counts})
