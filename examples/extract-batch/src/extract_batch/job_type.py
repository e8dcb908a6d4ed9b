"""The job type batch: one AWS Batch job per table, by batch:submitJob.sync."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from extract_batch import status
from extract_core import FailureClass, Retry, Statement, SyncJob
from extract_core.parsing.asking import answer, client, log_tail
from extract_core.parsing.payload import member, objects, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from extract_batch.settings import BatchDeployment, BatchSettings
    from extract_core import JobStatus, Json, Resource, TableRun, Target
    from extract_core.parsing.verdicts import Verdict
    from extract_core.sync_job.local_end import LocalEnd

_LOG_GROUP: Final = "/aws/batch/job"
"""Where a job's output goes unless its definition names another group (Batch guide, "Using the awslogs log driver")."""


class Batch(SyncJob["BatchSettings", "BatchDeployment"]):
    """AWS Batch: containers from a queue.

    Success and failure are one JobDetail at top level; DescribeJobs' envelope ``{"Jobs": [...]}`` reads the same.
    """

    name = "batch"
    title = "Batch"
    api_version = 1
    settings_model = "extract_batch.settings:BatchSettings"
    deployment_model = "extract_batch.settings:BatchDeployment"

    resource = "batch:submitJob.sync"
    comment = "Runs the table's Batch job and waits for its end"
    named: ClassVar = {"job_queue": "job queue", "job_definition": "job definition"}
    service_names: ClassVar = {
        "JobQueue": "job_queue",
        "JobDefinition": "job_definition",
        "VCPU": "vcpus",
        "AttemptDurationSeconds": "timeout_minutes",
    }
    margin_seconds = 600  # image pull, and the seconds that Batch takes to end a job over its limit
    # See the Step Functions guide, "IAM policies for AWS Batch". DescribeJobs has no resource type (service authorization
    # reference). A job's ARN has only its id, so the statement names all jobs of the account.
    rights: ClassVar = {"job/*": ("batch:TerminateJob",), "*": ("batch:DescribeJobs",)}
    event_rule = "StepFunctionsGetEventsForBatchJobsRule"
    stop_rights: ClassVar = {"job/*": ("batch:TerminateJob",)}
    # For a job definition with another log group, the user adds a statement.
    diagnose_rights: ClassVar = {"*": ("batch:DescribeJobs",), f"log-group:{_LOG_GROUP}:log-stream:*": ("logs:GetLogEvents",)}

    wrappers = ("Jobs",)
    id_member = "JobId"
    state_member = "Status"
    succeeded = "SUCCEEDED"
    failures: ClassVar = {"FAILED": None}
    not_ends = frozenset({"SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING"})
    reason_members = ("StatusReason",)

    throttled = "Batch.AWSBatchException"
    local_ends: ClassVar = {
        "timeout": ("FAILED", "Job attempt duration exceeded timeout"),
        "stopped": ("FAILED", "Job terminated"),
    }

    def request(self, deployment: BatchDeployment) -> dict[str, Json]:  # noqa: ARG002 - a table may name all of it
        """Batch itself tries once, because the state machine retries and records each try as an attempt."""
        return {
            "JobName.$": "$.arguments.job_name",
            "JobQueue.$": "$.arguments.job_queue",
            "JobDefinition.$": "$.arguments.job_definition",
            "ContainerOverrides.$": "$.arguments.container_overrides",
            "RetryStrategy": {"Attempts": 1},
            "Timeout": {"AttemptDurationSeconds.$": "$.arguments.attempt_seconds"},
        }

    def arguments(self, table: TableRun[BatchDeployment], settings: BatchSettings) -> Mapping[str, Json]:
        """SubmitJob's members.

        Raises ValueError for a queue or definition outside the deployment, and for values that no command can carry.
        """
        from extract_batch.overrides import container_overrides, job_name

        return {
            "job_name": job_name(table.source, table.table, table.run_id, table.attempt),
            "job_queue": self.chosen("job_queue", settings, table.deployment),
            "job_definition": self.chosen("job_definition", settings, table.deployment),
            "container_overrides": container_overrides(table.job_arguments, settings),
            "attempt_seconds": settings.timeout_minutes * 60,
        }

    def permissions(self, target: Target[BatchDeployment]) -> Iterable[Statement]:
        """SubmitJob on the deployment's queues and job definitions. A name without a revision means all its revisions."""
        definitions = [
            target.arn("batch", f"job-definition/{name}{revision}")
            for name in self.allowed("job_definition", target.deployment)
            for revision in (("",) if ":" in name else ("", ":*"))
        ]
        queues = [target.arn("batch", f"job-queue/{name}") for name in self.allowed("job_queue", target.deployment)]
        yield Statement(actions=("batch:SubmitJob",), resources=(*definitions, *queues))
        yield from super().permissions(target)

    def infrastructure(self, target: Target[BatchDeployment]) -> Mapping[str, Resource]:
        """With ``managed``: environment, queue, job definition, roles."""
        from extract_batch.managed import infrastructure

        return infrastructure(target, target.deployment.managed) if target.deployment.managed else {}

    def start_retries(self) -> Iterable[Retry]:
        """Throttles: no job was submitted. SubmitJob has no client token, so a ServerException is not retried.

        A throttle arrives as Batch.AWSBatchException (Netflix/metaflow retries it too).
        """
        yield Retry(errors=("Batch.AWSBatchException",), interval_seconds=5, max_attempts=8, max_delay_seconds=120)

    def bigger(self, settings: BatchSettings, status: JobStatus) -> BatchSettings | None:
        """Twice the memory."""
        from extract_batch.overrides import bigger

        return bigger(settings, status)

    def reason(self, job: Mapping[str, Json]) -> str | None:
        """The job's reason, and its container's with the exit code."""
        return status.reason(job)

    def failure(self, state: str, job: Mapping[str, Json], reason: str | None) -> FailureClass | Verdict:  # noqa: ARG002
        """FAILED means: stopped by a person, over its time limit, a failure of the host, or the container's own end."""
        return status.failure(job, reason)

    def log_url(self, job: Mapping[str, Json]) -> str | None:
        """The job's page in the console."""
        return status.log_url(job)

    def cost_basis(self, job: Mapping[str, Json]) -> Mapping[str, float] | None:
        """The hours of vCPUs and of GB."""
        return status.cost_basis(job)

    def describe(self, aws: object, key: Sequence[str]) -> Json:
        """The answer of DescribeJobs."""
        return answer(aws, "batch", "describe_jobs", jobs=[key[0]])

    def logs(self, aws: object, key: Sequence[str], job: Mapping[str, Json]) -> Iterable[str | None]:  # noqa: ARG002
        """The end of the container's log."""
        if stream := text(job, "Container", "LogStreamName"):
            group = text(job, "Container", "LogConfiguration", "Options", "Awslogs-group") or _LOG_GROUP
            tail = log_tail(aws, group, stream)
            yield f"last lines of {stream}:\n{tail}" if tail else None

    def stop_job(self, aws: object, key: Sequence[str]) -> None:
        """TerminateJob, in any state of the job. Batch also accepts it for an ended job."""
        client(aws, "batch").terminate_job(jobId=key[0], reason="its extract run has ended")

    def local_argv(self, arguments: Mapping[str, Json]) -> Json:
        """The container's Command: the image's entry point gets the same argv."""
        return member(arguments, "container_overrides", "Command")

    def local_seconds(self, arguments: Mapping[str, Json]) -> float | None:
        """The time limit of the run."""
        return float(str(arguments["attempt_seconds"]))

    def local_result(self, arguments: Mapping[str, Json], end: LocalEnd) -> Mapping[str, Json]:
        """A JobDetail. On AWS, only the log has the job's output; here the container's Reason has it."""
        about_the_job = end.kind in ("interrupt", "timeout", "stopped")
        overrides = objects(arguments, "container_overrides", "ResourceRequirements")
        sizes = {"VCPU": "1", "MEMORY": "2048"} | {str(requirement["Type"]): requirement["Value"] for requirement in overrides}
        container: dict[str, Json] = {
            "Command": member(arguments, "container_overrides", "Command"),
            "ResourceRequirements": [{"Type": kind, "Value": value} for kind, value in sizes.items()],
        }
        if end.kind != "interrupt":
            container["ExitCode"] = end.code
        if end.reason and not about_the_job:
            container["Reason"] = end.reason
        return {
            "Container": container,
            "IsTerminated": end.kind == "stopped",
            "JobArn": f"arn:aws:batch:us-east-1:000000000000:job/{end.number}",
            "JobDefinition": arguments["job_definition"],
            "JobId": end.number,
            "JobName": arguments["job_name"],
            "JobQueue": arguments["job_queue"],
            "StartedAt": end.began,
            "Status": end.state,
            "StatusReason": end.reason if about_the_job else status.EXITED,
            "StoppedAt": end.ended,
        }
