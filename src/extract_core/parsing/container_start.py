"""Why a container did not start: for services whose jobs are tasks of ECS (ECS itself, Batch).

Sources: ECS guide, "Amazon ECS stopped tasks error messages", "CannotPullContainer task errors",
"ResourceInitializationError errors"; EC2 API reference, "Error codes".
"""

from __future__ import annotations

import re
from typing import Final

from extract_core.contract import FailureClass, JobState
from extract_core.parsing.error_codes import class_of
from extract_core.parsing.failure_words import by_words
from extract_core.parsing.verdicts import UNKNOWN, Verdict, failed

__all__ = ["by_start"]

_NEVER_BEGAN: Final = re.compile(
    r"\bCannot(?:Pull|Start|Create|Inspect|Stop)\w*Error\b|\bResourceInitializationError\b|\b(?:Docker|ContainerRuntime)\w*Error\b"
    r"|\A(?:InternalError|Task failed to start|Timeout waiting for|Unable to attach network interface|Unexpected EC2 error)\b"
)
_EC2_CODE: Final = re.compile(r"\bUnexpected EC2 error\b[^:]*: ?(?P<code>[A-Za-z]\w+(?:\.\w+)?)")
_PASSES: Final = re.compile(
    r"timed? ?out|timeout|\bEOF\b|connection (?:was )?(?:reset|refused)|broken pipe|deadline exceeded"
    r"|(?:context|request) cancell?ed|i/o |temporar|try again|send request failed|stream error"
    r"|unexpected commit digest|failed size validation"
    r"|(?:status(?: code)?|status:) 5\d\d\b|\b50[0234] (?:Bad|Service|Internal|Gateway)"
    r"|unused device index|failed to configure ENI|Create Network Interface|network interface provisioning|Volume provisioning"
    r"|: (?:AuthFailure|InternalError|Unavailable)\b",
    re.IGNORECASE,
)
"""Faults of the network, the registry and the host, which may pass. A missing image or command does not pass."""


def by_start(reason: str | None, *, begun: bool = True) -> Verdict | None:
    """The verdict on a reason why a container did not start; None if the reason is not about a start.

    With `begun` False, the service says that the container never began, so each reason is about its start. START is retryable
    only if the fault may pass. A container that could not be inspected may have run: UNKNOWN.
    """
    reason = reason or ""
    if begun and not _NEVER_BEGAN.search(reason):
        return None
    if "CannotInspectContainerError" in reason:
        return Verdict(JobState.FAILED, UNKNOWN.failure, retryable=False)
    by_ec2 = _EC2_CODE.search(reason)
    failure = class_of(by_ec2["code"]) if by_ec2 else None
    failure = failure or by_words(reason)
    if failure and failure is not FailureClass.OUT_OF_MEMORY:  # a full disk of the host does not mean that the job lacks memory
        return failed(failure)
    return Verdict(JobState.FAILED, FailureClass.START, retryable=bool(_PASSES.search(reason)))
