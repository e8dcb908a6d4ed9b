"""Check of the retriers: they name exact errors that occur before a job starts, so that no table is extracted twice at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extract_core.sync_job.service_job import ServiceJob
from extract_testing.branch.states import call_of, loops_of
from extract_testing.breaches import Breach, NotChecked
from extract_testing.check import check
from extract_testing.checks.status import service_of
from extract_testing.services.error_names import fault_of
from extract_testing.services.models import ModelsMissing, operation_of
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
_MAY_RUN: Final = re.compile(
    r"(?:Internal\w*|Server|Service)(?:Error)?(?:Exception)?|Internal(?:Failure|ServerError)\w*|SDKClientException|AWSLambdaException"
)
"""Errors of a service that failed while it worked on the call: the job may have started, unless the call has a token."""
_STAYS: Final = re.compile(r"(?:AccessDenied|InvalidInput|InvalidRequest|Validation)(?:Error)?(?:Exception)?")
_MAY_RUN_HTTP: Final = frozenset({"States.Http.Socket", *(f"States.Http.StatusCode.{number}" for number in (500, 502, 504))})
_DAY: Final = 86_400
_REMEDY: Final = "name errors that occur before a job starts; the machine's retry loop handles later failures"


@check
def retries_start_no_job_twice(subject: Subject) -> Iterator[Breach]:
    """No retrier names an error after which the job may be running; names are spelled as Step Functions spells them."""
    service, sdk = service_of(subject), _by_sdk(subject, subject.branch.job_state)
    before = set[str]()
    for index, retry in enumerate(_retries(subject)):
        place = f"start_retries()[{index}]"
        yield from _waits(place, retry)
        if isinstance(retry.errors, str) or not retry.errors:
            yield Breach(place, f"errors is {retry.errors!r}", "use a list of error names")
            continue
        yield from _names(place, retry.errors, service, sdk=sdk)
        yield from _may_run(subject, place, retry.errors)
        yield from _in_vain(place, retry.errors, before)
        before |= set(retry.errors)
    job_state = subject.branch.job_state
    for retrier in subject.states[job_state].get("Retry") or ():
        names = retrier.get("ErrorEquals") if isinstance(retrier, dict) else None
        yield from _names(
            f"branch(target), state {job_state!r}, Retry", names if isinstance(names, list) else [], service, sdk=sdk
        )
    yield from _of_questions(subject)
    yield from _throttled(subject, service, sdk=sdk)


def _throttled(subject: Subject, service: str, *, sdk: bool) -> Iterator[Breach]:
    """The error that `--inject throttle` raises is one of the service: no retrier would match another one."""
    name = getattr(subject.job_type, "throttled", ServiceJob.throttled)
    if name != ServiceJob.throttled:
        yield from _names("class, throttled", [name], service, sdk=sdk)


def _by_sdk(subject: Subject, state: str) -> bool:
    return ":aws-sdk:" in str(subject.states[state].get("Resource", ""))


def _may_run(subject: Subject, place: str, names: object) -> Iterator[Breach]:
    """Errors after which the job may be running, unless the call has a token against double starts."""
    if _has_a_token(subject):
        return
    for name in names if isinstance(names, list | tuple) else ():
        if name in _MAY_RUN_HTTP or (not str(name).startswith("States.") and _MAY_RUN.fullmatch(str(name).rpartition(".")[2])):
            problem = f"{name} can come after the call has started a job, and the call has no token against a second one"
            yield Breach(place, problem, _REMEDY)


def _in_vain(place: str, names: object, before: set[str]) -> Iterator[Breach]:
    """Errors of an earlier retrier, which is the one that counts, and those that stay as they are."""
    for name in names if isinstance(names, list | tuple) else ():
        if name in before:
            yield Breach(place, f"{name} is in an earlier retrier, and only that one counts", "name each error once")
        elif _STAYS.fullmatch(str(name).rpartition(".")[2]):
            yield Breach(place, f"{name} says that the request itself is wrong", "leave it out: the same request fails again")


def _has_a_token(subject: Subject) -> bool:
    """Whether the request passes a token: without one each attempt of a Retry is a new call, with a new token of the SDK."""
    state = subject.states[subject.branch.job_state]
    call, sent = call_of(state), state.get("Parameters", state.get("Arguments"))
    try:
        tokens = set(operation_of(call.service, call.action).idempotent_members) if call else set()
    except ModelsMissing:
        return False
    names = {str(name).removesuffix(".$") for name in sent} if isinstance(sent, dict) else set()
    return bool({token[:1].upper() + token[1:] for token in tokens} & names)


def _of_questions(subject: Subject) -> Iterator[Breach]:
    """The Tasks in a loop ask again: each has its own Retry, for errors of its service, and not for days."""
    asking = {name for loop in loops_of(subject.states) for name in loop} - {subject.branch.job_state}
    for name, state in subject.states.items():
        if state.get("Type") != "Task" or name == subject.branch.job_state:
            continue
        place, retriers = f"branch(target), state {name!r}", state.get("Retry") or ()
        if name in asking and not retriers:
            remedy = (
                "give it a Retry for throttles and errors of the service: without one, the first of them ends the table's attempt"
            )
            yield Breach(place, "it asks about a running job and has no Retry", remedy)
        call = call_of(state)
        for retrier in retriers:
            names = [str(error) for error in retrier.get("ErrorEquals", ()) if not str(error).startswith("States.")]
            yield from _names(f"{place}, Retry", names, call.service if call else "", sdk=_by_sdk(subject, name))
            attempts, rate = int(retrier.get("MaxAttempts", 3)), float(retrier.get("BackoffRate", 2.0))
            yield from _for_days(
                f"{place}, Retry", retrier.get("IntervalSeconds", 1), attempts, rate, retrier.get("MaxDelaySeconds")
            )


def _for_days(place: str, interval: float, attempts: int, rate: float, most: float | None) -> Iterator[Breach]:
    waits = [min(interval * rate ** min(number, 60), most or _DAY * 365) for number in range(min(attempts, 1_000))]
    if sum(waits) > _DAY:
        problem = f"its retries wait {sum(waits) / 3600:,.0f} hours in all"
        yield Breach(place, problem, "use fewer attempts or shorter waits: a table must not wait for more than a day")


def _names(place: str, names: object, service: str, *, sdk: bool) -> Iterator[Breach]:
    for name in names if isinstance(names, list | tuple) else ():
        if str(name).startswith("States.") and name not in _REPEAT:
            continue
        if name in _REPEAT:
            yield Breach(place, f"{name} {_REPEAT[name]}: the job would run twice", _REMEDY)
        elif str(name).rpartition(".")[2] in _NO_ANSWER:
            yield Breach(place, f"{name} means that the call got no answer: the job may have started", _REMEDY)
        elif fault := fault_of(str(name), service, sdk=sdk):
            yield Breach(place, *fault)


def _waits(place: str, retry: Retry) -> Iterator[Breach]:
    if not 0 < retry.interval_seconds < retry.max_delay_seconds:
        problem = f"interval_seconds is {retry.interval_seconds} and max_delay_seconds {retry.max_delay_seconds}"
        yield Breach(place, problem, "the first must be above 0 and below the second; Step Functions refuses other values")
    else:
        yield from _for_days(place, retry.interval_seconds, retry.max_attempts, retry.backoff_rate, retry.max_delay_seconds)
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
