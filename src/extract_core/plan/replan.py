"""Plan a table again from its stored plan line: for a rerun, or for a further attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.config.settings import BadSettings, PluginFailure, Settings, TypeInUse
from extract_core.config.tiers import not_built, unknown_pool
from extract_core.errors import JobTypeNotInstalled, ObjectError
from extract_core.plan.build_line import Unplannable, assemble, unplanned
from extract_core.plan.line import TableSpec
from extract_core.plan.run_context import NOTHING
from extract_core.plan.source_planner import MAX_MESSAGE, check_machine
from extract_core.wording import cut

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json, Watermark
    from extract_core.plan.line import PlannedTable
    from extract_core.plan.places import Attempt
    from extract_core.plan.run_context import Committed
    from extract_core.registry.installed import Registry


def replan(  # noqa: PLR0913 - all that a plan depends on, by name
    planned: PlannedTable,
    *,
    attempt: Attempt,
    machine: Mapping[str, Json],
    registry: Registry,
    marks: Mapping[str, Committed],
    window: Watermark | None = None,
) -> PlannedTable:
    """The same table for another run or attempt: table and settings as in the stored plan, with today's watermark.

    `window`, if given, is the window to read again: a further attempt reads the same rows as the first one.

    Not for a line with a `plan_error`: such a table is planned from today's config (`stream_tables`).
    """
    check_machine(machine)
    if planned.spec is None or planned.settings is None:
        raise ObjectError(f"table {planned.table!r} was not planned before ({planned.plan_error}); plan it from its config")
    spec = TableSpec(**planned.spec)  # type: ignore[arg-type] # written by TableSpec.as_json
    message: str
    try:
        settings, in_use = opened(planned, machine, registry)
        _check_pool(spec, machine)
        committed = marks.get(spec.table, NOTHING)
        return assemble(spec, settings, in_use, attempt=attempt, committed=committed, registry=registry, window=window)
    except BadSettings as error:
        wrong = "; ".join(f"{'.'.join(map(str, path))} {message}" for path, message in error.problems)
        message = f"the settings of the table's earlier run are refused now: {wrong}"
    except (JobTypeNotInstalled, PluginFailure, Unplannable) as error:
        message = str(error)
    source_and_type = (spec.source, spec.source_type)
    return unplanned(
        spec.table, cut(message, MAX_MESSAGE), source_and_type=source_and_type, job_type=spec.job_type, attempt=attempt
    )


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
