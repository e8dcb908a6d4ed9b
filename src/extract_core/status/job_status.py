"""From an item that came out of its branch to the JobStatus: what the job type's parser says, guarded. Never raises.

Only a parser that says so about a result makes it SUCCEEDED. What cannot be understood is UNKNOWN.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from extract_core.contract import FailureClass, JobState, JobStatus, Outcome
from extract_core.errors import JobTypeNotInstalled
from extract_core.plan.slot_wait import POOL_FULL
from extract_core.registry.routing import LATER_ERROR, SLOT_ERROR
from extract_core.wording import RAISED, described

if TYPE_CHECKING:
    from extract_core.contract import Json
    from extract_core.registry.installed import Registry
    from extract_core.registry.values import AnyJobType


def status_of(registry: Registry, item: Mapping[str, Json], outcome: Outcome | None) -> JobStatus:
    """How the job of this item ended: by its ``plan_error`` or ``slot_error``, or by its outcome, as `outcome_of` gives it."""
    if item.get("plan_error") is not None:
        return _plan_error(item["plan_error"])
    if item.get(SLOT_ERROR) is not None:
        return _slot_error(item[SLOT_ERROR])
    name = item.get("job_type")
    if not isinstance(name, str) or not name:
        return _without_type(
            outcome, f"the table has no job_type, but {name!r}" if "job_type" in item else "the table has no job_type"
        )
    try:
        job_type = registry.job_type(name)
    except JobTypeNotInstalled as error:
        return _without_type(outcome, str(error))
    if outcome is None:
        message = f"the state machine has no branch for the job type {name!r}: build and deploy it again"
        return failed(FailureClass.CONFIG, message)
    return _parsed(job_type, outcome)


def unknown(message: str, failure: FailureClass = FailureClass.UNKNOWN) -> JobStatus:
    """The status of a job about which too little is known."""
    return JobStatus(state=JobState.UNKNOWN, failure=failure, message=message)


def failed(failure: FailureClass, message: str) -> JobStatus:
    """A failure that is not the service's."""
    return JobStatus(state=JobState.FAILED, failure=failure, message=message)


def _parsed(job_type: AnyJobType, outcome: Outcome) -> JobStatus:
    """What the parser says, if it can be stored and makes sense."""
    name = job_type.name
    try:
        status = job_type.status(outcome)
    except RAISED as error:  # the end of the job is recorded all the same
        return unknown(f"the status parser of job type {name!r} raised {described(error)}; {_raw(outcome)}")
    wrong = _wrong(status)
    if wrong:
        return unknown(f"the status parser of job type {name!r} returned {wrong}; {_raw(outcome)}")
    if outcome.error is not None and status.state is JobState.SUCCEEDED:
        return unknown(f"the status parser of job type {name!r} returned SUCCEEDED for a caught error; {_raw(outcome)}")
    if status.state is not JobState.SUCCEEDED and status.failure is None:
        status = replace(status, failure=FailureClass.UNKNOWN)
    if status.retryable and outcome.error is not None and outcome.item.keys() & {"job_result", LATER_ERROR}:
        # An earlier state of the branch has started the job, so a question failed, and the job may still be running.
        status = replace(status, retryable=False)
    return status


def outcome_of(item: Mapping[str, Json]) -> Outcome | None:
    """What the branch left; None: nothing. A caught error counts before a result: a polling loop may have left an earlier one."""
    error = item.get("job_error", item.get(LATER_ERROR))
    if error is not None:
        fields = error if isinstance(error, Mapping) else {}
        name, cause = fields.get("Error"), fields.get("Cause")
        if not isinstance(cause, str | None):
            cause = json.dumps(cause)
        return Outcome.failed(name if isinstance(name, str) else "Unknown", cause if fields else json.dumps(error), item)
    if "job_result" in item:
        return Outcome.succeeded(item["job_result"], item)
    return None


def _plan_error(error: Json) -> JobStatus:
    fields = error if isinstance(error, Mapping) else {}
    name, message = fields.get("failure"), fields.get("message")
    known = name if isinstance(name, str) and name in FailureClass.__members__ else FailureClass.CONFIG
    return failed(
        FailureClass(known), message if isinstance(message, str) and message else f"the table can't be planned: {error!r}"
    )


def _slot_error(error: Json) -> JobStatus:
    """*Take A Slot* has given up. No job was started, so another attempt is safe."""
    fields = error if isinstance(error, Mapping) else {}
    name, cause = fields.get("Error"), fields.get("Cause")
    try:
        report = json.loads(cause) if isinstance(cause, str) else None
    except ValueError:  # not the report of Lambda about an exception
        report = None
    said = report.get("errorMessage") if isinstance(report, dict) else None
    if name == POOL_FULL:
        message = (
            f"the table's pool stayed full until the state machine had no retry left, and no job was started: {said or cause}"
        )
        return JobStatus(state=JobState.FAILED, failure=FailureClass.THROTTLED, retryable=True, message=message)
    message = (
        f"no slot of the table's pool could be taken, and no job was started: {name}: {said or cause or 'no reason is known'}"
    )
    return JobStatus(state=JobState.FAILED, failure=FailureClass.INTERNAL, retryable=True, message=message)


def _without_type(outcome: Outcome | None, reason: str) -> JobStatus:
    """No parser can read the outcome. Without an outcome no job was started, and the fault is in the config."""
    if outcome is None:
        return failed(FailureClass.CONFIG, reason)
    return unknown(f"{reason}, so no parser can read how its job ended; {_raw(outcome)}", FailureClass.CONFIG)


def _raw(outcome: Outcome) -> str:
    if outcome.error is not None:
        return f"the service said: {outcome.error}: {outcome.cause or 'nothing'}"
    return f"the service said: {json.dumps(outcome.result, ensure_ascii=False, default=str)}"


def _wrong(status: Any) -> str | None:  # Any: a plugin may return anything
    """What is wrong with what a parser returned; None: it can be stored."""
    if not isinstance(status, JobStatus):
        return f"{status!r} instead of a JobStatus"
    kinds: tuple[tuple[str, type | tuple[type, ...]], ...] = (
        ("state", JobState),
        ("failure", (FailureClass, type(None))),
        ("retryable", bool),
        ("message", (str, type(None))),
        ("job_run_id", (str, type(None))),
        ("log_url", (str, type(None))),
        ("started_at", (datetime, type(None))),
        ("ended_at", (datetime, type(None))),
        ("cost_basis", (Mapping, type(None))),
    )
    for name, kind in kinds:
        if not isinstance(getattr(status, name), kind):
            return f"a JobStatus with {name}={getattr(status, name)!r}"
    if status.state is JobState.SUCCEEDED and status.failure is not None:
        return f"SUCCEEDED with failure={status.failure!r}"
    costs: Mapping[Any, Any] = status.cost_basis or {}
    if not all(
        isinstance(unit, str) and isinstance(amount, int | float) and math.isfinite(amount) for unit, amount in costs.items()
    ):
        return f"a JobStatus with cost_basis={status.cost_basis!r}"
    return None
