"""What a run is to do, before its tables are taken: from today's config, or from the stored plan of an earlier run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.config.source_files import read_source
from extract_core.dataclass import dataclass
from extract_core.plan.attempt import Places, RunContext
from extract_core.plan.check import check_source
from extract_core.plan.plan_tables import stream_tables
from extract_core.plan.select import select_tables
from extract_core.runs.failed import failed_tables
from extract_core.tracking.records import Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from extract_core.config.model import RunPolicy, SourceConfig
    from extract_core.contract import Json
    from extract_core.errors import Finding
    from extract_core.pipeline.parts import Parts
    from extract_core.plan.attempt import Backfill, Committed
    from extract_core.plan.event import ExtractEvent
    from extract_core.plan.execution import Execution
    from extract_core.plan.line import PlannedTable
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
    def run(self) -> RunContext:
        """The run that is planned for."""
        return RunContext(
            run_id=self.execution.name,
            execution_id=self.execution.id,
            started_at=self.execution.started_at,
            reingest=self.reingest,
            rerun_of=self.event.rerun_of,
            backfill=self.backfill,
        )

    def read_source(self) -> SourceConfig:
        """Today's config of the event's source. Raises UsageError and ConfigError (with the faults of all tables as well)."""

        def check(data: bytes, file: str) -> Sequence[Finding]:
            return check_source(data, file=file, registry=self.parts.registry, machine=self.machine).findings

        return read_source(self.parts.objects, self.parts.config_uri, self.event.source, check=check, cache=self.parts.sources)

    def from_config(self, config: SourceConfig, tables: Sequence[str], marks: Marks) -> Iterator[PlannedTable]:
        """The plan of these tables from this config, one table at a time."""
        parts = self.parts
        return stream_tables(
            config,
            tables,
            run=self.run,
            machine=self.machine,
            registry=parts.registry,
            marks=marks,
            places=Places(data_uri=parts.data_uri, runs_uri=parts.runs_uri),
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
