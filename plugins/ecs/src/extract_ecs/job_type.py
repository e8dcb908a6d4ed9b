"""The job type ecs: one ECS task a table, by ecs:runTask.sync."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from extract_core import Branch, JobType, Retry
from extract_core.registry.routing import start_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extract_core import JobStatus, Json, LocalCommand, LocalExit, Outcome, Statement, TableRun, Target
    from extract_ecs.deployment import EcsDeployment
    from extract_ecs.settings import EcsSettings

_MARGIN_SECONDS: Final = 900
"""Provisioning, network interface and image pull. ECS has no time limit of its own: the state's is the only one."""


class Ecs(JobType["EcsSettings", "EcsDeployment"]):
    """Amazon ECS: containers on Fargate, on EC2, or by capacity providers."""

    name: ClassVar[str] = "ecs"
    title: ClassVar[str] = "ECS"
    api_version: ClassVar[int] = 1

    def settings(self) -> type[EcsSettings]:
        """One table's settings."""
        from extract_ecs.settings import EcsSettings

        return EcsSettings

    def deployment(self) -> type[EcsDeployment]:
        """``[job_types.ecs]``."""
        from extract_ecs.deployment import EcsDeployment

        return EcsDeployment

    def branch(self, target: Target[EcsDeployment]) -> Branch:
        """One Task. Overrides is read whole, so its optional members may be absent; all else is baked in from the deployment."""
        from extract_ecs.run_task import fixed_parameters

        state = start_state(self.title)
        task: dict[str, Json] = {
            "Type": "Task",
            "Comment": "Runs the table's ECS task and waits for its end",
            "Resource": f"arn:{target.partition}:states:::ecs:runTask.sync",
            "Parameters": {
                **fixed_parameters(target.deployment),
                "TaskDefinition.$": "$.arguments.task_definition",
                "Overrides.$": "$.arguments.overrides",
            },
            "ResultPath": "$.job_result",
        }
        return Branch(start=state, states={state: task}, job_state=state)

    def arguments(self, table: TableRun[EcsDeployment], settings: EcsSettings) -> Mapping[str, Json]:
        """RunTask's TaskDefinition and Overrides.

        ValueError for a task definition outside the deployment, a size that Fargate has not, and overrides over 8,192 characters.
        """
        from extract_ecs.overrides import check_fargate_size, overrides

        task_definition = settings.task_definition or table.deployment.task_definition
        allowed = table.deployment.allowed()
        if task_definition not in allowed:
            raise ValueError(
                f"the task definition {task_definition!r} is not in the deployment, which allows "
                f"{', '.join(map(repr, allowed))}: name one of these, or add it to "
                "task_definitions under [job_types.ecs] of extract.toml and build anew"
            )
        if table.deployment.on_fargate():
            check_fargate_size(settings.cpu, settings.memory)
        container = settings.container or table.deployment.container
        return {
            "task_definition": task_definition,
            "overrides": overrides(container, table.job_arguments, settings.cpu, settings.memory),
        }

    def status(self, outcome: Outcome) -> JobStatus:
        """What ECS's Task, its Failures or the error mean. SUCCEEDED only for an essential container that exited with 0."""
        from extract_ecs.status import status

        return status(outcome)

    def permissions(self, target: Target[EcsDeployment]) -> Iterable[Statement]:
        """RunTask on the task definitions, Stop and Describe on the cluster's tasks, PassRole, and the managed event rule."""
        from extract_ecs.run_task import statements

        return statements(target)

    def start_retries(self) -> Iterable[Retry]:
        """Refusals: no task was started.

        ECS.AmazonECSException is a throttle or "Capacity is unavailable at this time"; AmazonECS.Unknown comes for Failures in
        RunTask's answer (placement). ECS.ServerException may have started one and is not retried.
        """
        return (
            Retry(errors=("AmazonECS.Unknown", "ECS.AmazonECSException")),
            Retry(errors=("ECS.ThrottlingException",), interval_seconds=5, max_delay_seconds=60),
        )

    def timeout(self, settings: EcsSettings) -> int:
        """``timeout_minutes * 60 + 900`` seconds."""
        return settings.timeout_minutes * 60 + _MARGIN_SECONDS

    def escalate(self, settings: EcsSettings, status: JobStatus, attempt: int) -> EcsSettings | None:  # noqa: ARG002 - by size
        """Out of memory: at least twice the memory, of the sizes that Fargate has."""
        from extract_ecs.sizes import bigger

        return bigger(settings, status)

    def diagnose(self, outcome: Outcome, aws: object) -> str | None:
        """DescribeTasks' reasons of containers where the payload had none, and the last lines of the job's log."""
        from extract_ecs.aws import diagnose

        return diagnose(outcome, aws)

    def stop(self, outcome: Outcome, aws: object) -> None:
        """StopTask. Raises what ECS refuses; a task that has ended is fine."""
        from extract_ecs.aws import stop

        stop(outcome, aws)

    def diagnose_permissions(self, target: Target[EcsDeployment]) -> Iterable[Statement]:
        """DescribeTasks on the cluster's, DescribeTaskDefinition, and the events of the deployment's log_group."""
        from extract_ecs.rights import diagnose_statements

        return diagnose_statements(target)

    def stop_permissions(self, target: Target[EcsDeployment]) -> Iterable[Statement]:
        """StopTask on the cluster's tasks."""
        from extract_ecs.rights import stop_statements

        return stop_statements(target)

    def local_command(self, arguments: Mapping[str, Json]) -> LocalCommand:
        """The reference extract job with the container's Command."""
        from extract_ecs.local import local_command

        return local_command(arguments)

    def local_answer(self, arguments: Mapping[str, Json], ended: LocalExit) -> Outcome:
        """A stopped Task, as ECS describes one."""
        from extract_ecs.local import local_answer

        return local_answer(arguments, ended)
