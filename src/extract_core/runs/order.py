"""The order of the tables of a run, and how long the run may take: longest processing time first.

With N jobs on C places in this order, the last job ends at most 4/3 - 1/(3C) times as late as in the best order (R. L. Graham,
"Bounds on Multiprocessing Timing Anomalies", SIAM J. Appl. Math. 17, 1969).
"""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extract_core.contract import JobState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from extract_core.plan.line import PlannedTable
    from extract_core.tracking.records import TableState
    from extract_core.tracking.store import TrackingStore

_RUNS: Final = 3
"""Runs whose attempts are read: one query each. Most tables had their last attempt in the same run."""


def durations(tracking: TrackingStore, states: Mapping[str, TableState]) -> dict[str, float]:
    """Seconds of the last successful attempts at these tables, as far as the runs know them in which most of them ran last.

    The states say which runs these are, so the number of queries does not grow with the tables. Raises TrackingUnavailable.
    """
    runs = Counter(state.last_run for state in states.values() if state.last_run and state.last_state is JobState.SUCCEEDED)
    seconds: dict[str, float] = {}
    for run_id, _ in runs.most_common(_RUNS):
        for row in tracking.attempts(run_id):
            state = states.get(row.table)
            if state is not None and state.last_run == run_id and row.state is JobState.SUCCEEDED and row.seconds is not None:
                seconds[row.table] = row.seconds
    return seconds


def longest_first(planned: Iterable[PlannedTable], seconds: Mapping[str, float]) -> list[PlannedTable]:
    """The tables that took longest come first. Tables without a duration follow, in their order."""
    return sorted(planned, key=lambda table: -seconds.get(table.table, 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """How long a run may take. `known` tables have a duration, the others count as the median of these.

    `ruled_by` is the table whose own `longest` seconds are more than the share of each place; None: the work decides.
    """

    seconds: float
    tables: int
    known: int
    longest: float
    ruled_by: str | None


def length_of(tables: Sequence[str], seconds: Mapping[str, float], *, at_once: int) -> Length | None:
    """The length of a run of these tables. None: no duration is known."""
    known = {table: seconds[table] for table in tables if table in seconds}
    if not known:
        return None
    from statistics import median as middle  # with the modules that it needs: no part of other calls

    median = middle(known.values())
    jobs = sorted(known.values(), reverse=True) + [median] * (len(tables) - len(known))
    table, longest = max(known.items(), key=lambda item: item[1])
    share = sum(jobs) / min(at_once, len(jobs))
    return Length(
        seconds=makespan(jobs, at_once),
        tables=len(tables),
        known=len(known),
        longest=longest,
        ruled_by=table if longest >= share else None,
    )


def makespan(jobs: Sequence[float], at_once: int) -> float:
    """When the last of these jobs ends, if each begins, in this order, as soon as one of the places is free."""
    free = [0.0] * min(at_once, len(jobs))
    for job in jobs:
        heapq.heapreplace(free, free[0] + job)
    return max(free, default=0.0)
