"""Check of the retriers: they name exact errors that come before a job has started, so no table is extracted twice at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_testing.broken import Breach, NotChecked, check
from extract_testing.error_names import fault_of
from extract_testing.subject import asked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.contract import Retry
    from extract_testing.subject import Subject

_REPEAT: Final = {
    "States.ALL": "stands for every error, the job's own failure too",
    "States.TaskFailed": "is the job's own failure, and stands for nearly every other error",
    "States.Timeout": "comes while the job may still be running",
    "States.HeartbeatTimeout": "comes while the job may still be running",
}
_NO_ANSWER: Final = ("SdkClientException", "OperationTimeoutException", "RequestTimeoutException", "RequestTimeout")
"""The call got no answer: the job may have started (the API reference of each service names its own)."""
_REMEDY: Final = "name errors that are raised before a job has started; what failed later goes round the machine's retry loop"


@check
def retries_start_no_job_twice(subject: Subject) -> Iterator[Breach]:
    """start_retries() and the job's own Retry name exact errors of a start that was refused."""
    for index, retry in enumerate(_retries(subject)):
        place = f"start_retries()[{index}]"
        yield from _waits(place, retry)
        if isinstance(retry.errors, str) or not retry.errors:
            yield Breach(place, f"errors is {retry.errors!r}", "give a list of error names")
            continue
        yield from _names(place, retry.errors)
    job_state = subject.branch.job_state
    for retrier in subject.states[job_state].get("Retry") or ():
        names = retrier.get("ErrorEquals") if isinstance(retrier, dict) else None
        yield from _names(f"branch(target), state {job_state!r}, Retry", names if isinstance(names, list) else [])


def _names(place: str, names: object) -> Iterator[Breach]:
    for name in names if isinstance(names, list | tuple) else ():
        if name in _REPEAT:
            yield Breach(place, f"{name} {_REPEAT[name]}: the job would run twice", _REMEDY)
        elif str(name).rpartition(".")[2] in _NO_ANSWER:
            yield Breach(place, f"{name} means that no answer came: the job may have started", _REMEDY)
        elif fault := fault_of(str(name)):
            yield Breach(place, *fault)


def _waits(place: str, retry: Retry) -> Iterator[Breach]:
    if not 0 < retry.interval_seconds < retry.max_delay_seconds:
        problem = f"it waits {retry.interval_seconds} s, at most {retry.max_delay_seconds} s"
        yield Breach(place, problem, "let the first be over 0 and less than the second, or Step Functions refuses it")
    if retry.backoff_rate < 1 or retry.max_attempts < 0:
        problem = f"backoff_rate is {retry.backoff_rate} and max_attempts {retry.max_attempts}"
        yield Breach(place, problem, "they are at least 1 and 0")


def _retries(subject: Subject) -> list[Retry]:
    from extract_core.contract import Retry

    with asked("start_retries()"):
        answered: list[object] = list(subject.job_type.start_retries())
    retries = [each for each in answered if isinstance(each, Retry)]
    if len(retries) < len(answered):
        raise NotChecked("left out: start_retries() holds what is no Retry, which another check tells")
    return retries
