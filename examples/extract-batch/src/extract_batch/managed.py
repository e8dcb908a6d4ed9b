"""What the stack makes if ``managed`` is set: compute environment, queue, job definition, log group and roles, on Fargate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core import Resource
from extract_core.sync_job.managed import allow, job_statements, role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_batch.settings import BatchDeployment, ManagedBatch
    from extract_core import Json, Target

_TASKS: Final = "ecs-tasks.amazonaws.com"


def infrastructure(target: Target[BatchDeployment], managed: ManagedBatch) -> dict[str, Resource]:
    """The resources by logical id. The environment has no service role: Batch uses its service-linked one."""
    deployment = target.deployment
    environment: dict[str, Json] = {
        "Type": "MANAGED",
        "State": "ENABLED",
        "ComputeResources": {
            "Type": "FARGATE",
            "MaxvCpus": managed.max_vcpus,
            "Subnets": [*managed.subnets],
            "SecurityGroupIds": [*managed.security_groups],
        },
    }
    order: Json = [{"Order": 1, "ComputeEnvironment": {"Ref": "BatchEnvironment"}}]
    queue: dict[str, Json] = {"JobQueueName": deployment.job_queue, "Priority": 1, "ComputeEnvironmentOrder": order}
    return {
        **role("BatchJobRole", _TASKS, job_statements(target, managed.secrets), target.account),
        **role("BatchExecutionRole", _TASKS, _start(target, managed), target.account),
        "BatchEnvironment": Resource(type="AWS::Batch::ComputeEnvironment", properties=environment),
        "BatchQueue": Resource(type="AWS::Batch::JobQueue", properties=queue),
        "BatchJobDefinition": Resource(
            type="AWS::Batch::JobDefinition",
            properties=_job_definition(target, managed),
            after=("BatchExecutionRolePolicy", "BatchJobRolePolicy"),
        ),
    }


def _job_definition(target: Target[BatchDeployment], managed: ManagedBatch) -> dict[str, Json]:
    container: dict[str, Json] = {
        "Image": managed.image,
        "JobRoleArn": {"Fn::GetAtt": ["BatchJobRole", "Arn"]},
        "ExecutionRoleArn": {"Fn::GetAtt": ["BatchExecutionRole", "Arn"]},
        "ResourceRequirements": [{"Type": "VCPU", "Value": "1"}, {"Type": "MEMORY", "Value": "2048"}],
        "RuntimePlatform": {
            "CpuArchitecture": "ARM64" if target.stack.architecture == "arm64" else "X86_64",
            "OperatingSystemFamily": "LINUX",
        },
        "NetworkConfiguration": {"AssignPublicIp": "DISABLED"},
    }
    return {
        "JobDefinitionName": target.deployment.job_definition,
        "Type": "container",
        "PlatformCapabilities": ["FARGATE"],
        "ContainerProperties": container,
    }


def _start(target: Target[BatchDeployment], managed: ManagedBatch) -> Iterator[Json]:
    """Pull the image and write to Batch's own log group, which it makes itself."""
    yield allow(("ecr:GetAuthorizationToken",), "*")
    pull = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
    yield allow(pull, [target.arn("ecr", f"repository/{managed.repository}")])
    group = target.arn("logs", "log-group:/aws/batch/job")
    yield allow(("logs:CreateLogGroup",), [group])
    yield allow(("logs:CreateLogStream", "logs:PutLogEvents"), [f"{group}:log-stream:*"])
