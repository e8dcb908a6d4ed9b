"""Extract Config Manager: from an event to the items of the Map. It plans the tables, takes them and writes the plan."""

from __future__ import annotations

import logging
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import PlannedRun
from extract_core.errors import (
    ExtractError,
    ObjectUnavailable,
    RunClosed,
    RunNameTaken,
    TablesHeld,
    TablesLocked,
    TrackingError,
    TrackingUnavailable,
    UsageError,
)
from extract_core.plan.event import read_event
from extract_core.plan.execution import check_run_id, execution_of
from extract_core.runs.announce import tell
from extract_core.runs.bases import check_bases, committed, highest
from extract_core.runs.draft import Planning, fresh, planned_from
from extract_core.runs.groups import Grouping, Share, jobs_of
from extract_core.runs.longest import bound
from extract_core.runs.machine_input import MachineInput
from extract_core.runs.order import longest_first, past_of, seconds_of, with_groups
from extract_core.runs.rerun import repeated, rerun
from extract_core.runs.summary import unplanned
from extract_core.secret_texts import redacted
from extract_core.tracking.lease import holder, taken
from extract_core.tracking.records import Owner, RunRecord, Skipped, TableState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts
    from extract_core.plan.group import Group
    from extract_core.plan.line import PlannedTable
    from extract_core.runs.draft import Draft
    from extract_core.tracking.records import Claim

log: Final = logging.getLogger("extract_core")


def manage(parts: Parts, payload: Mapping[str, Json]) -> dict[str, Json]:
    """Plan the run of ``{"event", "execution", "machine"}`` and return the input of the Map.

    The same execution again gets the same plan, as long as the run has not ended. Raises UsageError (event, or a run that is too
    large), ConfigError (config), RunNameTaken, TablesHeld (``on_conflict: fail``), TablesLocked (``wait``: the machine tries
    again), TrackingUnavailable and ObjectUnavailable (the same). The run's record then says why, and a table stays taken only if
    the machine tries again.
    """
    execution = execution_of(payload)
    check_run_id(execution.name)
    machine = _machine(payload)
    payload_event: Any = payload.get("event")
    event = read_event(payload_event)
    record = parts.tracking.start_run(
        RunRecord(
            run_id=execution.name,
            execution_id=execution.id,
            source=event.source,
            started_at=execution.started_at,
            event=payload_event,
            rerun_of=event.rerun_of,
            versions=parts.registry.versions(),
        )
    )
    if record.summary is not None:
        if record.planned is not None or not parts.is_running(record.execution_id):
            raise RunNameTaken(
                f"run {record.run_id!r} has ended before ({record.summary['state']}): start a run under another name"
            )
        record = parts.tracking.reopen_run(record.run_id)  # a redriven execution
    if record.planned is not None and record.plan_uri is not None:
        return MachineInput(parts, record.run_id, record.source, machine, event.max_concurrency).again(record.plan_uri)
    with _refusal(parts, record):
        first = repeated(parts.tracking, event) if event.rerun_of is not None else event
        planning = Planning(
            parts=parts, event=event, execution=execution, machine=machine, reingest=first.reingest, backfill=first.backfill
        )
        return _manage(planning, record)


def _manage(planning: Planning, record: RunRecord) -> dict[str, Json]:
    parts, source = planning.parts, record.source
    draft = rerun(planning) if planning.event.rerun_of is not None else fresh(planning)
    states = parts.tracking.states(source, draft.tables)
    machine_input = MachineInput(parts, record.run_id, source, planning.machine, planning.event.max_concurrency)
    bases = check_bases(parts, states.values())
    past = past_of(parts.tracking, states)
    seconds = seconds_of(past)
    planned = longest_first(planned_from(draft, committed(states, bases)), seconds)
    share = Share.of(planning.machine)
    groups: Sequence[Group] = ()
    if share is not None:
        grouping = Grouping(states, past, share=share, registry=parts.registry, alone=parts.alone)
        for candidate in planned:
            grouping.add(candidate)
        groups = grouping.groups()
    planned = with_groups(planned, groups, seconds) if groups else planned
    owner = Owner(
        execution_id=record.execution_id,
        run_id=record.run_id,
        started_at=record.started_at,
        bound=bound(
            planned,
            registry=parts.registry,
            started_at=record.started_at,
            concurrency=machine_input.concurrency,
            mode="INLINE" if machine_input.is_inline else "DISTRIBUTED",
            groups=groups,
        ).isoformat(),
    )
    above = {**highest(parts, source, [table for table in draft.tables if table not in states]), **bases.highest}
    foreseen = None
    if machine_input.is_inline:
        known = [states.get(table) or TableState(source=source, table=table) for table in draft.tables]
        foreseen = _with_leases(list(planned), _expected(parts, draft, owner, known, above))
        machine_input.check_size(foreseen, jobs_of(groups, list(foreseen), planning.machine, parts.registry))
    claim = _take(parts, source, draft, owner, above)
    try:
        after = {table: lease.state for table, lease in claim.taken.items()}
        before = committed({table: state for table, state in states.items() if table in after})
        if committed(after) != before:  # a run has committed in between
            replanned = planned_from(draft, committed(after, check_bases(parts, after.values())))
            planned = with_groups(replanned, groups, seconds)
        tables = _with_leases(planned, after)
        differs = foreseen is not None and tables != foreseen
        jobs = jobs_of(groups, tables, planning.machine, parts.registry)
        if differs:
            machine_input.check_size(tables, jobs)
        # the write empties the list, so that only one copy of a large plan is in memory
        items = [table.item for table in tables] if any(parts.registry.hooks("extract_run_planned")) else []
        count, answer = machine_input.write(tables, jobs)
        skipped = (*draft.skipped, *(Skipped(table=held.table, reason=str(held)) for held in claim.held))
        stored = parts.tracking.plan_run(
            record.run_id,
            plan_uri=machine_input.plan_uri,
            planned=count,
            policy=draft.policy,
            skipped=skipped,
        )
        _check_open(stored)
    except (ObjectUnavailable, TrackingUnavailable):
        raise  # the plan may be recorded all the same; the same execution tries again, and holds its leases
    except BaseException:
        with suppress(TrackingError):
            parts.tracking.release(source, list(claim.taken), record.execution_id)
        raise
    _tell(parts, record, items, count, skipped)
    return answer


def _expected(
    parts: Parts, draft: Draft, owner: Owner, states: Iterable[TableState], above: Mapping[str, int]
) -> dict[str, TableState]:
    """The states, by table, that `_take` leaves if no other run comes in between. Nothing is taken.

    Under ``on_conflict: skip``, tables that another run holds are left out: they get no item, unless that run is dead.
    """
    if draft.policy.on_conflict == "skip":
        now = parts.now()
        states = [state for state in states if holder(state, owner, now) is None]
    return {state.table: taken(state, owner, above.get(state.table, 0)).state for state in states}


def _take(parts: Parts, source: str, draft: Draft, owner: Owner, above: Mapping[str, int]) -> Claim:
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


def _tell(parts: Parts, record: RunRecord, items: Sequence[Mapping[str, Json]], count: int, skipped: Sequence[Skipped]) -> None:
    """Tell log and plugins that the run is planned."""
    fields = {"run_id": record.run_id, "source": record.source, "planned": count, "skipped": len(skipped)}
    log.info("run %s: %d tables planned", record.run_id, count, extra={"extract": fields})
    for table in skipped:
        fields = {"run_id": record.run_id, "table": table.table, "reason": table.reason}
        log.warning("%s: skipped", table.table, extra={"extract": fields})
    run = PlannedRun(
        run_id=record.run_id,
        execution_id=record.execution_id,
        source=record.source,
        started_at=record.started_at,
        items=items,
    )
    parts.registry.tell("extract_run_planned", log, run=run)


def _check_open(record: RunRecord) -> None:
    if record.summary is not None:
        raise RunClosed(
            f"run {record.run_id!r} was closed while it was planned ({record.summary.get('reason')}), and nothing was started: "
            "start a run under another name"
        )


def _with_leases(planned: list[PlannedTable], states: Mapping[str, TableState]) -> list[PlannedTable]:
    """The tables that are among these states, each with its lease. They replace those of the list: one copy is in memory."""
    planned[:] = (table for table in planned if table.table in states)
    for place, table in enumerate(planned):
        planned[place] = _leased(table, states[table.table])
    return planned


def _leased(table: PlannedTable, state: TableState) -> PlannedTable:
    """The table with what the status handler needs to commit: the fencing number, and the version of the watermark."""
    mark: Any = table.item["watermark"]
    fencing, version = state.fencing, state.version
    return table.with_item({**table.item, "lease": {"fencing": fencing}, "watermark": {**mark, "version": version}})


@contextmanager
def _refusal(parts: Parts, record: RunRecord) -> Iterator[None]:
    """Note in the run's record why it could not be planned. A run that the machine tries again gets no summary."""
    try:
        yield
    except (ObjectUnavailable, TrackingUnavailable, RunClosed):
        raise
    except Exception as error:
        reason = redacted(str(error) if isinstance(error, ExtractError) else f"{type(error).__name__}: {error}")
        with suppress(TrackingError):
            parts.tracking.refuse_run(record.run_id, reason)
            if not isinstance(error, TablesLocked):
                tell(parts, parts.tracking.put_summary(record.run_id, unplanned(record, ended_at=parts.now(), reason=reason)))
        raise


def _machine(payload: Mapping[str, Json]) -> Mapping[str, Json]:
    machine = payload.get("machine")
    if not isinstance(machine, dict):
        raise UsageError("the payload has no 'machine': this function is called by the generated state machine; build it again")
    return machine
