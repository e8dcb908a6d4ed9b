"""What is fixed in every RunTask of one machine, and what the machine's role needs for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extract_core import Json, Target
    from extract_ecs.deployment import EcsDeployment


def fixed_parameters(deployment: EcsDeployment) -> dict[str, Json]:
    """Cluster, launch type or capacity providers, network. Spellings as Step Functions takes them: ``AwsvpcConfiguration``."""
    parameters: dict[str, Json] = {"Cluster": deployment.cluster, "Count": 1}
    if deployment.capacity_providers:
        parameters["CapacityProviderStrategy"] = [
            {"CapacityProvider": part.provider, "Weight": part.weight, "Base": part.base}
            for part in deployment.capacity_providers
        ]
    else:
        parameters["LaunchType"] = deployment.launch_type or "FARGATE"
    if deployment.platform_version:
        parameters["PlatformVersion"] = deployment.platform_version
    if deployment.subnets:
        network: dict[str, Json] = {
            "Subnets": list(deployment.subnets),
            "AssignPublicIp": "ENABLED" if deployment.assign_public_ip else "DISABLED",
        }
        if deployment.security_groups:
            network["SecurityGroups"] = list(deployment.security_groups)
        parameters["NetworkConfiguration"] = {"AwsvpcConfiguration": network}
    return parameters


def tasks_of(target: Target[EcsDeployment]) -> tuple[str, dict[str, dict[str, Json]]]:
    """The ARN of the cluster's tasks, and the condition that holds a statement to the cluster."""
    where = f"arn:{target.partition}:ecs:{target.region}:{target.account}"
    cluster = target.deployment.cluster.rpartition("/")[2]
    return f"{where}:task/{cluster}/*", {"ArnEquals": {"ecs:cluster": f"{where}:cluster/{cluster}"}}


def statements(target: Target[EcsDeployment]) -> Iterable[Statement]:
    """The statements of the Step Functions guide for ecs:runTask.sync, each on named resources."""
    where = f"arn:{target.partition}:ecs:{target.region}:{target.account}"
    tasks, in_cluster = tasks_of(target)
    yield Statement(
        actions=("ecs:RunTask",),
        resources=tuple(arn for name in target.deployment.allowed() for arn in _task_definition_arns(name, where)),
        condition=in_cluster,
    )
    yield Statement(actions=("ecs:DescribeTasks", "ecs:StopTask"), resources=(tasks,), condition=in_cluster)
    if target.deployment.task_roles:
        yield Statement(
            actions=("iam:PassRole",),
            resources=tuple(sorted(target.deployment.task_roles)),
            condition={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        )
    yield Statement(
        actions=("events:DescribeRule", "events:PutRule", "events:PutTargets"),
        resources=(f"arn:{target.partition}:events:{target.region}:{target.account}:rule/StepFunctionsGetEventsForECSTaskRule",),
    )


def _task_definition_arns(name: str, where: str) -> tuple[str, ...]:
    """A family stands for all its revisions: the ARN without one, and with any."""
    arn = name if name.startswith("arn:") else f"{where}:task-definition/{name}"
    has_revision = arn.rpartition("/")[2].rpartition(":")[2].isdecimal()
    return (arn,) if has_revision else (arn, f"{arn}:*")
