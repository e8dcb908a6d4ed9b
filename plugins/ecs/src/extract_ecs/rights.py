"""What asking ECS of a task, and stopping one, needs: of the roles of the core's functions, not of the machine's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core import Statement
from extract_ecs.run_task import tasks_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extract_core import Target
    from extract_ecs.deployment import EcsDeployment


def diagnose_statements(target: Target[EcsDeployment]) -> Iterable[Statement]:
    """DescribeTaskDefinition knows no resources (service authorization reference); it tells where a task's logs are."""
    tasks, in_cluster = tasks_of(target)
    yield Statement(actions=("ecs:DescribeTasks",), resources=(tasks,), condition=in_cluster)
    if target.deployment.log_group:
        yield Statement(actions=("ecs:DescribeTaskDefinition",), resources=("*",))
        group = f"arn:{target.partition}:logs:{target.region}:{target.account}:log-group:{target.deployment.log_group}"
        yield Statement(actions=("logs:GetLogEvents",), resources=(f"{group}:log-stream:*",))


def stop_statements(target: Target[EcsDeployment]) -> Iterable[Statement]:
    """On the cluster's tasks."""
    tasks, in_cluster = tasks_of(target)
    yield Statement(actions=("ecs:StopTask",), resources=(tasks,), condition=in_cluster)
