"""What the end of an EMR Serverless job run means. Its success word is SUCCESS, not SUCCEEDED (botocore: JobRunState)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extract_core import FailureClass
from extract_core.parsing import verdicts as v
from extract_core.parsing.payload import member, number, text
from extract_emr import job_run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core import JobStatus, Json, Outcome

SUCCESS: Final = "SUCCESS"

NOT_ENDS: Final = frozenset({"SUBMITTED", "PENDING", "SCHEDULED", "RUNNING", "CANCELLING", "QUEUED"})
"""A .sync call never answers with one of these: what the run came to is not known."""

_TOOK_TOO_LONG: Final = re.compile(r"time[d -]{0,2}out|exceeded .{0,60}(?:duration|time limit)", re.IGNORECASE)


def status(outcome: Outcome) -> JobStatus:
    """Total: never raises; SUCCEEDED only for a result whose State is SUCCESS."""
    return job_run.status(outcome, _SERVICE)


def _verdict(state: str, run: Mapping[str, Json], reason: str | None) -> v.Verdict:
    if state in NOT_ENDS:
        return v.UNKNOWN
    if state == "CANCELLED":  # by CancelJobRun, or by the service: a run over its ExecutionTimeoutMinutes
        return v.TIMED_OUT if _TOOK_TOO_LONG.search(reason or "") or _used_all_its_time(run) else v.STOPPED
    words = v.by_words(reason)
    return v.failed(words or (FailureClass.USER_CODE if reason else FailureClass.UNKNOWN))


def _used_all_its_time(run: Mapping[str, Json]) -> bool:
    minutes, seconds = number(run, "ExecutionTimeoutMinutes"), number(run, "TotalExecutionDurationSeconds")
    return bool(minutes) and minutes is not None and seconds is not None and seconds >= minutes * 60


def _log_folder(run: Mapping[str, Json]) -> str | None:
    """Where in S3 the run's logs are (EMR Serverless guide, "Storing logs")."""
    uri, application, run_id = job_run.log_uri(run), text(run, "ApplicationId"), text(run, "JobRunId")
    return f"{uri.rstrip('/')}/applications/{application}/jobs/{run_id}/" if uri and application and run_id else None


def _cost_basis(run: Mapping[str, Json]) -> dict[str, float] | None:
    """What is billed; before the bill is made up, what was used."""
    used = member(run, "BilledResourceUtilization") or member(run, "TotalResourceUtilization")
    units = {
        "vcpu_hours": number(used, "VCPUHour"),
        "memory_gb_hours": number(used, "MemoryGBHour"),
        "storage_gb_hours": number(used, "StorageGBHour"),
    }
    return {unit: amount for unit, amount in units.items() if amount is not None} or None


_SERVICE: Final = job_run.Service(
    title="EMR Serverless",
    ids=("JobRunId", "ApplicationId"),
    succeeded=SUCCESS,
    known=frozenset({SUCCESS, "FAILED", "CANCELLED", *NOT_ENDS}),
    verdict=_verdict,
    log_folder=_log_folder,
    cost_basis=_cost_basis,
)
