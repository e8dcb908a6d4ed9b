"""When the jobs of a run ran: how many at once, and which chain of attempts the run waited for."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from extract_core.runs.view.document import Step, Timeline
from extract_core.wording import utc

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extract_core.tracking.records import AttemptRow

_CLOCKS: Final = 2.0
"""Seconds by which the clocks of services may differ: a job may seem to start before the one it waited for has ended."""


class _Span(NamedTuple):
    begin: float
    end: float
    row: AttemptRow


def seconds_between(begin: str, end: str) -> float:
    """Seconds from one time to another."""
    return round((utc(end) - utc(begin)).total_seconds(), 3)


def timeline(rows: Iterable[AttemptRow], started_at: str) -> Timeline:
    """The timeline of these attempts, in seconds since `started_at`."""
    spans, without = [], 0
    for row in rows:
        if row.started_at is None or row.ended_at is None:
            without += 1
        else:
            spans.append(_Span(seconds_between(started_at, row.started_at), seconds_between(started_at, row.ended_at), row))
    steps = _concurrency(spans)
    return Timeline(
        concurrency=steps,
        peak=max((running for _, running in steps), default=0),
        longest_path=[_step(span.row) for span in _longest_path(spans)],
        attempts_without_times=without,
    )


def _concurrency(spans: Sequence[_Span]) -> list[tuple[float, int]]:
    changes: dict[float, int] = {}
    for span in spans:
        changes[span.begin] = changes.get(span.begin, 0) + 1
        changes[span.end] = changes.get(span.end, 0) - 1
    running, steps = 0, list[tuple[float, int]]()
    for second, change in sorted(changes.items()):
        running += change
        if not steps or steps[-1][1] != running:
            steps.append((second, running))
    return steps


def _longest_path(spans: Sequence[_Span]) -> list[_Span]:
    """From the attempt that ended last back to the first one that waited for nothing.

    An attempt waited for the attempt before it at its table, or else for the place in the Map of the one that ended last before
    it began.
    """
    if not spans:
        return []
    by_end = sorted(spans, key=lambda span: (span.end, span.row.table, span.row.attempt))
    ends = [span.end for span in by_end]
    by_key = {(span.row.table, span.row.attempt): span for span in spans}
    path = [by_end[-1]]
    while True:
        current = path[-1]
        before = by_key.get((current.row.table, current.row.attempt - 1))
        if before is None:
            place = bisect_right(ends, current.begin) - 1
            before = by_end[place] if place >= 0 else _nearly_before(current, by_end)
        if before is None or before.begin >= current.begin:
            return path[::-1]
        path.append(before)


def _nearly_before(current: _Span, by_end: Sequence[_Span]) -> _Span | None:
    """The first attempt to end among those that began earlier, if it ended within the tolerance of the clocks."""
    first = next((span for span in by_end if span.begin < current.begin), None)
    return first if first is not None and first.end <= current.begin + _CLOCKS and current.begin > _CLOCKS else None


def _step(row: AttemptRow) -> Step:
    return Step(table=row.table, attempt=row.attempt, started_at=row.started_at or "", ended_at=row.ended_at or "")
