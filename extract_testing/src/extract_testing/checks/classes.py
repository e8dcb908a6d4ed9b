"""Checks of failure classes: errors of API calls, faults that are injected, and the service's words for a bad end."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from extract_core.contract import FailureClass, JobState, JobStatus, LocalExit, Outcome
from extract_core.parsing import verdicts
from extract_core.wording import RAISED
from extract_testing.branch.states import call_of
from extract_testing.breaches import Breach, NotChecked
from extract_testing.check import check
from extract_testing.checks.words import good_end, members_of
from extract_testing.services.error_names import base_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_testing.subject.subject import Subject

_AWS: Final = "(Service: {service}; Status Code: {status}; Error Code: {code}; Request ID: 00000000; Proxy: null)"
_BY_ERROR: Final = (
    "return what extract_core.parsing.verdicts.by_error(error, cause) says of an error that is not the job's own end"
)
_HTTP: Final = (
    ("States.Http.StatusCode.400", '{"StatusCode": 400, "StatusText": "Bad Request"}'),
    ("States.Http.StatusCode.401", '{"StatusCode": 401, "StatusText": "Unauthorized"}'),
    ("States.Http.StatusCode.500", '{"StatusCode": 500, "StatusText": "Internal Server Error"}'),
    ("States.Http.StatusCode.429", '{"StatusCode": 429, "StatusText": "Too Many Requests"}'),
    ("States.Http.StatusCode.403", '{"StatusCode": 403, "StatusText": "Forbidden"}'),
    ("States.Http.StatusCode.503", '{"StatusCode": 503, "StatusText": "Service Unavailable"}'),
)
_INJECTED: Final = {
    "throttle": ((FailureClass.THROTTLED,), True, "the error of a throttled start"),
    "oom": ((FailureClass.OUT_OF_MEMORY,), None, "the words of the service for a lack of memory"),
    "interrupt": ((FailureClass.INTERRUPTED, FailureClass.CAPACITY), True, "the words of the service for a host that went away"),
    "timeout": ((FailureClass.TIMEOUT,), False, "the words of the service for a job over its time"),
    "fail": ((FailureClass.USER_CODE, FailureClass.UNKNOWN), False, "a failure of the script"),
}
"""By fault of `--inject`: the classes that fit, whether another attempt follows, and what local_answer must say."""
_NOT_WITHOUT_A_REASON: Final = frozenset(
    {FailureClass.OUT_OF_MEMORY, FailureClass.THROTTLED, FailureClass.PERMISSION, FailureClass.PROOF}
)
_STOP: Final = re.compile(r"(?i)(?:stopped|cancell?ed|aborted|user_?initiated)\Z")
_HOST: Final = re.compile(r"(?i)(?:spot_?)?interrupt(?:ed|ion)\Z|termination_?notice\Z|preempted\Z")
_TIMEOUT: Final = re.compile(r"(?i)timed?_?out\Z")
_FOREVER: Final = (FailureClass.USER_CODE, FailureClass.CONFIG, FailureClass.PERMISSION)
_NEW_WORD: Final = "CONTRACT_KIT_NEW_WORD"


@check
def failures_have_the_right_class(subject: Subject) -> Iterator[Breach]:
    """Throttles, refusals, timeouts, injected faults and bad words have the failure class that fits."""
    yield from _of_errors(subject)
    yield from _of_injections(subject)
    yield from _of_words(subject)


def _of_errors(subject: Subject) -> Iterator[Breach]:
    for error, cause in _errors(subject):
        status, wanted = _status(subject, Outcome.failed(error, cause)), verdicts.by_error(error, cause)
        if status is None:
            continue
        if (status.state, status.failure) != (wanted.state, wanted.failure):
            problem = (
                f"it is {status.state} / {status.failure} for {error!r} ({cause[:60]}…), not {wanted.state} / {wanted.failure}"
            )
            yield Breach("status(outcome)", problem, _BY_ERROR)
        elif status.retryable != wanted.retryable:
            problem = f"retryable is {status.retryable} for {error!r} ({cause[:60]}…), not {wanted.retryable}"
            yield Breach("status(outcome)", problem, _BY_ERROR)


def _errors(subject: Subject) -> Iterator[tuple[str, str]]:
    """A throttle and a refusal of the call that starts the job, and a timeout of the state."""
    state = subject.states[subject.branch.job_state]
    call = call_of(state)
    yield "States.Timeout", ""
    if str(state.get("Resource", "")).endswith("http:invoke"):
        yield from _HTTP
    if call is None:
        return
    name = base_of(call.service, sdk=":aws-sdk:" in str(state.get("Resource", "")))
    service = name.partition(".")[0]
    said = "User: arn:aws:sts::123456789012:assumed-role/kit is not authorized to perform: the call"
    yield name, "Rate exceeded " + _AWS.format(service=service, status=400, code="ThrottlingException")
    yield f"{service}.AccessDeniedException", f"{said} " + _AWS.format(service=service, status=403, code="AccessDeniedException")


def _of_injections(subject: Subject) -> Iterator[Breach]:
    if not subject.runs_here:
        return
    for kind, (classes, again, says) in _INJECTED.items():
        code = 1 if kind == "fail" else 0
        ended = LocalExit(code=code, seconds=2.0, output_tail="ValueError: row 41 is not a number", injected=kind)  # type: ignore[arg-type] # its own kinds
        status = _local(subject, ended)
        if status is None or status.state is JobState.SUCCEEDED:
            continue
        place = f"local_answer(injected {kind!r})"
        wanted = " or ".join(classes)
        if status.failure not in classes:
            yield Breach(
                place,
                f"status() reads it as {status.failure}, not {wanted}",
                f"let local_answer give {says}, and read it in status()",
            )
        elif again is not None and status.retryable is not again:
            follows = "another attempt follows" if again else "no attempt follows"
            yield Breach(
                place, f"retryable is {status.retryable} for {status.failure}: {follows}", "use a Verdict, whose retryable fits"
            )


def _local(subject: Subject, ended: LocalExit) -> JobStatus | None:
    try:
        outcome: object = subject.job_type.local_answer(subject.cases[0].arguments, ended)
    except RAISED:
        return None
    return _status(subject, outcome) if isinstance(outcome, Outcome) else None


def _of_words(subject: Subject) -> Iterator[Breach]:
    """The words for a bad end, each without a reason: what a word alone can mean."""
    try:
        good = good_end(subject)
        deciding = members_of(subject, good)
    except NotChecked:
        return
    for member in deciding:
        where = ".".join(member.path)
        unknown = _status(subject, Outcome.succeeded(member.with_word(good, _NEW_WORD)))
        if unknown is not None and unknown.state is not JobState.SUCCEEDED and unknown.failure is not FailureClass.UNKNOWN:
            problem = f"{where} with an unknown word is {unknown.failure}"
            yield Breach("status(outcome)", problem, "return UNKNOWN: a new word of the service may mean anything")
        for word in member.bad_words():
            for outcome in _with(member.with_word(good, word)):
                status = _status(subject, outcome)
                if status is not None and status.state is not JobState.SUCCEEDED:
                    yield from _of_one_word(f"{where} {word!r}", word, status)


def _with(answer: object) -> Iterator[Outcome]:
    yield Outcome.failed("States.TaskFailed", json.dumps(answer))
    yield Outcome.succeeded(json.loads(json.dumps(answer)))


def _of_one_word(where: str, word: str, status: JobStatus) -> Iterator[Breach]:
    failure, place = status.failure, "status(outcome)"
    if _STOP.search(word) and failure not in (FailureClass.STOPPED, FailureClass.UNKNOWN, FailureClass.TIMEOUT):
        yield Breach(place, f"{where} is {failure}", "return verdicts.STOPPED for it: a person or an abort stopped the job")
    elif _TIMEOUT.search(word) and failure not in (FailureClass.TIMEOUT, FailureClass.UNKNOWN):
        yield Breach(place, f"{where} is {failure}", "return verdicts.TIMED_OUT for it: the job was over its time")
    elif _HOST.search(word) and failure in _FOREVER:
        yield Breach(place, f"{where} is {failure}", "return INTERRUPTED for it: the host was taken away, not the script's fault")
    elif failure in _NOT_WITHOUT_A_REASON:
        yield Breach(
            place, f"{where} is {failure}, although no reason says so", "let the words of the reason decide, or say INTERNAL"
        )
    if status.retryable and failure in _FOREVER:
        yield Breach(place, f"{where} is {failure} and retryable", "nothing would be different in another attempt")


def _status(subject: Subject, outcome: Outcome) -> JobStatus | None:
    try:
        status: object = subject.status(outcome)
    except RAISED:  # another check reports it
        return None
    return status if isinstance(status, JobStatus) else None
