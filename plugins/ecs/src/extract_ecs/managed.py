"""What the stack makes if ``managed`` is set: cluster, task definition, log group, and the roles of the task.

Sources: ECS guide, "Amazon ECS task execution IAM role" and "Task IAM role"; Fargate's log driver (awslogs) needs a log group
that exists or the right to create it, so the stack makes it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extract_core import Resource
from extract_core.sync_job.managed import allow, job_statements, role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core import Json, Target
    from extract_ecs.deployment import EcsDeployment, ManagedEcs

TASK_ROLE: Final = "ECSTaskRole"
EXECUTION_ROLE: Final = "ECSExecutionRole"
_LOGS: Final = "ECSLogs"
_SERVICE: Final = "ecs-tasks.amazonaws.com"
_REPOSITORY: Final = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(?P<name>[^:@]+)"
)


def infrastructure(target: Target[EcsDeployment], managed: ManagedEcs) -> dict[str, Resource]:
    """The resources by logical id."""
    deployment = target.deployment
    return {
        **role(TASK_ROLE, _SERVICE, job_statements(target, managed.secrets), target.account),
        **role(EXECUTION_ROLE, _SERVICE, _start(target, managed), target.account),
        _LOGS: Resource(
            type="AWS::Logs::LogGroup",
            properties={"LogGroupName": deployment.log_group, "RetentionInDays": target.stack.log_retention_days},
        ),
        "ECSCluster": Resource(type="AWS::ECS::Cluster", properties={"ClusterName": deployment.cluster}),
        "ECSTaskDefinition": Resource(
            type="AWS::ECS::TaskDefinition",
            properties=_task_definition(target, managed),
            after=(_LOGS, f"{EXECUTION_ROLE}Policy", f"{TASK_ROLE}Policy"),
        ),
    }


def _task_definition(target: Target[EcsDeployment], managed: ManagedEcs) -> dict[str, Json]:
    deployment = target.deployment
    container: dict[str, Json] = {
        "Name": deployment.container,
        "Image": managed.image,
        "Essential": True,
        "LogConfiguration": {
            "LogDriver": "awslogs",
            "Options": {
                "awslogs-group": deployment.log_group,
                "awslogs-region": target.region,
                "awslogs-stream-prefix": "extract",
            },
        },
    }
    compatible = "FARGATE" if deployment.on_fargate() else "EC2"
    return {
        "Family": deployment.task_definition,
        "Cpu": str(managed.cpu),
        "Memory": str(managed.memory),
        "NetworkMode": "awsvpc",
        "RequiresCompatibilities": [compatible],
        "RuntimePlatform": {
            "CpuArchitecture": "ARM64" if target.stack.architecture == "arm64" else "X86_64",
            "OperatingSystemFamily": "LINUX",
        },
        "EphemeralStorage": {"SizeInGiB": managed.disk_gib},
        "ExecutionRoleArn": {"Fn::GetAtt": [EXECUTION_ROLE, "Arn"]},
        "TaskRoleArn": {"Fn::GetAtt": [TASK_ROLE, "Arn"]},
        "ContainerDefinitions": [container],
    }


def _start(target: Target[EcsDeployment], managed: ManagedEcs) -> Iterator[Json]:
    """Pull the image, if it is in ECR (GetAuthorizationToken has no resource type), and write the log."""
    if repository := _REPOSITORY.match(managed.image):
        arn = f"arn:{target.partition}:ecr:{repository['region']}:{repository['account']}:repository/{repository['name']}"
        yield allow(("ecr:GetAuthorizationToken",), "*")
        yield allow(("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"), [arn])
    streams = target.arn("logs", f"log-group:{target.deployment.log_group}:log-stream:*")
    yield allow(("logs:CreateLogStream", "logs:PutLogEvents"), [streams])
