"""Extract Config Manager: from an event to the items of the Map. Plans the tables, takes them, writes the plan."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from extract_core.config import check_limits, read_event, write_plan
from extract_core.config.places import plan_place
from extract_core.errors import (
    ExtractError,
    RunNameTaken,
    TablesHeld,
    TablesLocked,
    TrackingError,
    TrackingUnavailable,
    UsageError,
)
from extract_core.handlers.draft import Planning, fresh
from extract_core.handlers.logs import log, log_json
from extract_core.handlers.parts import parts_from_environment
from extract_core.handlers.payloads import execution_of
from extract_core.handlers.rerun import reingested, rerun
from extract_core.handlers.stored_plan import stored_items
from extract_core.handlers.summary import unplanned
from extract_core.run_id import check_run_id
from extract_core.tracking import Owner, RunRecord, Skipped, watermark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extract_core.config import PlannedTable
    from extract_core.contract import Json
    from extract_core.handlers.draft import Draft
    from extract_core.handlers.parts import Parts
    from extract_core.tracking import Claim, TableState, Taken

_LONGEST: Final = timedelta(days=365)  # of a STANDARD execution (Step Functions quotas)
_MARGIN: Final = timedelta(hours=1)
_AROUND_A_JOB: Final = 900  # seconds: the status handler with its retries, state transitions


def handler(event: Mapping[str, Json], context: object) -> Mapping[str, Json]:  # noqa: ARG001 - Lambda's signature
    """The Lambda entry point."""
    log_json()
    return manage(parts_from_environment(), event)


def manage(parts: Parts, payload: Mapping[str, Json]) -> dict[str, Json]:
    """Plan the run of ``{"event", "execution", "machine"}`` and return what the Map runs on.

    The same execution again gets the plan that stands, as long as the run has not ended. Raises UsageError (event), ConfigError
    (config), RunNameTaken, TablesHeld (``on_conflict: fail``), TablesLocked (``wait``: the machine tries again) and
    TrackingUnavailable (the same). Where it raises, the run's record says why, and no table stays taken but for a retry.
    """
    execution = execution_of(payload)
    check_run_id(execution.name)
    machine = _machine(payload)
    given: Any = payload.get("event")
    event = read_event(given)
    record = parts.tracking.start_run(
        RunRecord(
            run_id=execution.name,
            execution_id=execution.id,
            source_name=event.source_name,
            started_at=execution.started_at,
            event=given,
            rerun_of=event.rerun_of,
            versions=parts.registry.versions(),
        )
    )
    if record.planned is not None and record.plan_uri is not None:
        if record.summary is not None:
            raise RunNameTaken(
                f"run {record.run_id!r} has ended before ({record.summary['state']}): start a run under another name"
            )
        return _answer(record, stored_items(parts.objects, record.plan_uri), machine)
    with _refusal(parts, record):
        reingest = event.reingest or reingested(parts.tracking, event.rerun_of)
        planning = Planning(parts=parts, event=event, execution=execution, machine=machine, reingest=reingest)
        return _manage(planning, record)


def _manage(planning: Planning, record: RunRecord) -> dict[str, Json]:
    parts, source = planning.parts, record.source_name
    draft = rerun(planning) if planning.event.rerun_of is not None else fresh(planning)
    marks = _marks(parts.tracking.states(source, draft.tables))
    planned = _comparable(draft, marks, planning)
    owner = Owner(
        execution_id=record.execution_id,
        run_id=record.run_id,
        started_at=record.started_at,
        bound=_bound(planned, planning).isoformat(),
    )
    claim = _take(parts, source, draft, owner)
    try:
        taken = {table: each.state for table, each in claim.taken.items()}
        if _marks(taken) != {table: mark for table, mark in marks.items() if table in taken}:  # a run has committed in between
            planned = _comparable(draft, _marks(taken), planning)
        leased = [_leased(table, claim.taken[table.table]) for table in planned if table.table in claim.taken]
        items = write_plan(parts.objects, parts.runs_uri, record.run_id, leased)
        answer = _answer(record, items, planning.machine)
        check_limits(answer)
        skipped = (*draft.skipped, *(Skipped(table=held.table, reason=str(held)) for held in claim.held))
        parts.tracking.plan_run(
            record.run_id,
            plan_uri=plan_place(parts.runs_uri, record.run_id),
            planned=len(items),
            policy=draft.policy,
            skipped=skipped,
        )
    except TrackingUnavailable:  # the plan may stand all the same; the same execution tries again, and holds its leases
        raise
    except BaseException:
        with suppress(TrackingError):
            parts.tracking.release(source, list(claim.taken), record.execution_id)
        raise
    fields = {"run_id": record.run_id, "source": source, "planned": len(items), "skipped": len(skipped)}
    log.info("run %s: %d tables planned", record.run_id, len(items), extra={"extract": fields})
    for each in skipped:
        fields = {"run_id": record.run_id, "table": each.table, "reason": each.reason}
        log.warning("%s: skipped", each.table, extra={"extract": fields})
    return answer


@contextmanager
def _refusal(parts: Parts, record: RunRecord) -> Iterator[None]:
    """Keeps in the run's record why it could not be planned. What is tried again is noted, but not summed up."""
    try:
        yield
    except TrackingUnavailable:
        raise
    except Exception as error:
        reason = str(error) if isinstance(error, ExtractError) else f"{type(error).__name__}: {error}"
        with suppress(TrackingError):
            parts.tracking.refuse_run(record.run_id, reason)
            if not isinstance(error, TablesLocked):
                parts.tracking.put_summary(record.run_id, unplanned(record, ended_at=parts.now(), reason=reason))
        raise


def _take(parts: Parts, source: str, draft: Draft, owner: Owner) -> Claim:
    policy = draft.policy.on_conflict
    claim = parts.tracking.take(
        source,
        draft.tables,
        owner,
        is_running=parts.is_running,
        now=parts.now(),
        all_or_nothing=policy != "skip",
    )
    if not claim.held or policy == "skip":
        return claim
    told = "; ".join(map(str, claim.held[:10])) + (f"; and {len(claim.held) - 10} more" if len(claim.held) > 10 else "")
    if policy == "wait":
        raise TablesLocked(f"waiting for other runs (on_conflict: wait), nothing was taken: {told}")
    runs = ", ".join(sorted({held.by.run_id for held in claim.held}))
    raise TablesHeld(
        f"other runs hold tables of {source!r} (on_conflict: fail), nothing was started: {told}. Wait for the end of {runs}, or "
        "write run.on_conflict: skip or wait"
    )


def _comparable(draft: Draft, marks: Mapping[str, _Mark], planning: Planning) -> list[PlannedTable]:
    """The plan, in which a table whose mark is of another column or type than today's is a plan error, not a guess."""
    planned = draft.plan({table: mark[0] for table, mark in marks.items()})
    return [_checked(table, marks.get(table.table), reingest=planning.reingest) for table in planned]


def _checked(table: PlannedTable, mark: _Mark | None, *, reingest: bool) -> PlannedTable:
    today: Any = table.item["watermark"]
    if mark is None or today["mode"] != "incremental" or reingest:
        return table
    high, column, kind = mark
    try:
        watermark.check(high, today["type"])
        if column == today["column"] and watermark.kind(str(kind)) == watermark.kind(today["type"]):
            return table
        reason = f"it is of column {column!r} ({kind}), and the config now says {today['column']!r} ({today['type']})"
    except TrackingError as error:
        reason = str(error)
    message = f"the committed watermark {high!r} can't be gone on from: {reason}; run the table once with reingest"
    return replace(table, item={**table.item, "plan_error": {"failure": "CONFIG", "message": message}, "arguments": {}})


_Mark = tuple[str, str | None, str | None]  # watermark, its column, its type


def _marks(states: Mapping[str, TableState]) -> dict[str, _Mark]:
    return {table: (state.watermark, state.column, state.type) for table, state in states.items() if state.watermark is not None}


def _leased(table: PlannedTable, taken: Taken) -> PlannedTable:
    """The table with what the status handler needs to commit: the fencing number, and the version of the watermark."""
    mark: Any = table.item["watermark"]
    fencing, version = taken.state.fencing, taken.state.version
    return replace(table, item={**table.item, "lease": {"fencing": fencing}, "watermark": {**mark, "version": version}})


def _bound(planned: Sequence[PlannedTable], planning: Planning) -> datetime:
    """When the run must be over, even if every job takes all the time it has.

    N jobs on C places end after at most (sum of all)/C + the longest (Graham's bound of list scheduling).
    """
    seconds = [_seconds(table.item) for table in planned] or [0]
    most = sum(seconds) / min(_concurrency(planning.machine), len(seconds)) + max(seconds)
    started = datetime.fromisoformat(planning.execution.started_at)
    return started + min(timedelta(seconds=most) + _MARGIN, _LONGEST)


def _seconds(item: Mapping[str, Any]) -> int:
    """The longest that all attempts at this table can take."""
    once: int = item["timeout_seconds"] + item.get("retry_wait_seconds", 0) + _AROUND_A_JOB
    attempts: int = item["max_attempts"]
    return once * attempts


def _machine(payload: Mapping[str, Json]) -> Mapping[str, Json]:
    machine = payload.get("machine")
    if not isinstance(machine, dict):
        raise UsageError("the payload has no 'machine': this function is called by the generated state machine; build it anew")
    return machine


def _concurrency(machine: Mapping[str, Json]) -> int:
    most = machine.get("max_concurrency")
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise UsageError(f"the machine's max_concurrency is {most!r}, not a number from 1 on: build and deploy the machine anew")
    return most


def _answer(record: RunRecord, items: Sequence[dict[str, Json]], machine: Mapping[str, Json]) -> dict[str, Json]:
    return {
        "run_id": record.run_id,
        "source_name": record.source_name,
        "tables_to_extract": list(items),
        "max_concurrency": _concurrency(machine),
        "map_error": None,
    }
