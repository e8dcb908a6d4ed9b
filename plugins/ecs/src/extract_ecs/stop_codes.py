"""What a stop code, a reason and the exit codes of an ECS task mean."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extract_core import FailureClass
from extract_core.parsing import verdicts as v
from extract_core.parsing.container_start import by_start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extract_ecs.containers import Container

EXITED: Final = "EssentialContainerExited"
EXITED_REASON: Final = "Essential container in task exited"  # what is there when a payload has no StopCode

BY_STOP_CODE: Final = {
    "UserInitiated": v.STOPPED,  # by StopTask: a person, or Step Functions after an abort
    "ServiceSchedulerInitiated": v.STOPPED,
    "SpotInterruption": v.failed(FailureClass.INTERRUPTED),
    "TerminationNotice": v.failed(FailureClass.INTERRUPTED),
    "InfrastructureHealth": v.failed(FailureClass.INTERRUPTED),
}
"""Stop codes that say all; TaskFailedToStart asks the reason, EssentialContainerExited the exit codes."""

KNOWN: Final = frozenset({*BY_STOP_CODE, "TaskFailedToStart", EXITED})


def verdict(code: str, said: str | None, containers: Sequence[Container], *, caught: bool) -> v.Verdict | None:
    """What a stopped task with this StopCode and StoppedReason means; None is a success, which a caught error never is."""
    if code in BY_STOP_CODE:
        return BY_STOP_CODE[code]
    if code == "TaskFailedToStart":
        return _failed_to_start(" ".join(filter(None, (said, *(container.reason for container in containers)))))
    if code != EXITED:
        return v.UNKNOWN
    if v.by_words(said) is FailureClass.INTERRUPTED:  # Host EC2 (instance …) terminated., or its maintenance
        return v.failed(FailureClass.INTERRUPTED)
    bad = [container for container in containers if container.exit_code != 0]
    if containers and not bad and not caught:
        return None
    return _exited(bad)


def _exited(bad: Sequence[Container]) -> v.Verdict:
    """Why containers ended with another code than 0, or without one."""
    reasons = " ".join(container.reason or "" for container in bad)
    if any((container.reason or "").startswith("Cannot") for container in bad):  # CannotStartContainerError: …
        return _failed_to_start(reasons)
    exited = any(container.exit_code is not None for container in bad)
    return v.failed(v.by_words(reasons) or (FailureClass.USER_CODE if exited else FailureClass.UNKNOWN))


def by_reason(said: str) -> v.Verdict:
    """By the StoppedReason alone, of a task without a StopCode: older payloads have none."""
    words = v.by_words(said)
    return by_start(said) or (v.failed(words) if words else v.UNKNOWN)


def _failed_to_start(said: str) -> v.Verdict:
    return by_start(said, begun=False) or v.UNKNOWN


def not_placed(reasons: str) -> v.Verdict:
    """RunTask's Failures (ECS guide, "API failure reasons"): RESOURCE:* and AGENT pass, MISSING, INACTIVE and the like don't."""
    words = v.by_words(reasons)
    if words:
        return v.failed(words)
    if re.search(r"\b(?:MISSING|INACTIVE|ATTRIBUTE|LOCATION|MemberOf)\b", reasons):
        return v.failed(FailureClass.CONFIG)
    return v.failed(FailureClass.CAPACITY)
