"""The job type emr_eks: one Spark job run a table, by emr-containers:startJobRun.sync."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from extract_core import Branch, JobType, Retry, Statement
from extract_core.registry.routing import start_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extract_core import JobStatus, Json, LocalCommand, LocalExit, Outcome, TableRun, Target
    from extract_emr.eks.settings import EksDeployment, EksSettings

_MARGIN_SECONDS: Final = 600
"""Step Functions asks for a run's state every 60 seconds for 10 minutes, then every 300: an end is seen up to 5 minutes late."""


class EmrEks(JobType["EksSettings", "EksDeployment"]):
    """Amazon EMR on EKS: Spark on a virtual cluster that is there."""

    name: ClassVar[str] = "emr_eks"
    title: ClassVar[str] = "EMR on EKS"
    api_version: ClassVar[int] = 1

    def settings(self) -> type[EksSettings]:
        """One table's settings."""
        from extract_emr.eks.settings import EksSettings

        return EksSettings

    def deployment(self) -> type[EksDeployment]:
        """``[job_types.emr_eks]``."""
        from extract_emr.eks.settings import EksDeployment

        return EksDeployment

    def branch(self, target: Target[EksDeployment]) -> Branch:
        """One Task. The run has no time limit of its own: the state's cancels it."""
        from extract_emr.logs import logging_to

        parameters: dict[str, Json] = {
            "VirtualClusterId.$": "$.arguments.virtual_cluster_id",
            "Name.$": "$.arguments.name",
            "ExecutionRoleArn": target.deployment.execution_role_arn,
            "ReleaseLabel": target.deployment.release_label,
            "JobDriver": {"SparkSubmitJobDriver.$": "$.arguments.spark_submit"},
        }
        parameters |= logging_to(target.deployment.log_uri)
        state = start_state(self.title)
        task: dict[str, Json] = {
            "Type": "Task",
            "Comment": "Runs the table's job on EMR on EKS and waits for its end",
            "Resource": f"arn:{target.partition}:states:::emr-containers:startJobRun.sync",
            "Parameters": parameters,
            "ResultPath": "$.job_result",
        }
        return Branch(start=state, states={state: task}, job_state=state)

    def arguments(self, table: TableRun[EksDeployment], settings: EksSettings) -> Mapping[str, Json]:
        """StartJobRun's members.

        ValueError for a virtual cluster outside the deployment, a script nowhere, and what would not reach the driver unchanged.
        """
        from extract_emr.arguments import spark_submit
        from extract_emr.chosen import chosen
        from extract_emr.eks.job import LIMITS, job_name, spark_options
        from extract_emr.script import script_uri

        place, allowed = settings.virtual_cluster_id or table.deployment.virtual_cluster_id, table.deployment.allowed()
        cluster = chosen(place, allowed, what="virtual cluster", keys="virtual_cluster_ids", job_type=self.name)
        script = script_uri(self.name, settings.script, settings.script_name, table.deployment.scripts_uri)
        return {
            "virtual_cluster_id": cluster,
            "name": job_name(table.source_name, table.table, table.run_id, table.attempt),
            "spark_submit": spark_submit(script, table.job_arguments, spark_options(settings), LIMITS),
        }

    def status(self, outcome: Outcome) -> JobStatus:
        """What the JobRun, or the error, means. SUCCEEDED only for the state COMPLETED."""
        from extract_emr.eks.status import status

        return status(outcome)

    def permissions(self, target: Target[EksDeployment]) -> Iterable[Statement]:
        """The three actions of the .sync pair; starting is allowed with the deployment's role alone. No event rule."""
        from extract_emr.eks.rights import clusters_of, job_runs_of

        yield Statement(
            actions=("emr-containers:StartJobRun",),
            resources=clusters_of(target),
            condition={"StringEquals": {"emr-containers:ExecutionRoleArn": target.deployment.execution_role_arn}},
        )
        yield Statement(actions=("emr-containers:CancelJobRun", "emr-containers:DescribeJobRun"), resources=job_runs_of(target))

    def start_retries(self) -> Iterable[Retry]:
        """Throttles: no job run was made. An internal error, after which one may be there, is not retried.

        The service's base exception is named after its SDK's; it was not seen recorded.
        """
        return (
            Retry(
                errors=("EMRContainers.AmazonEMRContainersException", "EMRContainers.ThrottlingException"),
                interval_seconds=5,
                max_attempts=6,
                max_delay_seconds=60,
            ),
        )

    def timeout(self, settings: EksSettings) -> int:
        """``(timeout_minutes + queue_minutes) * 60 + 600`` seconds."""
        return (settings.timeout_minutes + settings.queue_minutes) * 60 + _MARGIN_SECONDS

    def escalate(self, settings: EksSettings, status: JobStatus, attempt: int) -> EksSettings | None:  # noqa: ARG002 - by size
        """Out of memory: twice the memory of executors and driver."""
        from extract_emr.eks.job import bigger

        return bigger(settings, status)

    def diagnose(self, outcome: Outcome, aws: object) -> str | None:
        """DescribeJobRun's reason where the payload had none, and the end of the driver's stderr in S3."""
        from extract_emr.eks.aws import diagnose

        return diagnose(outcome, aws)

    def stop(self, outcome: Outcome, aws: object) -> None:
        """CancelJobRun. Raises what EMR on EKS refuses; a run that has ended is fine."""
        from extract_emr.eks.aws import stop

        stop(outcome, aws)

    def diagnose_permissions(self, target: Target[EksDeployment]) -> Iterable[Statement]:
        """DescribeJobRun on the virtual clusters' job runs, and the logs below the deployment's log_uri."""
        from extract_emr.eks.rights import diagnose_statements

        return diagnose_statements(target)

    def stop_permissions(self, target: Target[EksDeployment]) -> Iterable[Statement]:
        """CancelJobRun on the virtual clusters' job runs."""
        from extract_emr.eks.rights import stop_statements

        return stop_statements(target)

    def local_command(self, arguments: Mapping[str, Json]) -> LocalCommand:
        """The reference extract job with the entry point's arguments."""
        from extract_emr.local_job import local_command

        return local_command(arguments)

    def local_answer(self, arguments: Mapping[str, Json], ended: LocalExit) -> Outcome:
        """A JobRun, as EMR on EKS describes one."""
        from extract_emr.eks.local import local_answer

        return local_answer(arguments, ended)
