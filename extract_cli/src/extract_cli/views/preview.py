"""What a run would do, by the config manager's own steps without those that write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final

from extract_core.pipeline.parts import Parts
from extract_core.plan.costs import Costs, costs_of
from extract_core.plan.execution import Execution
from extract_core.plan.explain import Explainer, Resolved
from extract_core.plan.foresight import Foresight, example_run_id
from extract_core.plan.machine import machine_facts
from extract_core.registry.routing import POOL
from extract_core.runs.bases import check_bases, committed
from extract_core.runs.draft import Planning, fresh, stream_from
from extract_core.runs.groups import Grouping, Share
from extract_core.runs.order import length_of, past_of, seconds_of
from extract_core.runs.rerun import repeated, rerun

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extract_core.config.source_files import ReadSources
    from extract_core.errors import Finding
    from extract_core.pipeline.model import Pipeline
    from extract_core.plan.event import ExtractEvent
    from extract_core.plan.group import Group
    from extract_core.plan.line import PlannedTable
    from extract_core.registry.installed import Registry
    from extract_core.runs.order import Length
    from extract_core.runs.savings import Saving
    from extract_core.tracking.records import TableState

_STARTED: Final = "2000-01-01T00:00:00+00:00"
_FEW: Final = 40
"""A plan of fewer tables than the source's by this factor asks for the past of each: its runs have too many others."""


@dataclass(frozen=True, kw_only=True)
class Lock:
    """The run that holds a table. `is_alive` False: that run died, and the next one takes the table over."""

    run_id: str
    since: str
    is_alive: bool


@dataclass(frozen=True, kw_only=True)
class TablePreview:
    """One table: its plan, where its values come from, who holds it."""

    planned: PlannedTable
    values: Sequence[Resolved]
    lock: Lock | None


class Preview:
    """A run that is not started. Raises what the config manager would raise.

    Read `tables` once, to its end: a plan of 50,000 tables is not kept in memory. The totals and `notes` are those of the
    tables that were read. `at_once` is how many tables run at once.
    """

    def __init__(self, pipeline: Pipeline, parts: Parts, event: ExtractEvent) -> None:
        self.event = event
        self.machine = machine_facts(pipeline, parts.registry)
        self.notes: list[Finding] = []
        self.held = 0
        self._parts = parts
        run_id = example_run_id(event.source)
        repeats = repeated(parts.tracking, event)
        planning = Planning(
            parts=parts,
            event=event,
            execution=Execution(id=run_id, name=run_id, started_at=_STARTED),
            machine=self.machine,
            reingest=repeats.reingest,
            backfill=repeats.backfill,
        )
        draft = rerun(planning) if event.rerun_of is not None else fresh(planning)
        self.on_conflict = draft.policy.on_conflict
        self.skipped = draft.skipped
        self.count = len(draft.tables)
        self._states = parts.tracking.states(event.source, draft.tables)
        bases = check_bases(parts, self._states.values(), repair=False)
        self._planned = stream_from(draft, committed(self._states, bases))
        config = planning.read_source() if event.rerun_of is None else None
        self._explainer = Explainer(config, self.machine, parts.registry) if config is not None else None
        self._foresight = Foresight(event.source, parts.runs_uri, self.machine, parts.registry)
        self.at_once = event.max_concurrency or pipeline.machine.max_concurrency
        self.pools = pipeline.pools
        self.pool_of: dict[str, str] = {}
        self._tables = draft.tables
        few = config is not None and len(draft.tables) * _FEW < len(config.tables)
        self._past = past_of(parts.tracking, self._states, by_table=few)
        self._seconds = seconds_of(self._past)
        share = Share.of(self.machine)
        self.grouping = Grouping(self._states, self._past, share=share, registry=parts.registry) if share is not None else None
        self.want_to_share = 0
        """The tables with `share: true`, if no table of this machine can share a job."""
        self.has_retries = pipeline.machine.retries
        self.prices = pipeline.prices

    def tables(self, *, explained: bool) -> Iterator[TablePreview]:
        """Each table, with its values if they are to be explained."""
        explainer = self._explainer
        alive: dict[str, bool] = {}
        if explainer is not None:
            self.notes += explainer.notes_above()
        for planned in self._planned:
            self._foresight.add(planned)
            if self.grouping is not None:
                self.grouping.add(planned)
            elif planned.core.get("share") is True:
                self.want_to_share += 1
            if isinstance(pool := planned.item.get(POOL), str) and pool in self.pools:
                self.pool_of[planned.table] = pool
            if explainer is not None:
                self.notes += explainer.notes(planned)
            lock = _lock(self._states.get(planned.table), self._parts, alive)
            self.held += lock is not None and lock.is_alive
            values = explainer.explain(planned) if explained and explainer is not None else ()
            yield TablePreview(planned=planned, values=values, lock=lock)

    @cached_property
    def length(self) -> Length | None:
        """How long the run may take, by the last runs; None if they say nothing. Read it after the tables."""
        return length_of(self._tables, self._seconds, at_once=self.at_once, pools=self.pool_of, sizes=self.pools)

    @cached_property
    def groups(self) -> Sequence[Group]:
        """The tables that share a job. Read it after the tables."""
        return self.grouping.groups() if self.grouping is not None else ()

    def usd_of(self, saving: Saving) -> float | None:
        """What the units of a saving cost by the price list of extract.toml; None if it has none of them."""
        if self.prices is None:
            return None
        prices = self.prices.usd.get(saving.job_type, {})
        known = [amount * prices[unit] for unit, amount in saving.units.items() if unit in prices]
        return sum(known) if known else None

    @property
    def costs(self) -> Costs:
        """What the tables that were read need, and what that costs."""
        return costs_of(self._foresight.load, self.machine, sum(len(group.tables) - 1 for group in self.groups))

    @property
    def refused(self) -> str | None:
        """Why the run as a whole would be refused, or None."""
        return self._foresight.refused

    @property
    def warning(self) -> str | None:
        """That the machine can carry the run and not many tables more, or None."""
        return self._foresight.warning

    @property
    def is_runnable(self) -> bool:
        """Whether the run would start, and every table of it can be planned."""
        return self.refused is None and not self._foresight.load.unplanned


def reading_parts(pipeline: Pipeline, registry: Registry, sources: ReadSources | None = None) -> Parts:
    """The pipeline's stores, opened for reading only. `sources` are the configs that were read before."""
    from extract_core.objects.routed import open_objects
    from extract_core.tracking.open import open_tracking

    return Parts(
        objects=open_objects(),
        tracking=open_tracking(pipeline.tracking, read_only=True),
        registry=registry,
        sources=sources if sources is not None else {},
        config_uri=pipeline.config_uri,
        data_uri=pipeline.data_uri,
        runs_uri=pipeline.runs_uri,
        is_running=lambda execution_id: _is_running(pipeline, execution_id),
    )


def _is_running(pipeline: Pipeline, execution_id: str) -> bool:
    """Called only for tables that a run holds."""
    if pipeline.is_local:
        from extract_core.runs.engine import load_engine

        return load_engine("local", pipeline).is_running(execution_id)
    from extract_core.aws.client import StepFunctions

    return StepFunctions().is_running(execution_id)


def _lock(state: TableState | None, parts: Parts, alive: dict[str, bool]) -> Lock | None:
    if state is None or state.owner is None:
        return None
    owner = state.owner
    if owner.execution_id not in alive:
        in_time = datetime.fromisoformat(owner.bound) > parts.now()
        alive[owner.execution_id] = in_time and parts.is_running(owner.execution_id)
    return Lock(run_id=owner.run_id, since=owner.started_at, is_alive=alive[owner.execution_id])
