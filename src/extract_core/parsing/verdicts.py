"""The verdict on an error of AWS, by its name and its words, for any service: for status parsers.

Error names: the failure of a job itself is ``States.TaskFailed`` with a JSON Cause; the failure of an API call is
``<Prefix>.<Exception>`` with a text Cause that ends ``(Service: X; Status Code: n; Error Code: CODE; Request ID: …)``. A code
that is not modelled on the operation comes out under the service's base exception (``Glue.AWSGlueException``,
``ECS.AmazonECSException``), and a throttle can hide in another service's words inside ``InvalidParameterException``
(dagster-io/dagster#33439). So the words are checked first.
"""

from __future__ import annotations

import re
from typing import Final

from extract_core.contract import FailureClass, JobState
from extract_core.dataclass import dataclass
from extract_core.parsing.error_codes import class_of, stem
from extract_core.parsing.failure_words import by_words

__all__ = [
    "MAY_HAVE_STARTED",
    "STOPPED",
    "TIMED_OUT",
    "UNKNOWN",
    "WORTH_ANOTHER_ATTEMPT",
    "Verdict",
    "by_error",
    "by_words",
    "failed",
]

WORTH_ANOTHER_ATTEMPT: Final = frozenset(
    {FailureClass.CAPACITY, FailureClass.THROTTLED, FailureClass.START, FailureClass.INTERRUPTED, FailureClass.INTERNAL}
)
"""Classes of failures that may pass without a change. OUT_OF_MEMORY is not one: the same size would fail again."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """State, class and retryable of a failure."""

    state: JobState
    failure: FailureClass
    retryable: bool


def failed(failure: FailureClass) -> Verdict:
    """The verdict for this class, which decides whether the failure is retryable."""
    return Verdict(JobState.FAILED, failure, failure in WORTH_ANOTHER_ATTEMPT)


UNKNOWN: Final = Verdict(JobState.UNKNOWN, FailureClass.UNKNOWN, retryable=False)
TIMED_OUT: Final = Verdict(JobState.TIMED_OUT, FailureClass.TIMEOUT, retryable=False)  # the job may still be running
STOPPED: Final = Verdict(JobState.STOPPED, FailureClass.STOPPED, retryable=False)
MAY_HAVE_STARTED: Final = Verdict(JobState.FAILED, FailureClass.INTERNAL, retryable=False)  # no answer: it may run

_NO_ANSWER: Final = frozenset({"OperationTimeout", "SdkClient", "RequestTimeout"})
"""The call got no answer: the start may have gone through."""

_STATES: Final = {
    "States.Timeout": TIMED_OUT,
    "States.HeartbeatTimeout": TIMED_OUT,
    "States.Permissions": failed(FailureClass.PERMISSION),
    # The job has ended, but its answer was over 256 KiB and is lost.
    "States.DataLimitExceeded": UNKNOWN,
    # The definition and the item do not fit: an argument of the wrong type, a missing path.
    "States.Runtime": failed(FailureClass.CONFIG),
    "States.ParameterPathFailure": failed(FailureClass.CONFIG),
    "States.ResultPathMatchFailure": failed(FailureClass.CONFIG),
    "States.IntrinsicFailure": failed(FailureClass.CONFIG),
    "States.QueryEvaluationError": failed(FailureClass.CONFIG),
    "States.NoChoiceMatched": failed(FailureClass.CONFIG),
}


_HTTP: Final = {
    **dict.fromkeys(("400", "404", "405", "410", "413", "415", "422"), failed(FailureClass.CONFIG)),
    **dict.fromkeys(("401", "403", "407"), failed(FailureClass.PERMISSION)),
    "429": failed(FailureClass.THROTTLED),
    # "Not ready to handle the request" (RFC 9110, 15.6.4). After each other 5xx, and without an answer, it may have been handled.
    "503": failed(FailureClass.INTERNAL),
    **dict.fromkeys(("500", "502", "504", "Socket"), MAY_HAVE_STARTED),
}
"""Errors of HTTP Tasks, by the last part: ``States.Http.StatusCode.403`` (Step Functions guide, "Call HTTPS APIs")."""


def by_error(error: str, cause: str | None) -> Verdict:
    """The verdict on a caught error of an API call (its Cause is a text) or of Step Functions itself, not of a job that ended."""
    if error in _STATES:
        return _STATES[error]
    if error.startswith("States.Http.") and (by_status := _HTTP.get(error.rpartition(".")[2])):
        return by_status
    words = by_words(cause)
    verdict = failed(words) if words is FailureClass.THROTTLED else _by_code(error, cause, words)
    if verdict:
        return verdict
    if words:
        return failed(words)
    if re.search(r"Status Code: 5\d\d", cause or ""):
        return failed(FailureClass.INTERNAL)
    # States.TaskFailed: the service says that the job failed. Only the reason is not known.
    return Verdict(JobState.FAILED, FailureClass.UNKNOWN, retryable=False) if error == "States.TaskFailed" else UNKNOWN


def _by_code(error: str, cause: str | None, words: FailureClass | None) -> Verdict | None:
    """By the code inside the Cause, then by the error's name. AWS also calls quotas and roles a wrong request: words decide."""
    code = re.search(r"Error Code: ([A-Za-z.]+)", cause or "")
    for name in (code[1] if code else "", error.rpartition(".")[2]):
        if stem(name) in _NO_ANSWER:
            return MAY_HAVE_STARTED
        if by_code := class_of(name):
            return failed(words if words and by_code is FailureClass.CONFIG else by_code)
    return None
