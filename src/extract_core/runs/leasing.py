"""Takes the tables of a run: by the config's policy on conflicts, for as long as the run can last."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from extract_core.errors import TablesHeld, TablesLocked
from extract_core.plan.slot_wait import SLOT_RETRIES
from extract_core.registry.routing import POOL
from extract_core.runs.longest import Longest, waits
from extract_core.tracking.lease import holder, taken
from extract_core.wording import utc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from extract_core.pipeline.map_modes import MapMode
    from extract_core.pipeline.parts import Parts
    from extract_core.plan.group import Group
    from extract_core.plan.line import PlannedTable
    from extract_core.registry.installed import Registry
    from extract_core.runs.draft import Draft
    from extract_core.tracking.records import Claim, Owner, TableState

_LONGEST: Final = timedelta(days=365)  # of a STANDARD execution (Step Functions quotas)
_MARGIN: Final = timedelta(hours=1)


def expected(
    parts: Parts, draft: Draft, owner: Owner, states: Iterable[TableState], above: Mapping[str, int]
) -> dict[str, TableState]:
    """The states, by table, that `take` leaves if no other run comes in between. Nothing is taken.

    Under ``on_conflict: skip``, tables that another run holds are left out: they get no item, unless that run is dead.
    """
    if draft.policy.on_conflict == "skip":
        now = parts.now()
        states = [state for state in states if holder(state, owner, now) is None]
    return {state.table: taken(state, owner, above.get(state.table, 0)).state for state in states}


def take(parts: Parts, source: str, draft: Draft, owner: Owner, above: Mapping[str, int]) -> Claim:
    """Take the tables of the draft, with fencing numbers above these.

    Raises TablesHeld (``fail``) or TablesLocked (``wait``) if others hold some of them.
    """
    policy = draft.policy.on_conflict
    claim = parts.tracking.take(
        source,
        draft.tables,
        owner,
        is_running=parts.is_running,
        now=parts.now(),
        all_or_nothing=policy != "skip",
        above=above,
    )
    if not claim.held or policy == "skip":
        return claim
    held = "; ".join(map(str, claim.held[:10])) + (f"; and {len(claim.held) - 10} more" if len(claim.held) > 10 else "")
    if policy == "wait":
        raise TablesLocked(f"waiting for other runs (on_conflict: wait), nothing was taken: {held}")
    runs = ", ".join(sorted({table.by.run_id for table in claim.held}))
    raise TablesHeld(
        f"other runs hold tables of {source!r} (on_conflict: fail), nothing was started: {held}. Wait for the end of {runs}, or "
        "write run.on_conflict: skip or wait"
    )


def leased(table: PlannedTable, state: TableState) -> PlannedTable:
    """The table with what the status handler needs to commit: the fencing number, and the version of the watermark."""
    mark: Any = table.item["watermark"]
    fencing, version = state.fencing, state.version
    return table.with_item({**table.item, "lease": {"fencing": fencing}, "watermark": {**mark, "version": version}})


def bound(  # noqa: PLR0913 - all that it depends on
    planned: Sequence[PlannedTable],
    *,
    registry: Registry,
    started_at: str,
    concurrency: int,
    mode: MapMode,
    groups: Sequence[Group] = (),
) -> datetime:
    """When the run must be over, even if each job needs all its attempts and all its time, and waits for each slot as it may.

    N jobs on C places end after at most (sum of all)/C + the longest (Graham's bound of list scheduling). The tables of a group
    run one after the other, and each may also have seen the end of a job before its turn.
    """
    longest = Longest(registry)
    wait = waits(SLOT_RETRIES[mode])
    group_of = {table: number for number, group in enumerate(groups) for table in group.tables}
    units: dict[str | int, int] = {}
    for table in planned:
        number = group_of.get(table.table)
        alone = longest.seconds(table) + _attempts_with_slot(table) * wait
        job = 0 if number is None else longest.one_job(table) + (POOL in table.item) * wait
        unit = table.table if number is None else number
        units[unit] = units.get(unit, 0) + alone + job
    seconds = list(units.values()) or [0]
    most = sum(seconds) / min(concurrency, len(seconds)) + max(seconds)
    started = utc(started_at)
    return started + min(timedelta(seconds=most) + _MARGIN, _LONGEST)


def _attempts_with_slot(table: PlannedTable) -> int:
    item: Mapping[str, Any] = table.item
    return int(item["max_attempts"]) if POOL in item else 0
