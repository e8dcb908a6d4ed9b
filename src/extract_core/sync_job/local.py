"""The end of a `SyncJob` on one machine, in the words of its service."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import FailureClass, Outcome
from extract_core.parsing.process_end import exit_code, reason, was_stopped
from extract_core.sync_job.local_end import LocalEnd
from extract_core.sync_job.paths import put

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json, LocalExit
    from extract_core.sync_job.polling import Polling
    from extract_core.sync_job.words import ServiceWords

_REASONS: Final = {
    "oom": "OutOfMemoryError: Container killed due to memory usage",
    "interrupt": "Host EC2 (instance i-0123456789abcdef0) terminated.",
    "fail": "Exception: failure injected on this machine",
}
_CODES: Final = {"oom": 137, "interrupt": 143, "timeout": 137, "fail": 1}


def answer_of(job_type: ServiceWords, arguments: Mapping[str, Json], ended: LocalExit) -> Outcome:
    """The result of a job that succeeded; else the error that Step Functions would have caught."""
    if ended.injected == "throttle":
        service = job_type.throttled.partition(".")[0]
        detail = f"Service: {service}; Status Code: 400; Error Code: ThrottlingException; Request ID: local"
        return Outcome.failed(job_type.throttled, f"Rate exceeded ({detail})")
    end = _end(job_type, ended)
    if end is None:
        return Outcome.failed("States.Timeout", "")
    result = job_type.local_result(arguments, end)
    return Outcome.succeeded(result) if end.kind == "succeeded" else Outcome.failed("States.TaskFailed", json.dumps(result))


def polled_answer_of(job_type: Polling[Any], arguments: Mapping[str, Json], ended: LocalExit) -> Outcome:
    """The description of the job, also of a failed one, with the id that the service answers the start with.

    A service without a word for a time limit says that the job goes on: the branch then stops it when its time is up.
    """
    if ended.injected == "throttle":
        return answer_of(job_type, arguments, ended)
    end = _end(job_type, ended, goes_on=min(job_type.not_ends, default="RUNNING"))
    if end is None:
        return Outcome.failed("States.Timeout", "")
    result = job_type.local_result(arguments, end)
    return Outcome.succeeded(put(job_type.started_id or job_type.id_member, job_type.local_id(end), result))


def _end(job_type: ServiceWords, ended: LocalExit, goes_on: str | None = None) -> LocalEnd | None:
    """The state and reason, or None: the service has no state for this end, so the state's own time limit came first.

    `goes_on` is the state of a job that does not end, for a service without a state for a time limit.
    """
    code = exit_code(ended) if ended.injected is None else _CODES[ended.injected]
    kind = ended.injected or ("stopped" if was_stopped(ended) else "failed" if code else "succeeded")
    state, said = job_type.local_ends.get(kind) or (_state(job_type, kind) or goes_on, _REASONS.get(kind))
    if state is None:
        return None
    now = time.time_ns() // 1_000_000
    return LocalEnd(
        kind=kind,
        state=state,
        reason=reason(ended) if kind == "failed" else said or None,
        code=code,
        began=now - max(1, round(ended.seconds * 1000)),
        ended=now,
        number=uuid.uuid4().hex,
    )


def _state(job_type: ServiceWords, kind: str) -> str | None:
    """The state of the service for this end: the first one in `failures` that fits."""
    if kind == "succeeded":
        return job_type.succeeded
    meaning = {"stopped": FailureClass.STOPPED, "timeout": FailureClass.TIMEOUT}.get(kind)
    state = next((state for state, failure in job_type.failures.items() if failure is meaning), None)
    return _state(job_type, "failed") if state is None and kind == "stopped" else state
