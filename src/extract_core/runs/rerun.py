"""Runs an earlier run's tables again: those that did not succeed, with the settings of their last attempt, from today's marks.

A run that read from the beginning (`reingest`) does so again. A table that failed with CONFIG is planned from today's config,
because the fault was there; if the config does not have it any more, it is left out. A table that has succeeded, in that run or
since, is never run again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from extract_core.contract import FailureClass, JobState
from extract_core.errors import NothingLeft, ObjectNotFound, TrackingError, UsageError
from extract_core.plan.event import read_event
from extract_core.plan.plan_file import read_plan
from extract_core.plan.replan import replan
from extract_core.plan.select import select_names
from extract_core.runs.draft import Draft
from extract_core.runs.summary import last_attempts
from extract_core.tracking import watermark
from extract_core.tracking.records import Policy, Skipped
from extract_core.wording import counted, utc

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core.config.model import SourceConfig
    from extract_core.plan.event import ExtractEvent
    from extract_core.plan.line import PlannedTable
    from extract_core.runs.draft import Marks, Planning
    from extract_core.tracking.records import AttemptRow, RunRecord, TableState
    from extract_core.tracking.store import TrackingStore

KEPT_DAYS = 400
"""Days after which a plan is deleted."""


def rerun(planning: Planning) -> Draft:
    """The draft of a run that does tables of `rerun_of` again.

    Raises RunNotFound, NothingLeft, and UsageError where that run is of another source, was never planned, or has lost its plan.
    """
    record = _record(planning)
    lines = _lines(planning, record)
    last = last_attempts(planning.parts.tracking.attempts(record.run_id))
    states = planning.parts.tracking.states(record.source, list(lines))
    place = f"the plan of run {record.run_id!r}"
    chosen = select_names(tuple(lines), planning.event, place=place, tags=lambda: _tags(lines))
    force = planning.event.force
    done = {table: f"succeeded in run {record.run_id!r}" for table in chosen if _succeeded(last.get(table))}
    since = {
        table: reason
        for table in chosen
        if table not in done and not force and (reason := _since(record, states.get(table), lines[table]))
    }
    tables = [table for table in chosen if table not in done and table not in since]
    by_config = [table for table in tables if _failed_by_config(lines[table], last.get(table))]
    config = planning.read_source() if by_config else None
    left_out = since | _removed(config, by_config)
    reported = (*(done.items() if "*" not in planning.event.tables else ()), *left_out.items())
    tables = [table for table in tables if table not in left_out]
    by_config = [table for table in by_config if table not in left_out]
    if not tables:
        reasons = [f"{table}: {reason}" for table, reason in list(left_out.items())[:5]]
        reasons += [f"and {len(left_out) - 5} more"] * (len(left_out) > 5)
        reasons += [f"{counted(len(done), 'table')} succeeded in it"] * bool(done)
        raise NothingLeft(f"nothing of run {record.run_id!r} is left to run again: {'; '.join(reasons)}")
    return Draft(
        tables=tables,
        policy=record.policy or Policy(),
        plan=lambda marks: _plan(
            planning, [_as_it_ran(lines[table], last.get(table)) for table in tables], config, by_config, marks
        ),
        skipped=[Skipped(table=table, reason=reason) for table, reason in reported],
    )


def repeated(tracking: TrackingStore, event: ExtractEvent) -> ExtractEvent:
    """The event whose `reingest` and `backfill` count: this one, or the nearest of those it is a rerun of that has any.

    Raises RunNotFound.
    """
    first, seen = event, set[str]()
    while not first.reingest and first.backfill is None and first.rerun_of is not None and first.rerun_of not in seen:
        seen.add(first.rerun_of)
        first = read_event(tracking.run(first.rerun_of).event)
    return first


def _record(planning: Planning) -> RunRecord:
    event = planning.event
    record = planning.parts.tracking.run(event.rerun_of or "")
    if record.source != event.source:
        raise UsageError(
            f"run {record.run_id!r} is of source {record.source!r}, and the event says {event.source!r}: "
            f"write source: {record.source}"
        )
    return record


def _lines(planning: Planning, record: RunRecord) -> dict[str, PlannedTable]:
    """The plan of that run, by table."""
    if record.plan_uri is None:
        why = record.refused or "its config manager did not finish"
        raise UsageError(f"run {record.run_id!r} was never planned ({why}): start a new run instead")
    if record.planned == 0:
        if not record.skipped:
            raise UsageError(f"run {record.run_id!r} planned no table: start a new run")
        names = [skipped.table for skipped in record.skipped]
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""
        raise UsageError(
            f"run {record.run_id!r} planned no table, all were skipped: {', '.join(names[:10])}{more}; start a new run of them: "
            f"extract run {record.source} TABLE..."
        )
    try:
        return {line.table: line for line in read_plan(planning.parts.objects, record.plan_uri)}
    except ObjectNotFound as error:
        raise UsageError(
            f"the plan of run {record.run_id!r} is gone ({record.plan_uri}; plans are kept {KEPT_DAYS} days): "
            "its settings are lost. Start a new run of its failed tables, with the settings of today: "
            f"extract run {record.source} failed:{record.run_id}"
        ) from error


def _tags(lines: Mapping[str, PlannedTable]) -> dict[str, list[str]]:
    """The tags that the tables had when they were planned."""
    cores = {table: (line.spec or {}).get("core") for table, line in lines.items()}
    tags = {table: core.get("tags") for table, core in cores.items() if isinstance(core, dict)}
    return {table: [str(tag) for tag in names] for table, names in tags.items() if isinstance(names, list)}


def _succeeded(row: AttemptRow | None) -> bool:
    return row is not None and row.state is JobState.SUCCEEDED


def _since(record: RunRecord, state: TableState | None, line: PlannedTable) -> str | None:
    """Why the table needs no other run, by what came after that run; None if it needs one."""
    if state is not None and _passed(line, state):
        window: Any = line.item["watermark"]
        low = "the beginning" if window["low"] is None else repr(window["low"])
        return (
            f"its watermark has moved on since, from {low} to {state.watermark!r}: nothing of it is missing; --force "
            "runs it all the same"
        )
    if state is None or state.last_state is not JobState.SUCCEEDED or state.last_run == record.run_id or state.last_at is None:
        return None
    since = utc(state.last_at) > utc(record.started_at)
    return f"succeeded since, in run {state.last_run!r}" if since else None


def _passed(line: PlannedTable, state: TableState) -> bool:
    """Whether another run has committed what this line's incremental window begins with."""
    window: Any = line.item["watermark"]
    if window["mode"] != "incremental" or state.watermark is None or state.version <= window.get("version", 0):
        return False
    try:
        return window["low"] is None or watermark.compare(state.watermark, window["low"], window["type"]) > 0
    except TrackingError:
        return False  # another column or type by now: the plan will say so


def _failed_by_config(line: PlannedTable, row: AttemptRow | None) -> bool:
    return line.plan_error is not None or (row is not None and row.failure is FailureClass.CONFIG)


def _as_it_ran(line: PlannedTable, row: AttemptRow | None) -> PlannedTable:
    """The table with the settings of its last attempt: a larger size is kept."""
    job_type = line.item.get("job_type")
    return replace(line, settings=dict(row.settings)) if row and row.settings and row.job_type == job_type else line


def _removed(config: SourceConfig | None, by_config: Sequence[str]) -> dict[str, str]:
    """The tables that can't be planned again, because they were removed from the config since; each with that reason."""
    if config is None:
        return {}
    reason = f"failed with CONFIG, and {config.text.file} does not have it any more"
    return {table: reason for table in by_config if table not in config.tables}


def _plan(
    planning: Planning, lines: Sequence[PlannedTable], config: SourceConfig | None, by_config: Sequence[str], marks: Marks
) -> list[PlannedTable]:
    """The plan in the order of the earlier one."""
    from_config: Mapping[str, PlannedTable] = {}
    if config is not None:
        from_config = {planned.table: planned for planned in planning.from_config(config, by_config, marks)}
    attempt, machine, registry = planning.attempt, planning.machine, planning.parts.registry
    return [
        from_config[line.table]
        if line.table in from_config
        else replan(line, attempt=attempt, machine=machine, registry=registry, marks=marks)
        for line in lines
    ]
