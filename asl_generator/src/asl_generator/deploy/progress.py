"""The progress of a stack's operation, from its events: a line per resource with its seconds, and the cause of a failure."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from asl_generator.deploy.faults import DeployError, calling_aws, is_passing
from asl_generator.deploy.stack import Failure, stack_state, validation_findings
from extract_core.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Say = Callable[[str], None]
_CASCADE: Final = ("cancelled", "canceled")
"""Words of a resource that failed only because another one did."""
_LOST: Final = 30
"""Polls in a row that may fail before the connection counts as lost."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How an operation ended. `failures` are in the order in which they happened: the first one is the cause."""

    status: str
    failures: tuple[Failure, ...]
    reason: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether the stack is now as it was meant to be."""
        return self.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE", "IMPORT_COMPLETE")


def newest_event(cloudformation: Any, stack_id: str) -> str | None:
    """The id of the newest event: what comes after it belongs to the next operation. None if there is none."""
    events = _page(cloudformation, stack_id).get("StackEvents", [])
    return str(events[0]["EventId"]) if events else None


def follow(
    cloudformation: Any, stack_id: str, say: Say, *, after: str | None = None, pause: Callable[[float], None] = time.sleep
) -> Ended:
    """Follow the operation to its end. `after` is the id of the last event before it; None: from the operation's begin.

    Raises DeployError if AWS cannot be reached for a minute. The operation continues in AWS.
    """
    events, seen = dict[str, datetime](), set[str]()
    failures = list[Failure]()
    broken = 0
    while True:
        try:
            state = stack_state(cloudformation, stack_id)
            fresh = [event for event in _since(cloudformation, stack_id, after) if event["EventId"] not in seen]
            broken = 0
        except DeployError as error:
            if not is_passing(error.__cause__) or broken >= _LOST:
                raise DeployError(
                    f"{error}\nthe deployment continues in AWS; follow it with: extract deploy up --follow"
                ) from error
            broken += 1
            pause(2)
            continue
        for event in fresh:
            seen.add(event["EventId"])
            _tell(event, events, say)
            failures += _failure(event)
        if state is None:
            return Ended("DELETE_COMPLETE", tuple(failures))
        if not state.is_busy:
            ended = Ended(state.status, tuple(failures), state.reason)
            if ended.succeeded or failures:
                return ended
            refusals = validation_findings(cloudformation, StackName=stack_id, Filters={"FailedEvents": True})
            return Ended(state.status, tuple(refusals), state.reason)
        pause(2)


def _since(cloudformation: Any, stack_id: str, after: str | None) -> list[dict[str, Any]]:
    """The events after that one, oldest first. Without one: from the newest begin of an operation."""
    events: list[dict[str, Any]] = []
    token: str | None = None
    while True:
        page = _page(cloudformation, stack_id, token)
        for event in page.get("StackEvents", []):
            if event["EventId"] == after:
                return events[::-1]
            events.append(event)
            if after is None and _is_begin(event, stack_id):
                return events[::-1]
        token = page.get("NextToken")
        if not token:
            return events[::-1]


def _page(cloudformation: Any, stack_id: str, token: str | None = None) -> dict[str, Any]:
    with calling_aws("read the events of the stack", "cloudformation:DescribeStackEvents"):
        page: dict[str, Any] = cloudformation.describe_stack_events(StackName=stack_id, **({"NextToken": token} if token else {}))
    return page


def _is_begin(event: Mapping[str, Any], stack_id: str) -> bool:
    is_stack = event.get("PhysicalResourceId") == stack_id
    return is_stack and event.get("ResourceStatus") in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS")


def _tell(event: Mapping[str, Any], began: dict[str, datetime], say: Say) -> None:
    """A line when a resource is done. Its seconds are AWS's own: from its first event to this one."""
    logical_id, status = event["LogicalResourceId"], event.get("ResourceStatus", "")
    first = began.setdefault(logical_id, event["Timestamp"])
    if event.get("PhysicalResourceId") == event.get("StackId"):
        if "ROLLBACK_IN_PROGRESS" in status:
            say(f"rolling back: {event.get('ResourceStatusReason', '')}")
        return
    if status.endswith(("_COMPLETE", "_FAILED")):
        seconds = (event["Timestamp"] - first).total_seconds()
        reason = f": {event['ResourceStatusReason']}" if status.endswith("_FAILED") and event.get("ResourceStatusReason") else ""
        kind = event.get("ResourceType", "").removeprefix("AWS::")
        say(f"{seconds:6.1f} s  {status.lower().replace('_', ' '):<16} {logical_id} ({kind}){reason}")
        began.pop(logical_id, None)


def _failure(event: Mapping[str, Any]) -> Iterable[Failure]:
    reason = event.get("ResourceStatusReason", "")
    is_cause = event.get("ResourceStatus", "").endswith("_FAILED") and not any(word in reason for word in _CASCADE)
    if is_cause and event.get("PhysicalResourceId") != event.get("StackId"):
        yield Failure(event["LogicalResourceId"], event.get("ResourceType", ""), reason)
