"""Asks the service for the reason of a failure, if the payload does not hold it. It goes into the message alone."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import JobState, JobStatus
from extract_core.errors import JobTypeNotInstalled
from extract_core.registry.signatures import with_deployment
from extract_core.status.planned import deployment_of
from extract_core.status.time_limit import within

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json, Outcome
    from extract_core.pipeline.parts import Parts
    from extract_core.plan.line import PlannedTable

log: Final = logging.getLogger("extract_core")

SECONDS: Final = 30.0
"""That a diagnosis may take. Each call of its client gives up after 26 at the latest (`extract_core.parsing.asking.client`)."""


def diagnosed(
    parts: Parts, item: Mapping[str, Json], outcome: Outcome | None, status: JobStatus, line: PlannedTable | None = None
) -> JobStatus:
    """The status with the answer of `JobType.diagnose` below its message. `line` is the table's plan line. Never raises.

    The status stays as it is for a job that succeeded, for a table that could not be planned, and if there is no service to ask.
    """
    if parts.aws is None or outcome is None or status.state is JobState.SUCCEEDED or item.get("plan_error") is not None:
        return status
    try:
        job_type = parts.registry.job_type(str(item.get("job_type")))
    except JobTypeNotInstalled:
        return status
    make = parts.aws
    try:
        deployment = partial(deployment_of, parts, job_type, outcome, line)
        answer: Any = within(SECONDS, lambda: with_deployment(job_type.diagnose, outcome, make(), deployment=deployment))
        if answer is not None and not isinstance(answer, str):
            raise TypeError(f"it returned {answer!r} instead of a text")  # noqa: TRY301 - logged like its other faults
    except Exception as error:  # noqa: BLE001 - a plugin's, or its service's: the end of the job is recorded without it
        fields = {"run_id": item.get("run_id"), "table": item.get("table"), "job_type": job_type.name}
        log.warning("diagnose of job type %r: %s: %s", job_type.name, type(error).__name__, error, extra={"extract": fields})
        return status
    reason = (answer or "").strip()
    return replace(status, message="\n".join(filter(None, (status.message, reason)))) if reason else status
