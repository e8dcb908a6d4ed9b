"""The job type ecs: one ECS task per table, by ecs:runTask.sync."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Final

from extract_core import Retry, SyncJob
from extract_core.parsing.asking import answer, client, stopped
from extract_core.parsing.payload import member, objects, text
from extract_ecs import stop_codes
from extract_ecs.containers import job_containers
from extract_ecs.logs import task_log

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from extract_core import JobStatus, Json, Outcome, Resource, Statement, TableRun, Target
    from extract_core.sync_job.local_end import LocalEnd
    from extract_ecs.deployment import EcsDeployment
    from extract_ecs.settings import EcsSettings

_TASK_ARN: Final = re.compile(r"arn:[^:]+:ecs:[^:]+:\d{12}:task/(?P<cluster>[^/]+)/(?P<id>[^/]+)")

_STOPPED_REASONS: Final = {"SpotInterruption": "Your Spot Task was interrupted.", "UserInitiated": "Task stopped by user"}


class Ecs(SyncJob["EcsSettings", "EcsDeployment"]):
    """Amazon ECS: containers on Fargate, on EC2, or by capacity providers.

    Success and failure are one Task at top level (recorded on AWS). DescribeTasks' envelope reads the same:
    ``{"Tasks": [...], "Failures": [...]}``.
    """

    name = "ecs"
    title = "ECS"
    api_version = 1
    requires_contract = "1.2"
    settings_model = "extract_ecs.settings:EcsSettings"
    deployment_model = "extract_ecs.deployment:EcsDeployment"

    shares = True
    start_seconds = 40  # an estimate: network interface, image pull, start of Python; the image's size decides

    resource = "ecs:runTask.sync"
    comment = "Runs the table's ECS task and waits for its end"
    named: ClassVar = {"task_definition": "task definition"}
    service_names: ClassVar = {
        "TaskDefinition": "task_definition",
        "ContainerName": "container",
        "Cpu": "cpu",
        "Memory": "memory",
    }
    # Provisioning, network interface and image pull. ECS has no time limit for a task: the state's is the only one.
    margin_seconds = 900
    role_service = "ecs-tasks.amazonaws.com"
    event_rule = "StepFunctionsGetEventsForECSTaskRule"

    job_word = "task"
    wrappers = ("Task", "Tasks")
    id_member = "TaskArn"
    state_member = "StopCode"
    succeeded = stop_codes.EXITED  # with exit code 0: `status` reads the containers too
    failures: ClassVar = {stop_codes.EXITED: None}

    throttled = "ECS.AmazonECSException"
    local_ends: ClassVar = {
        "oom": (stop_codes.EXITED, "OutOfMemoryError: Container killed due to memory usage"),
        "interrupt": ("SpotInterruption", ""),
        "stopped": ("UserInitiated", ""),
    }

    def request(self, deployment: EcsDeployment) -> dict[str, Json]:
        """Overrides is read whole, so its optional members may be absent; all else is fixed by the deployment."""
        from extract_ecs.run_task import fixed_members

        return {
            **fixed_members(deployment),
            "TaskDefinition.$": "$.arguments.task_definition",
            "Overrides.$": "$.arguments.overrides",
        }

    def arguments(self, table: TableRun[EcsDeployment], settings: EcsSettings) -> Mapping[str, Json]:
        """RunTask's TaskDefinition and Overrides.

        ValueError for a task definition outside the deployment, a size that Fargate has not, and overrides over 8,192 characters.
        """
        from extract_ecs.overrides import check_fargate_size, overrides

        task_definition = self.chosen("task_definition", settings, table.deployment)
        if table.deployment.on_fargate():
            check_fargate_size(settings.cpu, settings.memory)
        container = settings.container or table.deployment.container
        return {
            "task_definition": task_definition,
            "overrides": overrides(container, table.job_arguments, settings.cpu, settings.memory),
        }

    def permissions(self, target: Target[EcsDeployment]) -> Iterable[Statement]:
        """RunTask on the task definitions, StopTask and DescribeTasks on the cluster's tasks."""
        from extract_ecs.rights import on_tasks, run_task

        yield run_task(target, self.allowed("task_definition", target.deployment))
        yield on_tasks(target, "ecs:DescribeTasks", "ecs:StopTask")
        yield from super().permissions(target)

    def roles(self, deployment: EcsDeployment) -> Sequence[str]:
        """The task and execution roles that the task definitions name."""
        return deployment.task_roles

    def infrastructure(self, target: Target[EcsDeployment]) -> Mapping[str, Resource]:
        """With ``managed``: cluster, task definition, roles, log group."""
        from extract_ecs.managed import infrastructure

        return infrastructure(target, target.deployment.managed) if target.deployment.managed else {}

    def start_retries(self) -> Iterable[Retry]:
        """Refusals: no task was started.

        ECS.AmazonECSException is a throttle or "Capacity is unavailable at this time"; AmazonECS.Unknown comes for Failures in
        RunTask's answer (placement). ECS.ServerException may have started one and is not retried.
        """
        yield Retry(errors=("AmazonECS.Unknown", "ECS.AmazonECSException"))
        yield Retry(errors=("ECS.ThrottlingException",), interval_seconds=5, max_delay_seconds=60)

    def bigger(self, settings: EcsSettings, status: JobStatus) -> EcsSettings | None:
        """At least twice the memory, of the sizes that Fargate has."""
        from extract_ecs.sizes import bigger

        return bigger(settings, status)

    def minute_cost(self, settings: EcsSettings) -> Mapping[str, float]:
        """Fargate bills from the image's pull on, and a minute at least (https://aws.amazon.com/fargate/pricing/).

        Nothing is known if the task definition has the size.
        """
        if settings.cpu is None or settings.memory is None:
            return {}
        return {"vcpu_hours": settings.cpu / 1024 / 60, "memory_gb_hours": settings.memory / 1024 / 60}

    def status(self, outcome: Outcome) -> JobStatus:
        """What ECS's Task, its Failures or the error mean. SUCCEEDED only if the job's container exited with 0 by itself."""
        from extract_ecs.status import status

        return status(outcome, self.described(outcome))

    def key(self, job: Mapping[str, Json], arguments: Json, deployment: EcsDeployment) -> Sequence[str | None]:  # noqa: ARG002
        """Cluster and ARN of the task. All is in the ARN."""
        arn = _TASK_ARN.fullmatch(text(job, "TaskArn") or "")
        return (arn["cluster"], arn[0]) if arn else (None,)

    def reason(self, job: Mapping[str, Json]) -> str | None:
        """How the job's containers ended."""
        return "; ".join(container.summary() for container in job_containers(job, {})) or None

    def describe(self, aws: object, key: Sequence[str]) -> Json:
        """DescribeTasks. ECS describes a stopped task for about an hour."""
        return answer(aws, "ecs", "describe_tasks", cluster=key[0], tasks=[key[1]])

    def logs(self, aws: object, key: Sequence[str], job: Mapping[str, Json]) -> Iterable[str | None]:
        """The log of the job's container."""
        yield task_log(aws, job, key[1].rpartition("/")[2])

    def diagnose_permissions(self, target: Target[EcsDeployment]) -> Iterable[Statement]:
        """DescribeTasks on the cluster's tasks, DescribeTaskDefinition, and the events of the deployment's log_group."""
        from extract_ecs.rights import on_tasks, read_logs

        yield on_tasks(target, "ecs:DescribeTasks")
        yield from read_logs(target)

    def stop_job(self, aws: object, key: Sequence[str]) -> None:
        """StopTask. "The referenced task was not found.": ECS forgets a stopped task in an hour."""
        ecs = client(aws, "ecs")
        stopped(
            lambda: ecs.stop_task(cluster=key[0], task=key[1], reason="its extract run has ended"),
            ended=("InvalidParameterException",),
        )

    def stop_permissions(self, target: Target[EcsDeployment]) -> Iterable[Statement]:
        """StopTask on the cluster's tasks."""
        from extract_ecs.rights import on_tasks

        yield on_tasks(target, "ecs:StopTask")

    def local_argv(self, arguments: Mapping[str, Json]) -> Json:
        """The container's Command: the image's entry point gets the same argv."""
        [container] = objects(arguments, "overrides", "ContainerOverrides")
        return container["Command"]

    def local_result(self, arguments: Mapping[str, Json], end: LocalEnd) -> Mapping[str, Json]:
        """A stopped Task.

        On AWS it holds no output of the job: only an exit code, and a Reason where Docker had one. Here the job's last words
        stand in that Reason, since there is no CloudWatch log to read.
        """
        arn = "arn:aws:ecs:us-east-1:000000000000"
        [override] = objects(arguments, "overrides", "ContainerOverrides")
        container: dict[str, Json] = {"Name": override["Name"], "LastStatus": "STOPPED", "ExitCode": end.code}
        return {
            "ClusterArn": f"{arn}:cluster/local",
            "Containers": [container | ({"Reason": end.reason} if end.reason else {})],
            "Cpu": member(arguments, "overrides", "Cpu") or "1024",  # of a task definition that exists only in AWS: 1 vCPU, 2 GB
            "LastStatus": "STOPPED",
            "Memory": member(arguments, "overrides", "Memory") or "2048",
            "Overrides": arguments["overrides"],
            "StartedAt": end.began,
            "StopCode": end.state,
            "StoppedAt": end.ended,
            "StoppedReason": _STOPPED_REASONS.get(end.state, stop_codes.EXITED_REASON),
            "TaskArn": f"{arn}:task/local/{end.number}",
            "TaskDefinitionArn": f"{arn}:task-definition/{arguments['task_definition']}",
        }
