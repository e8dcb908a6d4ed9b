"""What a run is to do, before its tables are taken: from today's config, or from the stored plan of an earlier run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from extract_core.config.source_files import read_source
from extract_core.contract import JobState
from extract_core.dataclass import dataclass
from extract_core.errors import ObjectNotFound, TrackingError, UsageError
from extract_core.pausing import collector_paused
from extract_core.plan.check import check_source
from extract_core.plan.places import Attempt, Places
from extract_core.plan.plan_file import read_plan
from extract_core.plan.run_context import RunContext
from extract_core.plan.select import select_tables
from extract_core.plan.source_planner import stream_tables
from extract_core.runs.summary import last_attempts
from extract_core.tracking import watermark
from extract_core.tracking.records import Policy
from extract_core.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from extract_core.config.model import RunPolicy, SourceConfig
    from extract_core.contract import Json
    from extract_core.errors import Finding
    from extract_core.pipeline.parts import Parts
    from extract_core.plan.event import ExtractEvent
    from extract_core.plan.execution import Execution
    from extract_core.plan.line import PlannedTable
    from extract_core.plan.run_context import Backfill, Committed
    from extract_core.tracking.records import Skipped

    Marks = Mapping[str, Committed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The tables of a run and how to plan them from their committed marks; `skipped` were asked for and are left out."""

    tables: Sequence[str]
    policy: Policy
    plan: Callable[[Marks], Iterable[PlannedTable]]
    skipped: Sequence[Skipped] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """What every plan of this call depends on. `reingest` and `backfill` are the event's, or a rerun has those of its run."""

    parts: Parts
    event: ExtractEvent
    execution: Execution
    machine: Mapping[str, Json]
    reingest: bool
    backfill: Backfill | None = None

    @property
    def attempt(self) -> Attempt:
        """The first attempt at each table of the run."""
        run = RunContext(
            run_id=self.execution.name,
            execution_id=self.execution.id,
            started_at=self.execution.started_at,
            reingest=self.reingest,
            rerun_of=self.event.rerun_of,
            backfill=self.backfill,
        )
        return Attempt(run=run, number=1, places=Places(data_uri=self.parts.data_uri, runs_uri=self.parts.runs_uri))

    def read_source(self) -> SourceConfig:
        """Today's config of the event's source. Raises UsageError and ConfigError (with the faults of all tables as well)."""

        def check(data: bytes, file: str) -> Sequence[Finding]:
            return check_source(data, file=file, registry=self.parts.registry, machine=self.machine).findings

        return read_source(self.parts.objects, self.parts.config_uri, self.event.source, check=check, cache=self.parts.sources)

    def from_config(self, config: SourceConfig, tables: Sequence[str], marks: Marks) -> Iterator[PlannedTable]:
        """The plan of these tables from this config, one table at a time."""
        return stream_tables(
            config,
            tables,
            attempt=self.attempt,
            machine=self.machine,
            registry=self.parts.registry,
            marks=marks,
        )


def fresh(planning: Planning) -> Draft:
    """The draft of a run from today's config. Raises UsageError and ConfigError."""
    config = planning.read_source()
    parts, source = planning.parts, planning.event.source
    tables = select_tables(config, planning.event, failed=lambda run_id: failed_tables(parts, source, run_id))
    return Draft(
        tables=tables,
        policy=policy_of(config.run),
        plan=lambda marks: planning.from_config(config, tables, marks),
    )


def policy_of(run: RunPolicy) -> Policy:
    """The part of the config's policies that tracking and the summary act on."""
    return Policy(fail_when=run.fail_when, on_conflict=run.on_conflict)


def planned_from(draft: Draft, marks: Marks) -> list[PlannedTable]:
    """The plan, in which a table that can't be continued is a plan error, not a guess."""
    with collector_paused():
        return list(stream_from(draft, marks))


def stream_from(draft: Draft, marks: Marks) -> Iterator[PlannedTable]:
    """As `planned_from`, one table at a time. What the plan as a whole raises, it raises at once."""
    return (_checked(table, marks.get(table.table)) for table in draft.plan(marks))


def _checked(table: PlannedTable, base: Committed | None) -> PlannedTable:
    today: Any = table.item["watermark"]
    if base is None or base.mark is None or today["mode"] != "incremental" or today["low"] is None:
        return table
    problem = base.unknown or base.missing
    if problem is not None:
        remedy = "then run again" if base.missing is None else (
            "put the data back, or run the table once with --reingest, or write on_missing_base: reingest"
        )  # fmt: skip
        what = "cannot be checked" if base.missing is None else "is not there"
        message = f"the data that the committed watermark {base.mark!r} stands for {what}: {problem}; {remedy}"
        return _unplanned(table, "CONFLICT", message)
    try:
        watermark.check(str(base.mark), today["type"])
        if base.column == today["column"] and watermark.kind(str(base.type)) == watermark.kind(today["type"]):
            return table
        reason = f"it is of column {base.column!r} ({base.type}), and the config now says {today['column']!r} ({today['type']})"
    except TrackingError as error:
        reason = str(error)
    message = f"the committed watermark {base.mark!r} cannot be continued from: {reason}; run the table once with --reingest"
    return _unplanned(table, "CONFIG", message)


def _unplanned(table: PlannedTable, failure: str, message: str) -> PlannedTable:
    item = {**table.item, "plan_error": {"failure": failure, "message": message}, "arguments": {}}
    return replace(table, item=item)


def failed_tables(parts: Parts, source: str, run_id: str) -> set[str]:
    """The planned tables of a run of this source whose last attempt did not succeed, or that have none.

    Raises RunNotFound, and UsageError where the run is of another source, has not ended, or has no such table.
    """
    record = parts.tracking.run(run_id)
    if record.source != source:
        raise UsageError(f"failed:{run_id}: that run is of source {record.source!r}, and the event says {source!r}")
    if record.plan_uri is None or record.planned is None:
        raise UsageError(f"failed:{run_id}: that run was never planned ({record.refused or 'its config manager did not finish'})")
    if record.summary is None:
        raise UsageError(
            f"failed:{run_id}: that run has not ended, so it is not known which tables fail; see: extract status {run_id}"
        )
    last = last_attempts(parts.tracking.attempts(run_id))
    try:
        planned = {line.table for line in read_plan(parts.objects, record.plan_uri)}
    except ObjectNotFound as error:
        if len(last) < record.planned:
            raise UsageError(
                f"failed:{run_id}: the plan of that run is gone ({record.plan_uri}), and no end is recorded for "
                f"{record.planned - len(last):,} of its {counted(record.planned, 'table')}: name the tables"
            ) from error
        planned = set(last)  # each has an end
    succeeded = {table for table, row in last.items() if row.state is JobState.SUCCEEDED}
    if not planned - succeeded:
        raise UsageError(f"failed:{run_id}: every table of that run succeeded")
    return planned - succeeded
