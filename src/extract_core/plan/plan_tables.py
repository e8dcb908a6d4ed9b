"""Plan the tables of a run: from a source config and a run to one line per table. Stores and plugins are passed in."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from extract_core.config.settings import BadSettings, PluginFailure, Settings, TypeInUse
from extract_core.config.tiers import not_built, unknown_pool
from extract_core.contract import API_VERSION
from extract_core.errors import ConfigError, JobTypeNotInstalled, ObjectError, UsageError
from extract_core.pausing import collector_paused
from extract_core.plan.attempt import NOTHING, Attempt, Places
from extract_core.plan.build_line import Unplannable, assemble, unplanned
from extract_core.plan.line import PlannedTable, TableSpec
from extract_core.plan.source_planner import MAX_MESSAGE, Planner
from extract_core.wording import cut

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extract_core.config.model import SourceConfig
    from extract_core.contract import Json, Watermark
    from extract_core.errors import Finding
    from extract_core.plan.attempt import Committed, RunContext
    from extract_core.registry.installed import Registry

_BATCH = 500  # tables that are planned with the garbage collector paused


def plan_tables(  # noqa: PLR0913 - all that a plan depends on, by name
    config: SourceConfig,
    tables: Sequence[str],
    *,
    run: RunContext,
    machine: Mapping[str, Json],
    registry: Registry,
    marks: Mapping[str, Committed],
    data_uri: str,
    runs_uri: str,
) -> list[PlannedTable]:
    """The plan of these tables, in their order; `marks` say what each table continues.

    A table that can't be planned has a `plan_error`. Raises ConfigError with all findings if there is one outside of the tables,
    or inside one under ``run.on_invalid: fail``; UsageError for a machine of another contract.
    """
    places = Places(data_uri=data_uri, runs_uri=runs_uri)
    with collector_paused():
        return list(stream_tables(config, tables, run=run, machine=machine, registry=registry, marks=marks, places=places))


def stream_tables(  # noqa: PLR0913 - as plan_tables
    config: SourceConfig,
    tables: Sequence[str],
    *,
    run: RunContext,
    machine: Mapping[str, Json],
    registry: Registry,
    marks: Mapping[str, Committed],
    places: Places,
) -> Iterator[PlannedTable]:
    """As `plan_tables`, one table at a time: memory does not grow with their number, except under ``on_invalid: fail``.

    What it raises, it raises at once.
    """
    check_machine(machine)
    planner = Planner(config, machine, registry)
    findings = list(planner.prepare(tables))
    attempt = Attempt(run=run, number=1, places=places)
    outcomes = _outcomes(planner, tables, attempt, marks)
    if not findings and config.run.on_invalid == "record":
        return (
            planned if isinstance(planned, PlannedTable) else planner.unplanned(table, planned, attempt)
            for table, planned in outcomes
        )
    all_planned = []
    for _, planned in outcomes:
        if isinstance(planned, PlannedTable):
            all_planned.append(planned)
        else:
            findings += planned
    if findings:
        raise ConfigError(planner.resolved(findings))
    return iter(all_planned)


def _outcomes(
    planner: Planner, tables: Sequence[str], attempt: Attempt, marks: Mapping[str, Committed]
) -> Iterator[tuple[str, PlannedTable | list[Finding]]]:
    """Each table with its plan, or with all that is wrong with it."""
    waiting = iter(tables)
    while batch := list(islice(waiting, _BATCH)):
        with collector_paused():
            outcomes = [(table, planner.plan(table, attempt, marks.get(table, NOTHING))) for table in batch]
        yield from outcomes


def replan(  # noqa: PLR0913 - as plan_tables
    planned: PlannedTable,
    *,
    run: RunContext,
    attempt: int,
    machine: Mapping[str, Json],
    registry: Registry,
    marks: Mapping[str, Committed],
    data_uri: str,
    runs_uri: str,
    window: Watermark | None = None,
) -> PlannedTable:
    """The same table for another run or attempt: table and settings as in the stored plan, with today's watermark.

    `window`, if given, is the window to read again: a further attempt reads the same rows as the first one.

    Not for a line with a `plan_error`: such a table is planned from today's config (`plan_tables`).
    """
    check_machine(machine)
    if planned.spec is None or planned.settings is None:
        raise ObjectError(f"table {planned.table!r} was not planned before ({planned.plan_error}); plan it from its config")
    spec = TableSpec(**planned.spec)  # type: ignore[arg-type] # written by TableSpec.as_json
    this = Attempt(run=run, number=attempt, places=Places(data_uri=data_uri, runs_uri=runs_uri))
    message: str
    try:
        settings, in_use = opened(planned, machine, registry)
        _check_pool(spec, machine)
        committed = marks.get(spec.table, NOTHING)
        return assemble(spec, settings, in_use, attempt=this, committed=committed, registry=registry, window=window)
    except BadSettings as error:
        wrong = "; ".join(f"{'.'.join(map(str, path))} {message}" for path, message in error.problems)
        message = f"the settings of the table's earlier run are refused now: {wrong}"
    except (JobTypeNotInstalled, PluginFailure, Unplannable) as error:
        message = str(error)
    source_and_type = (spec.source, spec.source_type)
    return unplanned(spec.table, cut(message, MAX_MESSAGE), source_and_type=source_and_type, job_type=spec.job_type, attempt=this)


def opened(planned: PlannedTable, machine: Mapping[str, Json], registry: Registry) -> tuple[Settings, TypeInUse]:
    """The settings of a planned table, and its job type in this machine.

    Raises BadSettings, JobTypeNotInstalled, PluginFailure and Unplannable.
    """
    in_use = _in_use(str(planned.item["job_type"]), machine, registry)
    return in_use.settings(planned.settings or {}), in_use


def _check_pool(spec: TableSpec, machine: Mapping[str, Json]) -> None:
    pool = spec.core.get("pool")
    unknown = unknown_pool(pool, machine) if isinstance(pool, str) else None
    if unknown is not None:
        raise Unplannable(f"the table's pool {unknown}")


def _in_use(name: str, machine: Mapping[str, Json], registry: Registry) -> TypeInUse:
    registry.job_type(name)
    deployments = machine.get("job_types")
    deployment = deployments.get(name) if isinstance(deployments, dict) else None
    if not isinstance(deployment, dict):
        raise Unplannable(not_built(name, machine))
    return TypeInUse.open(registry.job_types[name], deployment)


def check_machine(machine: Mapping[str, Json]) -> None:
    """Refuse a machine that was built for another major version of the plugin contract."""
    contract = machine.get("contract", list(API_VERSION))
    if not isinstance(contract, list | tuple) or not contract or contract[0] != API_VERSION[0]:
        raise UsageError(
            f"the state machine {machine.get('name')!r} was built for contract {contract!r}, and these functions have "
            f"{list(API_VERSION)}; build and deploy machine and functions from one installation"
        )
