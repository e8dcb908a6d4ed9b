"""The timeline as shapes: a bar per attempt, the number of jobs at work above, one axis for both.

A run of few tables has a line per table. A run of many packs its bars into as few lines as there were jobs at once, and draws
all bars of a colour as one path: 5,000 bars take about 100 kB.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from extract_cli.report.words import duration, visible
from extract_core.runs.view.timeline import seconds_between

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from extract_core.runs.view.document import Attempt, RunResults

WIDTH: Final = 1_000
LABELS: Final = 210
"""Pixels for the names of tables, if each has a line."""
MOST_NAMED: Final = 60
"""Tables of a run that has a line per table."""
CONCURRENCY: Final = 70
"""Pixels of the area above the bars."""
_ROW: Final = 18
_BAR: Final = 12
_MOST_PIXELS: Final = 900  # height of the packed lines
_LEAST: Final = 1.5  # width of the shortest bar
_JOIN: Final = 0.5  # pixels between two bars of a kind that are drawn as one, if lines have no names
_NAME: Final = 30  # letters of a name beside its line
_STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400)
_TICKS: Final = 8


class Bar(NamedTuple):
    """One attempt, in seconds since the start of the run."""

    table: str
    attempt: int
    begin: float
    end: float
    kind: str
    on_path: bool


class Tick(NamedTuple):
    """A line of the axis."""

    x: float
    label: str


class Name(NamedTuple):
    """The name of a table beside its line."""

    y: float
    short: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gantt:
    """The shapes. `paths` has the bars of each kind, `marked` those of the longest path; `left` is where the seconds begin."""

    height: int
    left: int
    ticks: Sequence[Tick]
    names: Sequence[Name]
    paths: Mapping[str, str]
    marked: str
    area: str
    peak: int


def gantt(results: RunResults) -> Gantt | None:
    """The shapes of a run. None if no attempt has times."""
    path = {(step.table, step.attempt) for step in results.timeline.longest_path}
    bars = [
        Bar(
            table.table,
            attempt.attempt,
            seconds_between(results.started_at, attempt.started_at),
            seconds_between(results.started_at, attempt.ended_at),
            _kind(attempt),
            (table.table, attempt.attempt) in path,
        )
        for table in results.tables
        for attempt in table.attempts
        if attempt.started_at is not None and attempt.ended_at is not None
    ]
    if not bars:
        return None
    bars.sort(key=lambda bar: (bar.begin, bar.end, bar.table))
    last = max(results.seconds, *(bar.end for bar in bars)) or 1.0
    first = min(0.0, bars[0].begin)  # a service whose clock is slow
    names = {table: line for line, table in enumerate(dict.fromkeys(bar.table for bar in bars))}
    named = len(names) <= MOST_NAMED
    lines = [names[bar.table] for bar in bars] if named else packed(bars)
    left = LABELS if named else 0
    scale = (WIDTH - left - 6) / (last - first)
    top = CONCURRENCY + 26
    row = float(_ROW) if named else min(_ROW, _MOST_PIXELS / (max(lines) + 1))
    thick = _BAR if named else max(1.0, row * 0.8)

    def x(second: float) -> float:
        return left + (second - first) * scale

    def shape(line: int, begin: float, end: float) -> str:
        wide = max(_LEAST, end - begin)
        return f"M{_short(begin)} {_short(top + line * row)}h{_short(wide)}v{_short(thick)}h-{_short(wide)}z"

    paths: defaultdict[str, list[str]] = defaultdict(list)
    marked = []
    open_bars: dict[int, tuple[str, float, float]] = {}  # by line: the last bar, which a next one of its kind may make longer
    for bar, line in zip(bars, lines, strict=True):
        begin, end = x(bar.begin), x(bar.end)
        kind, first_x, last_x = open_bars.get(line, (bar.kind, begin, begin))
        if named or kind != bar.kind or begin - last_x > _JOIN:
            if line in open_bars:
                paths[kind].append(shape(line, first_x, last_x))
            first_x = begin
        open_bars[line] = (bar.kind, first_x, end)
        if bar.on_path:
            marked.append(shape(line, begin, end))
    for line, (kind, begin, end) in open_bars.items():
        paths[kind].append(shape(line, begin, end))
    return Gantt(
        height=round(top + (max(lines) + 1) * row + 8),
        left=left,
        ticks=[Tick(x(second), _tick(second)) for second in ticks(last)],
        names=[Name(top + line * row + 10, _cut(table)) for table, line in names.items()] if named else (),
        paths={kind: "".join(shapes) for kind, shapes in sorted(paths.items())},
        marked="".join(marked),
        area=_area(results.timeline.concurrency, results.timeline.peak, x),
        peak=results.timeline.peak,
    )


def packed(bars: Iterable[Bar]) -> list[int]:
    """A line for each bar (sorted by begin), so that no two bars of a line overlap: as few lines as bars at once."""
    lines, free, busy, count = [], list[int](), list[tuple[float, int]](), 0
    for bar in bars:
        while busy and busy[0][0] <= bar.begin:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if free:
            line = heapq.heappop(free)
        else:
            line, count = count, count + 1
        heapq.heappush(busy, (max(bar.end, bar.begin + 1e-9), line))
        lines.append(line)
    return lines


def ticks(last: float) -> list[int]:
    """The seconds of the axis: round numbers, at most about eight."""
    step = next((step for step in _STEPS if last / step <= _TICKS), int(last // _TICKS // 86_400 + 1) * 86_400)
    return list(range(0, int(last) + 1, step))


def _area(steps: Sequence[tuple[float, int]], peak: int, x: Callable[[float], float]) -> str:
    """The area below the number of jobs at work."""
    if not steps:
        return ""
    bottom = CONCURRENCY + 14
    parts = [f"M{_short(x(steps[0][0]))} {bottom}"]
    for _, group in groupby(steps, key=lambda step: x(step[0]) // _JOIN):  # of many within half a pixel: the highest, the last
        changes = list(group)
        highest = max(running for _, running in changes)
        drawn = [(changes[0][0], highest), *([changes[-1]] if changes[-1][1] != highest else [])]
        for second, running in drawn:
            parts.append(f"H{_short(x(second))}V{_short(bottom - CONCURRENCY * running / max(1, peak))}")
    return "".join(parts) + "z"


def _kind(attempt: Attempt) -> str:
    return {"SUCCEEDED": "good", "STOPPED": "other", "UNKNOWN": "other"}.get(attempt.state, "bad")


def _tick(second: int) -> str:
    return "0" if second == 0 else duration(second).replace(".0 s", " s")


def _cut(name: str) -> str:
    shown = visible(name)
    return shown if len(shown) <= _NAME else f"{shown[: _NAME - 2]} …"


def _short(value: float) -> str:
    """A number with one digit after the point, and no zero there."""
    return f"{value:.1f}".removesuffix(".0")
