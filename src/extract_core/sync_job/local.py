"""The end of a `SyncJob` on one machine, in the words of its service."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Final

from extract_core.contract import FailureClass, Outcome
from extract_core.parsing.process_end import exit_code, reason, was_stopped
from extract_core.sync_job.local_end import LocalEnd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json, LocalExit
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


def _end(job_type: ServiceWords, ended: LocalExit) -> LocalEnd | None:
    """The state and reason, or None: the service has no state for this end, so the state's own time limit came first."""
    code = exit_code(ended) if ended.injected is None else _CODES[ended.injected]
    kind = ended.injected or ("stopped" if was_stopped(ended) else "failed" if code else "succeeded")
    state, said = job_type.local_ends.get(kind) or (_state(job_type, kind), _REASONS.get(kind))
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
