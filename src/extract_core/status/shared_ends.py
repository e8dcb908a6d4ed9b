"""How the members of a group ended: by the outcome of the job that they shared, and by the report of each.

The tables take turns, and each is reported before the next turn begins. So if the job failed, members with a report have ended by
it, the first one after them was at work, and the others were not begun.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias

from extract_core.contract import FailureClass, JobState, JobStatus
from extract_core.dataclass import dataclass
from extract_core.registry.routing import SLOT_ERROR
from extract_core.status.diagnosis import diagnosed
from extract_core.status.job_status import failed, outcome_of, status_of
from extract_core.status.reported import failed_by, read_report
from extract_core.status.result_members import JobFailure, Result
from extract_core.status.result_object import NoResult
from extract_core.wording import counted, cut

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts
    from extract_core.plan.item_key import ItemKey
    from extract_core.status.planned import Planned

_BEFORE_ANY: Final = frozenset(
    {FailureClass.CONFIG, FailureClass.PERMISSION, FailureClass.CAPACITY, FailureClass.THROTTLED, FailureClass.START}
)
"""Why a job without a report failed before its first turn: it is the failure of each member. Else the first one was at work."""
Report: TypeAlias = Result | JobFailure | NoResult | None
"""What a member reported, or why it did not. None: there was no job."""
_REASON: Final = 500  # characters of the job's reason in the message of a table that was not begun


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberEnd:
    """How one member ended. `shared` is that of the attempt's row."""

    status: JobStatus
    result: Result | None
    shared: Mapping[str, Json]


def member_ends(parts: Parts, item: Mapping[str, Json], members: Sequence[tuple[ItemKey, Planned]]) -> list[MemberEnd]:
    """The ends of the members of this item, in their order. Raises ObjectUnavailable."""
    outcome = outcome_of(item)
    job = status_of(parts.registry, item, outcome)
    no_job = item.get(SLOT_ERROR) is not None
    reports = [None if no_job else _report(parts, key, planned) for key, planned in members]
    if job.state is not JobState.SUCCEEDED and any(map(_is_open, reports)):
        reason = diagnosed(parts, item, outcome, job, members[0][1].line)
    else:
        reason = job
    begun = max((place for place, report in enumerate(reports) if not _is_open(report)), default=-1)
    ends = [_end(job, reason, report, place - begun, len(members)) for place, report in enumerate(reports)]
    if begun < 0 and job.failure in _BEFORE_ANY:
        ends = [_End(_of_the_job(reason, job), alone=False)] * len(members)
    none_begun = not any(end.counts for end in ends)
    costs = shares([end.result for end in ends], [float(end.counts or none_begun) for end in ends])
    log: Json = [members[0][0].table, members[0][0].attempt]
    return [
        end.of_member(part, {"tables": len(members), "part": part, "log": log}) for end, part in zip(ends, costs, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _End:
    """How one member ended. `alone`: its next attempt needs its own job. `counts`: as one of `max_attempts`."""

    status: JobStatus
    result: Result | None = None
    alone: bool = True
    counts: bool = True

    def of_member(self, part: float, shared: dict[str, Json]) -> MemberEnd:
        """With its part of the cost."""
        if not self.counts:
            shared["counts"] = False
        if self.alone and self.result is None:
            shared["alone"] = True
        cost = self.status.cost_basis and {unit: amount * part for unit, amount in self.status.cost_basis.items()}
        return MemberEnd(status=replace(self.status, cost_basis=cost), result=self.result, shared=shared)


def _end(job: JobStatus, reason: JobStatus, report: Report, behind: int, count: int) -> _End:
    """The end of a member that is so many places behind the last one with a report."""
    if isinstance(report, Result):
        return _End(succeeded_in(job, report), report)
    if isinstance(report, JobFailure):
        return _End(failed_by(job, report), counts=not report.alone)
    if job.state is JobState.SUCCEEDED:
        return _End(_of_the_job(failed(FailureClass.NO_RESULT, str(report)), job))
    if behind <= 1:
        if reason.failure is FailureClass.TIMEOUT and count > 1:
            return _End(_of_the_job(_out_of_time(reason, count), job), counts=False)
        return _End(reason)
    return _End(_of_the_job(_not_begun(reason, count), job), alone=False, counts=job.state is JobState.STOPPED)


def report_of_member(parts: Parts, key: ItemKey, planned: Planned) -> Result | None:
    """What a member reported of its data, if that counts, whatever became of the job. Raises ObjectUnavailable."""
    report = _report(parts, key, planned)
    return report if isinstance(report, Result) else None


def shares(results: Sequence[Result | None], weights: Sequence[float]) -> list[float]:
    """The part of each member in the cost of the job, by seconds and bytes, half each. They add up to 1.

    A member without a result counts as the average of those with one, times its weight: 0 for one that was not begun.
    """
    return [
        (by_seconds + by_bytes) / 2
        for by_seconds, by_bytes in zip(
            _parts([_seconds(result) for result in results], weights),
            _parts([None if result is None else float(result.bytes) for result in results], weights),
            strict=True,
        )
    ]


def _parts(amounts: Sequence[float | None], weights: Sequence[float]) -> list[float]:
    known = [amount for amount in amounts if amount is not None]
    average = sum(known) / len(known) if known else 1.0
    full = [weight * average if amount is None else amount for amount, weight in zip(amounts, weights, strict=True)]
    total = sum(full)
    return [amount / total for amount in full] if total > 0 else [1 / len(full)] * len(full)


def _seconds(result: Result | None) -> float | None:
    if result is None or result.turn is None:
        return None
    return (result.turn[1] - result.turn[0]).total_seconds()


def _report(parts: Parts, key: ItemKey, planned: Planned) -> Report:
    try:
        return read_report(parts, key, planned)
    except NoResult as error:
        return error


def _is_open(report: Report) -> bool:
    return not isinstance(report, Result | JobFailure)


def succeeded_in(job: JobStatus, result: Result) -> JobStatus:
    """The status of a member that has reported its data. It does not depend on how the job ended."""
    began, ended = result.turn or (job.started_at, job.ended_at)
    return replace(job, state=JobState.SUCCEEDED, failure=None, retryable=False, message=None, started_at=began, ended_at=ended)


def _not_begun(job: JobStatus, count: int) -> JobStatus:
    """A person who stopped the job has stopped these tables too; else they go round again."""
    others = counted(count - 1, "other table")
    message = (
        f"not started: the job that this table shares with {others} ended before its turn ({cut(job.message or '?', _REASON)})"
    )
    if job.state is JobState.STOPPED:
        return replace(job, message=message, started_at=None, ended_at=None)
    return JobStatus(state=JobState.FAILED, failure=FailureClass.START, retryable=True, message=message)


def _out_of_time(job: JobStatus, count: int) -> JobStatus:
    """The table whose turn it was when the time of the job was up. All tables have used that time: it runs again, alone."""
    others = counted(count - 1, "other table")
    message = (
        f"the job that this table shares with {others} was over its time limit in its turn: it runs alone next "
        f"({cut(job.message or '?', _REASON)})"
    )
    return JobStatus(
        state=JobState.FAILED,
        failure=FailureClass.INTERRUPTED,
        retryable=True,
        message=message,
        started_at=job.started_at,
        ended_at=job.ended_at,
    )


def _of_the_job(status: JobStatus, job: JobStatus) -> JobStatus:
    """With the id, the log and the cost of the job."""
    return replace(status, job_run_id=job.job_run_id, log_url=job.log_url, cost_basis=job.cost_basis)
