"""How a job ended: by the outcome that the service gave, and by the result object that the job itself wrote."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extract_core.contract import FailureClass, JobState, JobStatus
from extract_core.status.diagnosis import diagnosed
from extract_core.status.job_status import outcome_of, status_of
from extract_core.status.result_members import Expected, JobFailure, Result
from extract_core.status.result_object import NoResult, read_result

if TYPE_CHECKING:
    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts
    from extract_core.plan.item_key import ItemKey
    from extract_core.status.planned import Planned

_JOB_KNOWS_MORE: Final = frozenset({FailureClass.USER_CODE, FailureClass.UNKNOWN})
"""Classes of the service that say only that the job failed."""


def reported(parts: Parts, key: ItemKey, planned: Planned) -> tuple[JobStatus, Result | None]:
    """The status of the attempt, and what the job reports if it succeeded.

    A report of a failure replaces a success, and a failure of which the service knows only that it failed: the job knows more.
    What belongs to the service (job run, log, cost) stays. Raises ObjectUnavailable.
    """
    item = planned.item
    outcome = outcome_of(item)
    status = status_of(parts.registry, item, outcome)
    if status.state is JobState.SUCCEEDED:
        return _success(parts, key, planned, status)
    if outcome is not None and status.failure in _JOB_KNOWS_MORE:
        try:
            report = read_report(parts, key, planned)
        except NoResult:
            report = None
        if isinstance(report, JobFailure):
            return failed_by(status, report), None
    return diagnosed(parts, item, outcome, status, planned.line), None


def _success(parts: Parts, key: ItemKey, planned: Planned, status: JobStatus) -> tuple[JobStatus, Result | None]:
    """The status of a job that ended well by the service: it counts only with a report that counts."""
    try:
        report = read_report(parts, key, planned)
    except NoResult as error:
        if error.absent and _may_be_silent(planned):
            return status, None
        return failed_by(status, JobFailure(failure=FailureClass.NO_RESULT, message=str(error), retryable=False)), None
    return (failed_by(status, report), None) if isinstance(report, JobFailure) else (status, report)


def read_report(parts: Parts, key: ItemKey, planned: Planned) -> Result | JobFailure:
    """What the job reports. Raises NoResult and ObjectUnavailable."""
    if planned.problem is not None:
        raise NoResult(f"the job ended well, but nothing can be committed: {planned.problem}")
    expected = Expected(
        run_id=key.run_id,
        attempt=key.attempt,
        source=key.source,
        table=key.table,
        window=planned.window,
        future=planned.core.get("future") == "read",
        now=parts.now(),
    )
    place, folder = (_text(planned.item.get(name)) for name in ("result_uri", "extract_s3_uri"))
    return read_result(parts.objects, place, folder, expected)


def failed_by(status: JobStatus, report: JobFailure) -> JobStatus:
    """The status with the failure that the job reports."""
    return replace(status, state=JobState.FAILED, failure=report.failure, retryable=report.retryable, message=report.message)


def _may_be_silent(planned: Planned) -> bool:
    """Whether a job of this table may succeed without a result object: a full extract whose result is optional."""
    return planned.item.get("result") == "optional" and planned.window.mode == "full"


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None
