"""Each change of a run's progress as an object: what `--output jsonl` of `run`, and `watch --output json`, print as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extract_cli.views.output import print_json_line
from extract_cli.views.progress import SUCCEEDED, Progress, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from extract_cli.views.reasons import Reasons
    from extract_core.contract import Json


class Changes:
    """Turns the events of one run into changes. `reasons` says why a table failed; None: the changes do not say it."""

    def __init__(self, reasons: Reasons | None = None) -> None:
        self._reasons = reasons
        self._progress = Progress()
        self._planned: int | None = None
        self._counts: dict[str, int] = {}
        self._running: set[str] = set()

    def of(self, event: Mapping[str, Any]) -> Iterator[dict[str, Json]]:
        """The changes that this event shows."""
        progress = self._progress
        ended_now = progress.feed(event)
        at = moment(event).isoformat()
        if progress.planned != self._planned:
            self._planned = progress.planned
            yield {"planned": self._planned, "at": at}
        if progress.counts != self._counts:
            self._counts = progress.counts
            yield {"counts": {**self._counts}, "at": at}
        if len(progress.running) != len(self._running):
            for table in sorted(progress.running.keys() - self._running):
                yield {"table": table, "started": at, "job_type": progress.running[table]}
            self._running = set(progress.running)
        for ended in ended_now:
            yield {"table": ended, "state": progress.ended.get(ended), "at": at, **self._why(ended)}

    def _why(self, table: str) -> Mapping[str, Json]:
        if self._reasons is None or self._progress.ended[table] == SUCCEEDED:
            return {}
        reason = self._reasons.of(table)
        return {} if reason is None else {"failure": reason.failure, "message": reason.message}


def echo_changes(events: Iterable[Mapping[str, Any]], reasons: Reasons | None = None) -> Iterator[Mapping[str, Any]]:
    """The same events; the changes that they show are lines of JSON on stdout, as they come."""
    changes = Changes(reasons)
    for event in events:
        for change in changes.of(event):
            print_json_line(change)
        yield event
