"""What an error of AWS means, by its name and by its words, for any service: for status parsers.

Error names: the failure of a job itself is ``States.TaskFailed`` with a JSON Cause; the failure of an API call is
``<Prefix>.<Exception>`` with a text Cause that ends ``(Service: X; Status Code: n; Error Code: CODE; Request ID: …)``. A code
that is not modelled on the operation comes out under the service's base exception (``Glue.AWSGlueException``,
``ECS.AmazonECSException``), and a throttle can hide in another service's words inside ``InvalidParameterException``
(dagster-io/dagster#33439): so the words are checked first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from extract_core.contract import FailureClass, JobState

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "MAY_HAVE_STARTED",
    "STOPPED",
    "TIMED_OUT",
    "UNKNOWN",
    "WORTH_ANOTHER_TRY",
    "Verdict",
    "by_error",
    "by_words",
    "failed",
]

WORTH_ANOTHER_TRY: Final = frozenset(
    {FailureClass.CAPACITY, FailureClass.THROTTLED, FailureClass.START, FailureClass.INTERRUPTED, FailureClass.INTERNAL}
)
"""Classes of failures that pass by themselves. Out of memory is not among them: the same size would fail again."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a failure means: never a success."""

    state: JobState
    failure: FailureClass
    retryable: bool


def failed(failure: FailureClass) -> Verdict:
    """A failure of this class; the class decides whether it is retryable."""
    return Verdict(JobState.FAILED, failure, failure in WORTH_ANOTHER_TRY)


UNKNOWN: Final = Verdict(JobState.UNKNOWN, FailureClass.UNKNOWN, retryable=False)
TIMED_OUT: Final = Verdict(JobState.TIMED_OUT, FailureClass.TIMEOUT, retryable=False)  # the job may still be running
STOPPED: Final = Verdict(JobState.STOPPED, FailureClass.STOPPED, retryable=False)
MAY_HAVE_STARTED: Final = Verdict(JobState.FAILED, FailureClass.INTERNAL, retryable=False)  # no answer: it may run

_WORDS: Final = (
    (FailureClass.THROTTLED, (
        r"Rate exceeded", r"Error Category: THROTTLING", r"\bThrottl(?:ing|ed)(?:Exception|Error)?\b",
        r"\bTooManyRequests(?:Exception)?\b",
        r"Too many requests", r"Status Code: 429\b", r"\bRequestLimitExceeded\b", r"\bSlowDown\b",
        r"concurrent (?:job )?runs?(?: per \w+)? exceeded", r"maximum concurrent runs",
    )),
    (FailureClass.PERMISSION, (
        r"\bAccessDenied(?:Exception)?\b", r"Access Denied", r"\bUnauthorizedOperation\b", r"not authorized to",
        r"(?:unable to|could not) assume", r"password authentication failed", r"permission denied", r"ORA-01017",
        r"Error Category: PERMISSION", r"Login failed for user",
    )),
    (FailureClass.OUT_OF_MEMORY, (
        r"\bOutOfMemory(?:Error)?\b", r"out of memory", r"Error Category: OUT_OF_MEMORY", r"\bMemoryError\b",
        r"exceeding (?:\w+ )?memory limits", r"beyond (?:the )?'?(?:physical|virtual)'? memory limit",
        r"exit(?:ed with)? ?(?:code|status)(?: is)?:? 137\b", r"\bOOMKilled\b",
        # Spark's scratch disk comes with the size of the worker, as its memory does; any other full disk stays full
        r"\bIOException: No space left on device",
        r"\b(?:shuffle|spill|block ?m(?:ana)?ge?r|executor)[\s\S]{0,200}No space left on device",
        r"No space left on device[\s\S]{0,200}\b(?:shuffle|spill|block ?m(?:ana)?ge?r|executor)",
    )),
    (FailureClass.INTERRUPTED, (
        r"Host EC2 \(instance [^)]{1,40}\) (?:stopped|terminated)", r"spot (?:task|instance)\b.{0,40} interrupt",
        r"spot interruption", r"Container released on a \*?lost\*? node", r"Exit status: -100\b",
        r"\bkilled by SIGKILL; (?:it wrote nothing|the last that it wrote)",  # `process_end.reason`, on one machine
    )),
    (FailureClass.CAPACITY, (
        r"Resource unavailable", r"Capacity is unavailable", r"\bRESOURCE:", r"\bInsufficient\w*Capacity",
        r"insufficient capacity", r"(?:not (?:have )?enough|insufficient) free (?:IP )?addresses", r"\bInsufficientFreeAddresses",
        r"provisioning capacity limit", r"No Container Instances were found",
        r"max(?:imum)? concurrent (?:compute|capacity)", r"MaxCapacityExceeded", r"exceeded maximumCapacity",
        r"\bCapacityError\b", r"Unable to provision requested ML compute capacity",
        r"service limit on the maximum vCPU", r"limit on the number of tasks", r"number of active steps",
    )),
    (FailureClass.INTERNAL, (
        r"internal service (?:error|failure|exception)", r"\bInternalService(?:Exception)?\b",
        r"\bInternalServer(?:Error|Exception)\b", r"internal server error", r"Service Unavailable",
    )),
)  # fmt: skip


@cache
def _patterns() -> Sequence[tuple[FailureClass, re.Pattern[str]]]:
    """Compiled on first use: a command that only loads plugins needs none of them."""
    return [(failure, re.compile("|".join(words), re.IGNORECASE)) for failure, words in _WORDS]


_CODES: Final = {
    FailureClass.THROTTLED: (
        "Throttling", "Throttled", "TooManyRequests", "RequestLimitExceeded", "RequestThrottled", "SlowDown",
        "ConcurrentRunsExceeded",
    ),
    FailureClass.CAPACITY: ("ResourceNumberLimitExceeded", "ResourceLimitExceeded", "LimitExceeded", "ServiceQuotaExceeded"),
    FailureClass.PERMISSION: (
        "AccessDenied", "UnauthorizedOperation", "UnrecognizedClient", "InvalidClientTokenId", "ExpiredToken", "InvalidSignature",
        "Blocked",
    ),
    FailureClass.CONFIG: (
        "EntityNotFound", "ResourceNotFound", "ClusterNotFound", "InvalidInput", "InvalidParameter", "InvalidParameterValue",
        "InvalidRequest", "Validation", "PlatformUnknown", "PlatformTaskDefinitionIncompatibility", "UnsupportedFeature",
        "Client", "Conflict",
    ),
    FailureClass.INTERNAL: (
        "InternalService", "InternalServer", "InternalFailure", "Internal", "Server", "ServiceUnavailable", "ServiceFailure",
    ),
}  # fmt: skip
_BY_CODE: Final = {code: failure for failure, codes in _CODES.items() for code in codes}

_NO_ANSWER: Final = frozenset({"OperationTimeout", "SdkClient", "RequestTimeout"})
"""The call got no answer: the start may have gone through."""

_STATES: Final = {
    "States.Timeout": TIMED_OUT,
    "States.HeartbeatTimeout": TIMED_OUT,
    "States.Permissions": failed(FailureClass.PERMISSION),
    # The job has ended, but its answer was over 256 KiB and is lost.
    "States.DataLimitExceeded": UNKNOWN,
    # The definition and the item don't fit one another: an argument of the wrong type, a missing path.
    "States.Runtime": failed(FailureClass.CONFIG),
    "States.ParameterPathFailure": failed(FailureClass.CONFIG),
    "States.ResultPathMatchFailure": failed(FailureClass.CONFIG),
    "States.IntrinsicFailure": failed(FailureClass.CONFIG),
    "States.QueryEvaluationError": failed(FailureClass.CONFIG),
    "States.NoChoiceMatched": failed(FailureClass.CONFIG),
}


def by_words(said: str | None) -> FailureClass | None:
    """The class that the words of a reason of AWS or a job indicate; None if they indicate none."""
    for failure, pattern in _patterns():
        if pattern.search(said or ""):
            return failure
    return None


def by_error(error: str, cause: str | None) -> Verdict:
    """What a caught error means that is not a job's own end: of an API call (a text Cause) or of Step Functions itself."""
    if error in _STATES:
        return _STATES[error]
    words = by_words(cause)
    verdict = failed(words) if words is FailureClass.THROTTLED else _by_code(error, cause, words)
    if verdict:
        return verdict
    if words:
        return failed(words)
    if re.search(r"Status Code: 5\d\d", cause or ""):
        return failed(FailureClass.INTERNAL)
    # States.TaskFailed: the service says itself that the job failed; only why is not known.
    return Verdict(JobState.FAILED, FailureClass.UNKNOWN, retryable=False) if error == "States.TaskFailed" else UNKNOWN


def _by_code(error: str, cause: str | None, words: FailureClass | None) -> Verdict | None:
    """By the code inside the Cause, then by the error's name. "Wrong request" is also said of quotas and roles: words decide."""
    code = re.search(r"Error Code: ([A-Za-z.]+)", cause or "")
    for name in (code[1] if code else "", error.rpartition(".")[2]):
        stem = re.sub(r"(?:Exception|Error)\Z", "", name)
        if stem in _NO_ANSWER:
            return MAY_HAVE_STARTED
        if stem in _BY_CODE:
            by_code = _BY_CODE[stem]
            return failed(words if words and by_code is FailureClass.CONFIG else by_code)
    return None
