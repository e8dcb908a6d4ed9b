"""Check of the retriers: they name exact errors that occur before a job starts, so that no table is extracted twice at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_testing.breaches import Breach, NotChecked
from extract_testing.check import check
from extract_testing.checks.status import service_of
from extract_testing.services.error_names import fault_of
from extract_testing.subject.calls import calling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.contract import Retry
    from extract_testing.subject.subject import Subject

_REPEAT: Final = {
    "States.ALL": "matches every error, including a failure of the job",
    "States.TaskFailed": "matches a failure of the job and nearly every other error",
    "States.Timeout": "occurs while the job may still be running",
    "States.HeartbeatTimeout": "occurs while the job may still be running",
}
_NO_ANSWER: Final = ("SdkClientException", "OperationTimeoutException", "RequestTimeoutException", "RequestTimeout")
"""Errors of calls without an answer: the job may have started (the API reference of each service lists its own)."""
_REMEDY: Final = "name errors that occur before a job starts; the machine's retry loop handles later failures"


@check
def retries_start_no_job_twice(subject: Subject) -> Iterator[Breach]:
    """No retrier names an error after which the job may be running; names are spelled as Step Functions spells them."""
    service = service_of(subject)
    for index, retry in enumerate(_retries(subject)):
        place = f"start_retries()[{index}]"
        yield from _waits(place, retry)
        if isinstance(retry.errors, str) or not retry.errors:
            yield Breach(place, f"errors is {retry.errors!r}", "use a list of error names")
            continue
        yield from _names(place, retry.errors, service)
    job_state = subject.branch.job_state
    for retrier in subject.states[job_state].get("Retry") or ():
        names = retrier.get("ErrorEquals") if isinstance(retrier, dict) else None
        yield from _names(f"branch(target), state {job_state!r}, Retry", names if isinstance(names, list) else [], service)


def _names(place: str, names: object, service: str) -> Iterator[Breach]:
    for name in names if isinstance(names, list | tuple) else ():
        if str(name).startswith("States.") and name not in _REPEAT:
            continue
        if name in _REPEAT:
            yield Breach(place, f"{name} {_REPEAT[name]}: the job would run twice", _REMEDY)
        elif str(name).rpartition(".")[2] in _NO_ANSWER:
            yield Breach(place, f"{name} means that the call got no answer: the job may have started", _REMEDY)
        elif fault := fault_of(str(name), service):
            yield Breach(place, *fault)


def _waits(place: str, retry: Retry) -> Iterator[Breach]:
    if not 0 < retry.interval_seconds < retry.max_delay_seconds:
        problem = f"interval_seconds is {retry.interval_seconds} and max_delay_seconds {retry.max_delay_seconds}"
        yield Breach(place, problem, "the first must be above 0 and below the second; Step Functions refuses other values")
    if retry.backoff_rate < 1 or retry.max_attempts < 0:
        problem = f"backoff_rate is {retry.backoff_rate} and max_attempts {retry.max_attempts}"
        yield Breach(place, problem, "use at least 1 and 0")


def _retries(subject: Subject) -> list[Retry]:
    from extract_core.contract import Retry

    with calling("start_retries()"):
        returned: list[object] = list(subject.job_type.start_retries())
    retries = [retry for retry in returned if isinstance(retry, Retry)]
    if len(retries) < len(returned):
        raise NotChecked("left out: start_retries() returns more than Retry objects, which another check reports")
    return retries
