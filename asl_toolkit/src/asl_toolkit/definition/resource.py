"""The Resource of a Task: the service, the action, and how Step Functions waits for the end.

Source: the Step Functions developer guide, "Service integration patterns"; Lambda and activity ARNs as IAM writes them.
"""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from asl_toolkit.errors import SyntaxFault

Pattern: TypeAlias = Literal["request_response", "sync", "wait_for_task_token"]

_PARTITION = r"arn:(aws[a-z0-9-]*)"
_SERVICE = re.compile(
    _PARTITION + r":states:[a-z0-9-]*:[0-9]*:(aws-sdk:[a-z0-9]+|[a-z0-9-]+):([a-zA-Z0-9]+)"
    r"(\.sync|\.sync:2|\.waitForTaskToken)?"
)
_LAMBDA = re.compile(_PARTITION + r":lambda:([a-z0-9-]+):([0-9]{12}):function:([a-zA-Z0-9_-]+)(?::([a-zA-Z0-9$_-]+))?")
_ACTIVITY = re.compile(_PARTITION + r":states:([a-z0-9-]+):([0-9]{12}):activity:([^:\s]+)")


@dataclass(eq=False, match_args=False)
class Resource:
    """The parts of a Resource. `service` and `action` are the key of its handler.

    A Lambda function's own ARN has service `lambda` and action `function`; an activity's has service `activity` and its
    name.
    """

    arn: str
    partition: str
    service: str
    action: str
    pattern: Pattern
    suffix: str  # "", ".sync", ".sync:2", ".waitForTaskToken"

    @property
    def is_function(self) -> bool:
        """Whether it is the ARN of a Lambda function."""
        return self.service == "lambda" and self.action == "function"

    @property
    def is_activity(self) -> bool:
        """Whether it is the ARN of an activity, whose workers poll for tasks."""
        return self.service == "activity"


def parse_resource(arn: str) -> Resource:
    """The Resource of an ARN. Raises SyntaxFault if Step Functions has no such form."""
    if match := _SERVICE.fullmatch(arn):
        partition, service, action, suffix = match.groups()
        pattern: Pattern = "request_response"
        if suffix is not None:
            pattern = "wait_for_task_token" if suffix == ".waitForTaskToken" else "sync"
        return Resource(arn, partition, service, action, pattern, suffix or "")
    if match := _LAMBDA.fullmatch(arn):
        return Resource(arn, match[1], "lambda", "function", "request_response", "")
    if match := _ACTIVITY.fullmatch(arn):
        return Resource(arn, match[1], "activity", match[4], "request_response", "")
    raise SyntaxFault(
        f"{arn!r} is not a resource that a Task can have: write arn:aws:states:::SERVICE:ACTION"
        "[.sync|.sync:2|.waitForTaskToken], arn:aws:states:::aws-sdk:SERVICE:ACTION, or the ARN of a function or an activity"
    )
