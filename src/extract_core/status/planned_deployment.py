"""The deployment that a table was planned for: for `JobType.diagnose` and `JobType.stop`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.errors import ExtractError
from extract_core.plan.plan_file import read_plan_line

if TYPE_CHECKING:
    from pydantic import BaseModel

    from extract_core.contract import Outcome
    from extract_core.pipeline.parts import Parts
    from extract_core.plan.line import PlannedTable
    from extract_core.registry.values import AnyJobType


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
