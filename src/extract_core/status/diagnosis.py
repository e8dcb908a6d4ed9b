"""The real reason of a failure, asked of the service where the payload hasn't got it: it goes into the message, nothing else."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import JobState, JobStatus
from extract_core.errors import JobTypeNotInstalled
from extract_core.status.job_status import outcome_of
from extract_core.status.time_limit import within

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts

log: Final = logging.getLogger("extract_core")

SECONDS: Final = 30.0
"""That a diagnosis may take. Each call of its client gives up after 26 at the latest (`extract_core.parsing.asking.client`)."""


def diagnosed(parts: Parts, item: Mapping[str, Json], status: JobStatus) -> JobStatus:
    """The status with what `JobType.diagnose` has found out below its message. Never raises.

    As it was: for a job that succeeded, a table that could not be planned, and where there is no service to ask.
    """
    outcome = outcome_of(item)
    if parts.aws is None or outcome is None or status.state is JobState.SUCCEEDED or item.get("plan_error") is not None:
        return status
    try:
        job_type = parts.registry.job_type(str(item.get("job_type")))
    except JobTypeNotInstalled:
        return status
    make = parts.aws
    try:
        told: Any = within(SECONDS, lambda: job_type.diagnose(outcome, make()))
        if told is not None and not isinstance(told, str):
            raise TypeError(f"it returned {told!r} instead of a text")  # noqa: TRY301 - told like all else that it does wrong
    except Exception as error:  # noqa: BLE001 - a plugin's, or its service's: the end of the job is recorded without it
        fields = {"run_id": item.get("run_id"), "table": item.get("table"), "job_type": job_type.name}
        log.warning("diagnose of job type %r: %s: %s", job_type.name, type(error).__name__, error, extra={"extract": fields})
        return status
    found = (told or "").strip()
    return replace(status, message="\n".join(filter(None, (status.message, found)))) if found else status
