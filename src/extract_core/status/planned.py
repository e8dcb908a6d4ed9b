"""The item of an attempt as the plan has it.

An item has passed through the states of a branch, which a plugin wrote, and it may have been amended on its way. So places, mode,
mark, version, job type and policies come from the table's plan line: one ranged read per item. The item itself gives only what
the plan can't have: the outcome of the job, the number of the attempt, and the settings of a larger attempt. The guard of the
lease checks that number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extract_core.contract import Watermark
from extract_core.dataclass import dataclass
from extract_core.errors import ExtractError, ObjectUnavailable, RunNotFound, UsageError
from extract_core.plan.places import plan_place
from extract_core.plan.plan_file import LinePlace, read_plan_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from extract_core.contract import Json, Outcome
    from extract_core.pipeline.parts import Parts
    from extract_core.plan.item_key import ItemKey
    from extract_core.plan.line import PlannedTable
    from extract_core.registry.values import AnyJobType


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The item, and the table's plan line. `line` None: it could not be read, and `problem` says why; the item is as it came."""

    item: Mapping[str, Json]
    line: PlannedTable | None = None
    problem: str | None = None

    @property
    def core(self) -> Mapping[str, Json]:
        """The core's keys of the table."""
        return self.line.core if self.line is not None else {}

    @property
    def window(self) -> Watermark:
        """What the job was to read."""
        run: Any = (self.line.table_run if self.line is not None else None) or {}
        window: Any = {**run.get("watermark", self.item.get("watermark", {}))}
        if "lag" not in window:  # a plan of an earlier version
            window["lag"] = self.core.get("lag")
        window.pop("version", None)
        return Watermark(**window)


def planned_item(parts: Parts, key: ItemKey, item: Mapping[str, Json]) -> Planned:
    """The item as the plan has it. An item with a plan error is returned as it came: nothing of it is committed.

    Raises UsageError if the plan line is of another table, run or lease than the item says; ObjectUnavailable and
    TrackingUnavailable.
    """
    if item.get("plan_error") is not None:
        return Planned(item=item)
    try:
        place = LinePlace.of(item)
        _check_plan(parts, key, place.plan_uri)
        line = read_plan_line(parts.objects, item)
    except (ObjectUnavailable, UsageError):
        raise
    except (ExtractError, ValueError) as error:
        return Planned(item=item, problem=f"the table's line of the plan can't be read: {error}")
    _check_same(key, line)
    members = {name: value for name, value in line.item.items() if name != "arguments"}
    places = {name: _of_attempt(line.item[name], key.attempt) for name in ("extract_s3_uri", "result_uri")}
    return Planned(item={**item, **members, "attempt": key.attempt, **places}, line=line)


def _check_plan(parts: Parts, key: ItemKey, plan_uri: str) -> None:
    """Refuse a plan that is not this run's. The run's record is read only if the place is not today's."""
    if plan_uri == plan_place(parts.runs_uri, key.run_id):
        return
    try:
        recorded = parts.tracking.run(key.run_id).plan_uri
    except RunNotFound:
        recorded = None
    if plan_uri != recorded:
        raise UsageError(f"the item names the plan {plan_uri!r}, but that of run {key.run_id!r} is {recorded!r}")


def _check_same(key: ItemKey, line: PlannedTable) -> None:
    lease: Any = line.item.get("lease")
    planned = {
        "run_id": line.item.get("run_id"),
        "source": line.item.get("source"),
        "table": line.item.get("table"),
        "lease.fencing": lease.get("fencing") if isinstance(lease, dict) else None,
    }
    said = {"run_id": key.run_id, "source": key.source, "table": key.table, "lease.fencing": key.fencing}
    wrong = [f"{name} is {said[name]!r}, not {value!r}" for name, value in planned.items() if value != said[name]]
    if wrong:
        raise UsageError(
            f"the item does not fit its plan line ({'; '.join(wrong)}): each state of a branch must keep the item as it is"
        )


def _of_attempt(uri: Json, attempt: int) -> str:
    """The place of this attempt, from that of the first: ``…/attempt=1/`` → ``…/attempt=2/``, ``…/attempt=1.json`` alike."""
    before, _, after = str(uri).rpartition("attempt=1")
    return f"{before}attempt={attempt}{after}"


def deployment_of(parts: Parts, job_type: AnyJobType, outcome: Outcome, line: PlannedTable | None = None) -> BaseModel:
    """The deployment of the outcome's table, by its plan line (`line`, if it has been read).

    Raises ExtractError if the plan line does not have it, and ValidationError if the model refuses it.
    """
    line = line or read_plan_line(parts.objects, outcome.item)
    planned = line.table_run or {}
    if "deployment" not in planned:
        raise ExtractError(f"the plan line of table {line.item.get('table')!r} has no deployment of job type {job_type.name!r}")
    deployment: BaseModel = job_type.deployment().model_validate(planned["deployment"])
    return deployment
