"""The order of the tables of a run, and how long the run may take: longest processing time first.

With N jobs on C places in this order, the last job ends at most 4/3 - 1/(3C) times as late as in the best order (R. L. Graham,
"Bounds on Multiprocessing Timing Anomalies", SIAM J. Appl. Math. 17, 1969).
"""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import field
from typing import TYPE_CHECKING, Final, NamedTuple

from extract_core.contract import JobState
from extract_core.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from extract_core.plan.group import Group
    from extract_core.plan.line import PlannedTable
    from extract_core.tracking.records import TableState
    from extract_core.tracking.store import TrackingStore

_RUNS: Final = 3
"""Runs whose attempts are read: one query each. Most tables had their last attempt in the same run."""


class Past(NamedTuple):
    """What the last successful attempt at a table took, and delivered. `shared`: others shared its job, so this is its turn."""

    seconds: float
    bytes: int | None
    shared: bool


def past_of(tracking: TrackingStore, states: Mapping[str, TableState], *, by_table: bool = False) -> dict[str, Past]:
    """The last successful attempts at these tables, as far as the runs know them in which most of them ran last.

    The states say which runs these are, so the number of queries does not grow with the tables. `by_table`: a query per table
    instead, for a few tables of runs that have very many. Raises TrackingUnavailable.
    """
    runs = Counter(state.last_run for state in states.values() if state.last_run and state.last_state is JobState.SUCCEEDED)
    past: dict[str, Past] = {}
    for run_id, _ in runs.most_common(_RUNS):
        last_here = [state for state in states.values() if state.last_run == run_id] if by_table else []
        rows = (row for state in last_here for row in tracking.history(state.source, state.table, 1) if row.run_id == run_id)
        for row in rows if by_table else tracking.attempts(run_id):
            state = states.get(row.table)
            if state is not None and state.last_run == run_id and row.state is JobState.SUCCEEDED and row.seconds is not None:
                past[row.table] = Past(row.seconds, row.bytes, row.shared is not None)
    return past


def seconds_of(past: Mapping[str, Past]) -> dict[str, float]:
    """Seconds by table."""
    return {table: entry.seconds for table, entry in past.items()}


def longest_first(planned: Iterable[PlannedTable], seconds: Mapping[str, float]) -> list[PlannedTable]:
    """The tables that took longest come first. Tables without a duration follow, in their order."""
    return sorted(planned, key=lambda table: -seconds.get(table.table, 0.0))


def with_groups(planned: list[PlannedTable], groups: Iterable[Group], seconds: Mapping[str, float]) -> list[PlannedTable]:
    """As `longest_first`, where a group takes as long as its tables together, and they stay together."""
    work: dict[str, float] = {}
    rank: dict[str, tuple[int, int]] = {}
    for number, group in enumerate(groups):
        total = sum(seconds.get(table, 0.0) for table in group.tables)
        for turn, table in enumerate(group.tables):
            work[table], rank[table] = total, (number, turn)
    return sorted(
        planned, key=lambda table: (-work.get(table.table, seconds.get(table.table, 0.0)), rank.get(table.table, (-1, 0)))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """How long a run may take. `known` tables have a duration, the others count as the median of these.

    At least one of three things takes so long: the work divided by the tables at once, the `longest` table, and the work of a
    pool divided by its size (`pools`, in seconds). `ruled_by` is the table, `ruled_by_pool` the pool that takes longer than the
    others; both None: the work decides.
    """

    seconds: float
    tables: int
    known: int
    longest: float
    ruled_by: str | None
    pools: Mapping[str, float] = field(default_factory=dict)
    ruled_by_pool: str | None = None


class Job(NamedTuple):
    """The seconds of a table, and its pool if it has one."""

    seconds: float
    pool: str | None = None


def length_of(
    tables: Sequence[str],
    seconds: Mapping[str, float],
    *,
    at_once: int,
    pools: Mapping[str, str] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Length | None:
    """The length of a run of these tables, `pools` by table and `sizes` by pool. None: no duration is known.

    Other runs that use the pools are not counted.
    """
    pool_of, size_of = pools or {}, sizes or {}
    known = {table: seconds[table] for table in tables if table in seconds}
    if not known:
        return None
    from statistics import median as middle  # with the modules that it needs: no part of other calls

    median = middle(known.values())
    ordered = sorted(tables, key=lambda table: -known.get(table, 0.0))
    jobs = [Job(known.get(table, median), pool_of.get(table)) for table in ordered]
    table, longest = max(known.items(), key=lambda item: item[1])
    share = sum(job.seconds for job in jobs) / min(at_once, len(jobs))
    work: dict[str, float] = {}
    for job in jobs:
        if job.pool is not None:
            work[job.pool] = work.get(job.pool, 0.0) + job.seconds
    of_pools = {pool: work[pool] / size_of[pool] for pool in sorted(work)}
    pool, longest_pool = max(of_pools.items(), key=lambda item: item[1], default=("", 0.0))
    return Length(
        seconds=makespan(jobs, at_once, size_of),
        tables=len(tables),
        known=len(known),
        longest=longest,
        ruled_by=table if longest >= max(share, longest_pool) else None,
        pools=of_pools,
        ruled_by_pool=pool if longest_pool > max(share, longest) else None,
    )


def makespan(jobs: Sequence[Job], at_once: int, sizes: Mapping[str, int] | None = None) -> float:
    """When the last of these jobs ends, if each begins, in this order, as soon as one of the places is free.

    A job of a pool waits on its place for one of the slots, `sizes` by pool, and gets it in this order.
    """
    places = [0.0] * min(at_once, len(jobs))
    slots = {pool: [0.0] * size for pool, size in (sizes or {}).items()}
    for job in jobs:
        begins = places[0]
        if job.pool is not None:
            begins = max(begins, slots[job.pool][0])
            heapq.heapreplace(slots[job.pool], begins + job.seconds)
        heapq.heapreplace(places, begins + job.seconds)
    return max(places, default=0.0)
