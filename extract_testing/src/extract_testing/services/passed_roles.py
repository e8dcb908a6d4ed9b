"""The roles that a request passes to a service: its members that name a role, by botocore's model.

A caller that passes a role to a service needs ``iam:PassRole`` on it (IAM user guide, "Granting a user permissions to pass a role
to an AWS service"). The ARN of a role in a job's own arguments is plain text to the service, so the member's name decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from extract_testing.services.models import request_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from asl_toolkit import TaskRequest

_MEMBER: Final = re.compile(r"(?i)role(?:arn)?(?:override)?\Z")
ROLE_ARN: Final = re.compile(r"arn:[a-z0-9-]+:iam::[0-9]*:role/.+")

CHECKED_OTHERWISE: Final = frozenset({"emr-containers:startJobRun", "elasticmapreduce:addStep"})
"""They use a runtime role without passing it: a condition on ExecutionRoleArn limits it (service authorization reference)."""

PASSED_TO: Final[Mapping[str, str]] = {
    "batch": "ecs-tasks.amazonaws.com",
    "bedrock": "bedrock.amazonaws.com",
    "codebuild": "codebuild.amazonaws.com",
    "ecs": "ecs-tasks.amazonaws.com",
    "eks": "eks.amazonaws.com",
    "emr-serverless": "emr-serverless.amazonaws.com",
    "glue": "glue.amazonaws.com",
    "mediaconvert": "mediaconvert.amazonaws.com",
    "sagemaker": "sagemaker.amazonaws.com",
}
"""The value of ``iam:PassedToService`` for a service's jobs (the policies of the connect-… pages)."""


@dataclass(frozen=True, slots=True)
class PassedRole:
    """A role in a request: the member that names it, and its ARN or name."""

    member: str
    role: str


def passed_roles(task: TaskRequest) -> list[PassedRole]:
    """The roles that this request passes; empty for a faulty request. ModelsMissing if the service has no model."""
    if f"{task.service}:{task.action}" in CHECKED_OTHERWISE:
        return []
    operation, request, _ = request_of(task)
    return list(_roles(operation.input_shape, request, "")) if request else []


def _roles(shape: Any, value: object, place: str) -> Iterator[PassedRole]:  # botocore ships no types
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, inner in value.items():
            if name in shape.members:
                where = f"{place}.{name}" if place else name
                if shape.members[name].type_name == "string" and _MEMBER.search(name) and inner:
                    yield PassedRole(where, str(inner))
                else:
                    yield from _roles(shape.members[name], inner, where)
    elif shape.type_name == "list" and isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _roles(shape.member, inner, f"{place}[{index}]")
