"""Statements of ecs:runTask.sync as the Step Functions guide has them, each on named resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extract_core import Json, Target
    from extract_ecs.deployment import EcsDeployment


def run_task(target: Target[EcsDeployment], definitions: Sequence[str]) -> Statement:
    """RunTask, of these task definitions, in the deployment's cluster."""
    resources = tuple(arn for name in definitions for arn in _definition_arns(target, name))
    return Statement(actions=("ecs:RunTask",), resources=resources, condition=_in_cluster(target))


def on_tasks(target: Target[EcsDeployment], *actions: str) -> Statement:
    """These actions on the cluster's tasks."""
    tasks = target.arn("ecs", f"task/{_cluster(target)}/*")
    return Statement(actions=actions, resources=(tasks,), condition=_in_cluster(target))


def read_logs(target: Target[EcsDeployment]) -> Iterable[Statement]:
    """Read the deployment's log group. DescribeTaskDefinition says where a task's logs are, and takes no resources."""
    if target.deployment.log_group:
        yield Statement(actions=("ecs:DescribeTaskDefinition",), resources=("*",))
        logs = target.arn("logs", f"log-group:{target.deployment.log_group}:log-stream:*")
        yield Statement(actions=("logs:GetLogEvents",), resources=(logs,))


def _cluster(target: Target[EcsDeployment]) -> str:
    return target.deployment.cluster.rpartition("/")[2]


def _in_cluster(target: Target[EcsDeployment]) -> dict[str, dict[str, Json]]:
    return {"ArnEquals": {"ecs:cluster": target.arn("ecs", f"cluster/{_cluster(target)}")}}


def _definition_arns(target: Target[EcsDeployment], name: str) -> tuple[str, ...]:
    """A family stands for all its revisions: the ARN without a revision, and with any."""
    arn = name if name.startswith("arn:") else target.arn("ecs", f"task-definition/{name}")
    has_revision = arn.rpartition("/")[2].rpartition(":")[2].isdecimal()
    return (arn,) if has_revision else (arn, f"{arn}:*")
