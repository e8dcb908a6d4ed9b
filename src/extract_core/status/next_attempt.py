"""Whether another attempt follows an attempt, and with which item. Nothing of the last attempt is in the new item.

It depends only on the attempt's row and the table's plan line, so the same row always gives the same item. Only
`NextAttempt.keep` writes anything. The row's settings go through `JobType.escalate`; the window and the
lease stay those of the run.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import FailureClass, JobState, JobStatus, Watermark
from extract_core.dataclass import dataclass
from extract_core.errors import ExtractError, ObjectError, ObjectUnavailable
from extract_core.plan.places import Attempt, Places
from extract_core.plan.plan_file import read_plan_line, write_spilled
from extract_core.plan.run_context import RunContext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json
    from extract_core.objects.store import ObjectStore
    from extract_core.pipeline.parts import Parts
    from extract_core.plan.line import PlannedTable, Spilled
    from extract_core.registry.values import AnyJobType
    from extract_core.tracking.records import AttemptRow

PERMANENT: Final = frozenset(
    {
        FailureClass.USER_CODE,
        FailureClass.CONFIG,
        FailureClass.PERMISSION,
        FailureClass.TIMEOUT,  # the job may still be running
        FailureClass.STOPPED,
        FailureClass.NO_RESULT,
        FailureClass.CONFLICT,
        FailureClass.PROOF,
        FailureClass.NOT_RECORDED,
    }
)
"""Classes that never get another attempt, even if a job type says retryable."""


class NoNextAttempt(Exception):  # noqa: N818 - an answer, not a fault
    """The failure is worth another attempt, and attempts are left, but none can be made; the message says why."""


@dataclass(frozen=True, slots=True)
class NextAttempt:
    """The item of a further attempt, and its arguments if they are too long for it. `planned` is its table."""

    item: dict[str, Json]
    spilled: Spilled | None
    planned: PlannedTable

    def keep(self, objects: ObjectStore) -> None:
        """Put what the job reads its arguments from, before the item is handed out. Twice is once. Raises NoNextAttempt."""
        if self.spilled is None:
            return
        try:
            write_spilled(objects, [self.spilled])
        except ObjectUnavailable:
            raise
        except ObjectError as error:
            raise NoNextAttempt(f"its arguments can't be kept for the job: {error}") from error


def next_attempt(parts: Parts, item: Mapping[str, Json], row: AttemptRow, line: PlannedTable | None = None) -> NextAttempt | None:
    """The attempt after this row's; None: the row is the table's end. `item` is that of any attempt of the run.

    `line` is the table's plan line, if it has been read. Raises NoNextAttempt and ObjectUnavailable.
    """
    most, uncounted = item.get("max_attempts"), uncounted_attempts(item) + (not counts(row))
    if not isinstance(most, int) or row.attempt >= most + uncounted or not _worth_it(row):
        return None
    line = line or _line(parts, item)
    settings = _settings(parts, row, line) if counts(row) else _ran_with(row, line)
    return attempt_after(parts, item, line, last=row.attempt, settings=settings, uncounted=uncounted)


def attempt_after(  # noqa: PLR0913 - all that the attempt depends on
    parts: Parts, item: Mapping[str, Json], line: PlannedTable, *, last: int, settings: dict[str, Json], uncounted: int
) -> NextAttempt:
    """The attempt after the attempt `last`, with these settings. Raises NoNextAttempt."""
    planned = _planned(parts, last, replace(line, settings=settings))
    if planned.plan_error is not None:
        raise NoNextAttempt(planned.plan_error)
    again: dict[str, Json] = {
        **planned.item,
        "watermark": line.item["watermark"],
        "lease": line.item.get("lease"),
        "plan_uri": item["plan_uri"],
        "plan_line": item["plan_line"],
        "retry_wait_seconds": line.retry_wait,
        **({"uncounted": uncounted} if uncounted else {}),
    }
    return NextAttempt(again if settings == line.settings else {**again, "settings": settings}, planned.spilled, planned)


def counts(row: AttemptRow) -> bool:
    """Whether the attempt is one of `max_attempts`: not if the job ended before the turn of this table, or moved it out."""
    return row.shared is None or row.shared.get("counts") is not False


def uncounted_attempts(item: Mapping[str, Json]) -> int:
    """How many attempts before that of this item do not count."""
    number = item.get("uncounted")
    return number if isinstance(number, int) else 0


def _worth_it(row: AttemptRow) -> bool:
    if row.state not in (JobState.FAILED, JobState.UNKNOWN) or row.failure in PERMANENT:
        return False
    return row.retryable or row.failure is FailureClass.OUT_OF_MEMORY


def _line(parts: Parts, item: Mapping[str, Json]) -> PlannedTable:
    try:
        return read_plan_line(parts.objects, item)
    except ObjectUnavailable:
        raise
    except (ExtractError, ValueError) as error:
        raise NoNextAttempt(f"the table's line of the plan can't be read: {error}") from error


def _settings(parts: Parts, row: AttemptRow, line: PlannedTable) -> dict[str, Json]:
    """What the last attempt ran with, bigger where its job type says so."""
    ran_with = _ran_with(row, line)
    try:
        job_type = parts.registry.job_type(str(row.job_type))
    except ExtractError as error:
        raise NoNextAttempt(str(error)) from error
    bigger = _escalated(job_type, ran_with, row)
    if row.failure is FailureClass.OUT_OF_MEMORY and not row.retryable and bigger in (None, ran_with):
        raise NoNextAttempt(f"job type {job_type.name!r} has no bigger size for it")
    return bigger if bigger is not None else dict(ran_with)


def _ran_with(row: AttemptRow, line: PlannedTable) -> dict[str, Json]:
    """The settings of the last attempt."""
    ran_with = row.settings if row.settings is not None else line.settings
    if ran_with is None or row.job_type is None:
        raise NoNextAttempt("the settings that it ran with are not known")
    return dict(ran_with)


def _escalated(job_type: AnyJobType, ran_with: Mapping[str, Json], row: AttemptRow) -> dict[str, Json] | None:
    """The settings of a bigger attempt, as JSON; None: the job type keeps them."""
    try:
        model = job_type.settings().model_validate(ran_with)
        bigger = job_type.escalate(model, _status(row), row.attempt)
        return None if bigger is None else bigger.model_dump(mode="json", by_alias=True)
    except Exception as error:
        raise NoNextAttempt(f"escalate of job type {job_type.name!r} raised {type(error).__name__}: {error}") from error


def _status(row: AttemptRow) -> JobStatus:
    """The job's status as it was recorded."""
    return JobStatus(
        state=row.state,
        failure=row.failure,
        retryable=row.retryable,
        message=row.message,
        job_run_id=row.job_run_id,
        log_url=row.log_url,
        started_at=datetime.fromisoformat(row.started_at) if row.started_at else None,
        ended_at=datetime.fromisoformat(row.ended_at) if row.ended_at else None,
        cost_basis=row.cost_basis,
    )


def _planned(parts: Parts, last: int, line: PlannedTable) -> PlannedTable:
    """The table planned for the attempt after `last`, for the same deployment and from the same mark as the first one."""
    first: Any = line.table_run or {}
    window: Any = {**first["watermark"]}
    if "lag" not in window and window["mode"] == "incremental":  # a plan of an earlier version
        window["lag"] = line.core.get("lag")
    from extract_core.plan.replan import replan  # most attempts are the last one

    run = RunContext(run_id=str(line.item["run_id"]), execution_id="", started_at=str(line.item["run_started_at"]))
    try:
        places = Places(
            data_uri=str(line.item["extract_s3_uri"]).rsplit("/", 5)[0],  # above <source>/<table>/run_id=…/attempt=1/
            runs_uri=str(line.item["result_uri"]).rsplit("/", 4)[0],  # above <run>/results/<table>/attempt=1.json
        )
        return replan(
            line,
            attempt=Attempt(run=run, number=last + 1, places=places),
            machine={
                "name": "that planned it",
                "job_types": {str(line.item.get("job_type")): first.get("deployment")},
                "pools": {str(line.item.get("pool")): None},
            },
            registry=parts.registry,
            marks={},
            window=Watermark(**window),
        )
    except (ExtractError, KeyError, TypeError, ValueError) as error:
        raise NoNextAttempt(f"it can't be planned again: {error}") from error
