"""The job type batch: one AWS Batch job a table, by batch:submitJob.sync."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from extract_core import Branch, JobType, Retry, Statement
from extract_core.registry.routing import start_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extract_batch.settings import BatchDeployment, BatchSettings
    from extract_core import JobStatus, Json, LocalCommand, LocalExit, Outcome, TableRun, Target

_MARGIN_SECONDS: Final = 600
"""Image pull, and the seconds that Batch takes to end a job over its limit: it, and not the state, should end one."""


class Batch(JobType["BatchSettings", "BatchDeployment"]):
    """AWS Batch: containers from a queue."""

    name: ClassVar[str] = "batch"
    title: ClassVar[str] = "Batch"
    api_version: ClassVar[int] = 1

    def settings(self) -> type[BatchSettings]:
        """One table's settings."""
        from extract_batch.settings import BatchSettings

        return BatchSettings

    def deployment(self) -> type[BatchDeployment]:
        """``[job_types.batch]``."""
        from extract_batch.settings import BatchDeployment

        return BatchDeployment

    def branch(self, target: Target[BatchDeployment]) -> Branch:
        """One Task. Batch itself tries once: the state machine does the retrying, where each try is an attempt of its own."""
        state = start_state(self.title)
        task: dict[str, Json] = {
            "Type": "Task",
            "Comment": "Runs the table's Batch job and waits for its end",
            "Resource": f"arn:{target.partition}:states:::batch:submitJob.sync",
            "Parameters": {
                "JobName.$": "$.arguments.job_name",
                "JobQueue.$": "$.arguments.job_queue",
                "JobDefinition.$": "$.arguments.job_definition",
                "ContainerOverrides.$": "$.arguments.container_overrides",
                "RetryStrategy": {"Attempts": 1},
                "Timeout": {"AttemptDurationSeconds.$": "$.arguments.attempt_seconds"},
            },
            "ResultPath": "$.job_result",
        }
        return Branch(start=state, states={state: task}, job_state=state)

    def arguments(self, table: TableRun[BatchDeployment], settings: BatchSettings) -> Mapping[str, Json]:
        """SubmitJob's members. ValueError for a queue or definition outside the deployment, and for what no command carries."""
        from extract_batch.overrides import container_overrides, job_name

        deployment = table.deployment
        return {
            "job_name": job_name(table.source_name, table.table, table.run_id, table.attempt),
            "job_queue": deployment.queue(settings.job_queue),
            "job_definition": deployment.definition(settings.job_definition),
            "container_overrides": container_overrides(table.job_arguments, settings),
            "attempt_seconds": settings.timeout_minutes * 60,
        }

    def status(self, outcome: Outcome) -> JobStatus:
        """What Batch's JobDetail, or the error, means. SUCCEEDED only for Status SUCCEEDED."""
        from extract_batch.status import status

        return status(outcome)

    def permissions(self, target: Target[BatchDeployment]) -> Iterable[Statement]:
        """The .sync trio and the managed event rule. DescribeJobs knows no resources (service authorization reference)."""
        from extract_batch.policy import statements

        return statements(target)

    def start_retries(self) -> Iterable[Retry]:
        """Throttles: no job was submitted. SubmitJob has no client token, so a ServerException is not retried.

        Batch.AWSBatchException is what a throttle comes out as (Netflix/metaflow retries it so).
        """
        return (Retry(errors=("Batch.AWSBatchException",), interval_seconds=5, max_attempts=8, max_delay_seconds=120),)

    def timeout(self, settings: BatchSettings) -> int:
        """``(timeout_minutes + queue_minutes) * 60 + 600`` seconds: a job can stay RUNNABLE for ever."""
        return (settings.timeout_minutes + settings.queue_minutes) * 60 + _MARGIN_SECONDS

    def escalate(self, settings: BatchSettings, status: JobStatus, attempt: int) -> BatchSettings | None:  # noqa: ARG002
        """Out of memory: twice the memory."""
        from extract_batch.overrides import bigger

        return bigger(settings, status)

    def diagnose(self, outcome: Outcome, aws: object) -> str | None:
        """DescribeJobs' reason where the payload had none, and the last lines of the job's log."""
        from extract_batch.aws import diagnose

        return diagnose(outcome, aws)

    def stop(self, outcome: Outcome, aws: object) -> None:
        """TerminateJob. Raises what Batch refuses; a job that has ended is fine."""
        from extract_batch.aws import stop

        stop(outcome, aws)

    def diagnose_permissions(self, target: Target[BatchDeployment]) -> Iterable[Statement]:
        """DescribeJobs, and the events of Batch's own log group."""
        from extract_batch.policy import diagnose_statements

        return diagnose_statements(target)

    def stop_permissions(self, target: Target[BatchDeployment]) -> Iterable[Statement]:
        """TerminateJob on the account's jobs."""
        from extract_batch.policy import stop_statements

        return stop_statements(target)

    def local_command(self, arguments: Mapping[str, Json]) -> LocalCommand:
        """The reference extract job with the container's command."""
        from extract_batch.local import local_command

        return local_command(arguments)

    def local_answer(self, arguments: Mapping[str, Json], ended: LocalExit) -> Outcome:
        """A JobDetail, as Batch describes one."""
        from extract_batch.local import local_answer

        return local_answer(arguments, ended)
