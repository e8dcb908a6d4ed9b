"""A stack and its change sets: what is there, what would change, and what stops a deployment before it begins."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from asl_generator.deploy.change import Change, change_of
from asl_generator.deploy.faults import DeployError, calling_aws, missing_right
from extract_core.dataclass import dataclass
from extract_core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DESCRIPTION: Final = "Extract pipeline "
"""The description of each of our stacks begins with it."""
_RECENT: Final = timedelta(minutes=15)
_NOTHING: Final = ("didn't contain changes", "No updates are to be performed", "no changes")
_READY: Final = frozenset(
    {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"}
)
_OVERTAKEN: Final = frozenset({"ChangeSetNotFound", "InvalidChangeSetStatus", "InvalidChangeSetStatusException"})
_CHANGING: Final = re.compile(r"is in \w+_IN_PROGRESS state")
_EMPTY: Final = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"})


@dataclass(frozen=True, slots=True)
class StackState:
    """A stack as CloudFormation describes it. `reason` is its own reason for the status, `parameters` are their values."""

    id: str
    name: str
    status: str
    description: str
    reason: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_busy(self) -> bool:
        """Whether an operation is going on."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    @property
    def is_empty(self) -> bool:
        """Whether its creation failed: nothing of it is in use, and it can only be deleted."""
        return self.status in _EMPTY

    @property
    def is_deployed(self) -> bool:
        """Whether it holds, or has held, a pipeline: it has more than an abandoned change set or a failed creation."""
        return not self.is_empty and self.status != "REVIEW_IN_PROGRESS"


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A change set that waits to be executed."""

    id: str
    stack_id: str
    changes: tuple[Change, ...]
    is_first: bool


def stack_state(cloudformation: Any, name: str) -> StackState | None:
    """The stack of this name or id; None if there is none. A deleted one, by its id, is there."""
    from botocore.exceptions import ClientError

    with calling_aws(f"describe the stack {name!r}", "cloudformation:DescribeStacks"):
        try:
            [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
    return StackState(
        stack["StackId"],
        stack["StackName"],
        stack["StackStatus"],
        stack.get("Description", ""),
        stack.get("StackStatusReason", ""),
        {of["ParameterKey"]: of.get("ParameterValue", "") for of in stack.get("Parameters", ())},
    )


def require_usable(stack: StackState | None, name: str) -> None:
    """UsageError or DeployError if the stack cannot take a change now, with the next step."""
    if stack is None or stack.status in _READY or stack.is_empty or stack.status == "REVIEW_IN_PROGRESS":
        if stack and stack.description and not stack.description.startswith(DESCRIPTION):
            raise UsageError(
                f"the stack {name!r} exists and is not a pipeline of extract ({stack.description!r}): choose another name, "
                'with stack = "…" under [deploy]'
            )
        return
    if stack.is_busy:
        raise DeployError(
            f"the stack {name!r} is changing now ({stack.status}): another deployment is running, or your connection was "
            "lost; follow it with: extract deploy up --follow"
        )
    remedies = {
        "UPDATE_ROLLBACK_FAILED": "repair what the events name, then: aws cloudformation continue-update-rollback --stack-name "
        + name,
        "DELETE_FAILED": f"see the reason ({stack.reason}), then: extract deploy down",
    }
    raise DeployError(
        f"the stack {name!r} is in {stack.status} and takes no changes: "
        + remedies.get(stack.status, "see its events in the CloudFormation console")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The wanted stack: the template at `url`, with these values of its parameters and these tags on everything."""

    name: str
    url: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]


def prepare(
    cloudformation: Any, stack: StackState | None, wanted: Wanted, pause: Callable[[float], None] = time.sleep
) -> ChangeSet | None:
    """A change set that makes the stack as it is wanted; None if there is nothing to change.

    A stack of an abandoned change set (REVIEW_IN_PROGRESS) holds nothing and is deleted first. Raises DeployError if somebody
    else has just prepared a change set of it, and with all reasons for which CloudFormation refuses the template.
    """
    from botocore.exceptions import ClientError

    is_first = stack is None
    if stack is not None and stack.status == "REVIEW_IN_PROGRESS":
        _remove_abandoned(cloudformation, stack)
        is_first = True
    made = f"extract-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    with calling_aws(f"prepare a change of the stack {wanted.name!r}", "cloudformation:CreateChangeSet"):
        try:
            answer = cloudformation.create_change_set(
                StackName=wanted.name,
                ChangeSetName=made,
                ChangeSetType="CREATE" if is_first else "UPDATE",
                TemplateURL=wanted.url,
                Capabilities=["CAPABILITY_IAM"],
                Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in sorted(wanted.parameters.items())],
                Tags=[{"Key": key, "Value": value} for key, value in sorted(wanted.tags.items())],
                ImportExistingResources=True,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "AlreadyExistsException" or _CHANGING.search(str(error)):
                raise DeployError(
                    f"another deployment has begun to change the stack {wanted.name!r}: follow it with extract deploy up "
                    f"--follow, then run the command again ({error})"
                ) from error
            raise
    change_set_id, stack_id = answer["Id"], answer.get("StackId", wanted.name)
    described = _waited_for(cloudformation, change_set_id, stack_id, pause)
    if described["Status"] == "FAILED":
        reason = described.get("StatusReason", "no reason was given")
        is_nothing = any(words in reason for words in _NOTHING)
        findings = [] if is_nothing else validation_findings(cloudformation, ChangeSetName=change_set_id)
        discard(cloudformation, ChangeSet(change_set_id, stack_id, (), is_first))
        if is_nothing:
            return None
        raise DeployError(
            "\n".join(
                [f"CloudFormation refuses the change of {wanted.name!r}: {reason}{remedy_of(reason)}", *map(_line, findings)]
            )
        )
    changes = tuple(change_of(change) for change in described["Changes"])
    return ChangeSet(change_set_id, stack_id, changes, is_first)


def execute(cloudformation: Any, change_set: ChangeSet) -> None:
    """Begin the change. DeployError if another change came first. A change that is refused is discarded."""
    from botocore.exceptions import ClientError

    with calling_aws("begin the change", "cloudformation:ExecuteChangeSet"):
        try:
            cloudformation.execute_change_set(ChangeSetName=change_set.id, StackName=change_set.stack_id)
        except ClientError as error:
            if error.response["Error"]["Code"] in _OVERTAKEN:
                raise DeployError(
                    f"another deployment has changed the stack since this change was prepared: run the command again ({error})"
                ) from error
            with suppress(DeployError):  # else the next deployment would wait for this one
                discard(cloudformation, change_set)
            if remedy := remedy_of(error.response["Error"]["Code"]):
                raise DeployError(f"cannot begin the change: {error}{remedy}") from error
            raise


def discard(cloudformation: Any, change_set: ChangeSet) -> None:
    """Remove a change set that will not be executed, and the empty stack that a first one has made."""
    with calling_aws("remove the change set", "cloudformation:DeleteChangeSet"):
        cloudformation.delete_change_set(ChangeSetName=change_set.id, StackName=change_set.stack_id)
        if change_set.is_first:
            cloudformation.delete_stack(StackName=change_set.stack_id)


def _remove_abandoned(cloudformation: Any, stack: StackState) -> None:
    with calling_aws("look for other change sets", "cloudformation:ListChangeSets"):
        others = cloudformation.list_change_sets(StackName=stack.id).get("Summaries", [])
        newest = max((other["CreationTime"] for other in others if "CreationTime" in other), default=None)
        if newest is not None and datetime.now(UTC) - newest < _RECENT:
            raise DeployError(
                f"another deployment is preparing the stack {stack.name!r} (since {newest:%H:%M} UTC): wait for its end; a "
                "change set that is older than 15 minutes is removed by the next extract deploy up"
            )
        cloudformation.delete_stack(StackName=stack.id)


def _waited_for(cloudformation: Any, change_set_id: str, stack_id: str, pause: Callable[[float], None]) -> dict[str, Any]:
    """The description with all changes, once it is made."""
    with calling_aws("read the change set", "cloudformation:DescribeChangeSet"):
        while True:
            described: dict[str, Any] = cloudformation.describe_change_set(ChangeSetName=change_set_id, StackName=stack_id)
            if described["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
                break
            pause(2)
        changes = described.get("Changes", [])
        while token := described.get("NextToken"):
            described = cloudformation.describe_change_set(ChangeSetName=change_set_id, StackName=stack_id, NextToken=token)
            changes += described.get("Changes", [])
    return {**described, "Changes": changes}


@dataclass(frozen=True, slots=True)
class Failure:
    """A resource that failed, or that CloudFormation's validation refuses, and AWS's reason."""

    logical_id: str
    type: str
    reason: str

    def __str__(self) -> str:
        return f"{self.logical_id} ({self.type.removeprefix('AWS::')}): {self.reason}{remedy_of(self.reason)}"


def validation_findings(cloudformation: Any, **of: Any) -> list[Failure]:
    """What CloudFormation's validation has found (DescribeEvents of a change set or a stack); none where it has no such call.

    If a stack had several operations, only the newest one counts.
    """
    try:
        with calling_aws("read the findings of the validation", "cloudformation:DescribeEvents"):
            answer = cloudformation.describe_events(**of)
    except DeployError:
        return []
    events = answer.get("OperationEvents", [])
    newest: Mapping[str, Any] = max(
        events, key=lambda event: event.get("Timestamp", datetime.min.replace(tzinfo=UTC)), default={}
    )
    return [
        Failure(
            event.get("LogicalResourceId", ""),
            event.get("ResourceType", ""),
            f"{event.get('ValidationStatusReason', 'no reason was given')} [{event.get('ValidationName', '')}]",
        )
        for event in events
        if event.get("EventType") == "VALIDATION_ERROR" and event.get("OperationId") == newest.get("OperationId")
    ]


def _line(failure: Failure) -> str:
    return f"  {failure}"


def remedy_of(reason: str) -> str:
    """What to do about AWS's reason, after a semicolon; empty if the reason does not tell."""
    if line := missing_right(reason):
        return f"; add to the policy of your role: {line}"
    if "BucketAlready" in reason:
        return (
            "; the bucket exists and was not adopted. An emulator adopts nothing: end it, and start it again. On AWS, remove "
            "'buckets' from managed under [deploy]: the pipeline then uses the bucket as it is"
        )
    if "already exists" in reason.lower() or "alreadyexists" in reason.lower():
        return (
            "; something else has this name: delete it, choose other names in extract.toml, or leave its part out of managed "
            "under [deploy]"
        )
    return ""
