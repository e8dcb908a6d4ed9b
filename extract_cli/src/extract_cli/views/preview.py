"""What a run would do, worked out by the config manager's own steps, but for those that write."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from extract_core.errors import UsageError
from extract_core.pipeline.parts import Parts
from extract_core.plan.costs import Costs, costs_of
from extract_core.plan.explain import Explainer, Resolved
from extract_core.plan.limits import check_limits
from extract_core.plan.machine import machine_facts
from extract_core.plan.places import plan_place
from extract_core.plan.plan_file import LinePlace
from extract_core.runs.draft import Planning, fresh
from extract_core.runs.execution import Execution
from extract_core.runs.marks import committed, planned_from
from extract_core.runs.rerun import repeated, rerun

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.errors import Finding
    from extract_core.pipeline.model import Pipeline
    from extract_core.plan.event import ExtractEvent
    from extract_core.plan.line import PlannedTable
    from extract_core.registry.installed import Registry
    from extract_core.tracking.records import Skipped, TableState

_STARTED: Final = "2000-01-01T00:00:00+00:00"
_STAMP: Final = "20000101T000000-0000"  # as long as that of a real run, so that sizes are right; always the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Who holds a table. `is_alive` False: a run that died, whose lease the next one takes over."""

    run_id: str
    since: str
    is_alive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePreview:
    """One table: its plan, where its values come from, who holds it."""

    planned: PlannedTable
    values: Sequence[Resolved] = ()
    lock: Lock | None = None
    state: TableState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A run that was not started. `refused` is why the whole of it would be, if it would."""

    event: ExtractEvent
    machine: Mapping[str, Json]
    tables: Sequence[TablePreview]
    costs: Costs
    on_conflict: str
    skipped: Sequence[Skipped] = field(default=())
    refused: str | None = None
    notes: Sequence[Finding] = field(default=())


def reading_parts(pipeline: Pipeline, registry: Registry) -> Parts:
    """The pipeline's stores, to be read only."""
    from extract_core.objects.routed import open_objects
    from extract_core.tracking.open import open_tracking

    return Parts(
        objects=open_objects(),
        tracking=open_tracking(pipeline.tracking, read_only=True),
        registry=registry,
        config_uri=pipeline.config_uri,
        data_uri=pipeline.data_uri,
        runs_uri=pipeline.runs_uri,
        is_running=lambda execution_id: _is_running(pipeline, execution_id),
    )


def _is_running(pipeline: Pipeline, execution_id: str) -> bool:
    """Asked only of tables that somebody holds."""
    if pipeline.is_local:
        from extract_core.runs.engine import load_engine

        return load_engine("local", pipeline).is_running(execution_id)
    from extract_core.aws.executions import StepFunctions

    return StepFunctions().is_running(execution_id)


def preview(pipeline: Pipeline, parts: Parts, event: ExtractEvent) -> Preview:
    """Plan the event's run without taking or writing anything. Raises what the config manager would."""
    machine = machine_facts(pipeline, parts.registry)
    run_id = f"{event.source[:59]}-{_STAMP}"
    execution = Execution(id=run_id, name=run_id, started_at=_STARTED)
    asked = repeated(parts.tracking, event)
    planning = Planning(
        parts=parts, event=event, execution=execution, machine=machine, reingest=asked.reingest, backfill=asked.backfill
    )
    draft = rerun(planning) if event.rerun_of is not None else fresh(planning)
    states = parts.tracking.states(event.source, draft.tables)
    planned = planned_from(draft, committed(states), reingest=asked.reingest)
    output = _output(planned, parts, run_id, pipeline.machine.max_concurrency)
    explainer = Explainer(planning.read_source(), machine, parts.registry) if event.rerun_of is None else None
    alive: dict[str, bool] = {}
    return Preview(
        event=event,
        machine=machine,
        tables=[
            TablePreview(
                planned=table,
                values=explainer.explain(table) if explainer is not None else (),
                lock=_lock(states.get(table.table), parts, alive),
                state=states.get(table.table),
            )
            for table in planned
        ],
        costs=costs_of(output, machine),
        on_conflict=draft.policy.on_conflict,
        skipped=draft.skipped,
        refused=_refused(output, machine),
        notes=_notes(explainer, planned) if explainer is not None else (),
    )


def _notes(explainer: Explainer, planned: Sequence[PlannedTable]) -> list[Finding]:
    return [*explainer.notes_above(), *(note for table in planned for note in explainer.notes(table))]


def _output(planned: Sequence[PlannedTable], parts: Parts, run_id: str, concurrency: int) -> dict[str, Json]:
    """What the config manager would hand to the Map, leases and places of plan lines included."""
    items: list[Json] = []
    offset = 0
    for table in planned:
        mark = table.item["watermark"]
        watermark: Json = {**mark, "version": 0} if isinstance(mark, dict) else mark
        item: dict[str, Json] = {**table.item, "lease": {"fencing": 1}, "watermark": watermark}
        length = len(table.line())
        items.append({**item, **LinePlace(plan_place(parts.runs_uri, run_id), offset, length).as_json()})
        offset += length
    source = planned[0].item["source"] if planned else ""
    return {
        "run_id": run_id,
        "source": source,
        "tables_to_extract": items,
        "max_concurrency": concurrency,
        "map_error": None,
    }


def _refused(output: Mapping[str, Json], machine: Mapping[str, Json]) -> str | None:
    if machine.get("map") != "INLINE":
        return None
    try:
        check_limits(output, retry_loop=machine.get("retry_loop") is True)
    except UsageError as error:
        return str(error)
    return None


def _lock(state: TableState | None, parts: Parts, alive: dict[str, bool]) -> Lock | None:
    if state is None or state.owner is None:
        return None
    owner = state.owner
    if owner.execution_id not in alive:
        in_time = datetime.fromisoformat(owner.bound) > parts.now()
        alive[owner.execution_id] = in_time and parts.is_running(owner.execution_id)
    return Lock(run_id=owner.run_id, since=owner.started_at, is_alive=alive[owner.execution_id])
