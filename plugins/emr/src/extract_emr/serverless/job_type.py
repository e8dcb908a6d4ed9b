"""The job type emr_serverless: one Spark job run a table, by emr-serverless:startJobRun.sync."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from extract_core import Branch, JobType, Retry, Statement
from extract_core.registry.routing import start_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extract_core import JobStatus, Json, LocalCommand, LocalExit, Outcome, TableRun, Target
    from extract_emr.serverless.settings import ServerlessDeployment, ServerlessSettings

_MARGIN_SECONDS: Final = 900
"""The application's start, workers, and the minutes until the end is seen: it, and not the state, should end a run."""


class EmrServerless(JobType["ServerlessSettings", "ServerlessDeployment"]):
    """Amazon EMR Serverless: Spark on an application that is there."""

    name: ClassVar[str] = "emr_serverless"
    title: ClassVar[str] = "EMR Serverless"
    api_version: ClassVar[int] = 1

    def settings(self) -> type[ServerlessSettings]:
        """One table's settings."""
        from extract_emr.serverless.settings import ServerlessSettings

        return ServerlessSettings

    def deployment(self) -> type[ServerlessDeployment]:
        """``[job_types.emr_serverless]``."""
        from extract_emr.serverless.settings import ServerlessDeployment

        return ServerlessDeployment

    def branch(self, target: Target[ServerlessDeployment]) -> Branch:
        """One Task. SparkSubmit is read whole, so its optional member may be absent; all else is given for every table."""
        from extract_emr.logs import logging_to

        parameters: dict[str, Json] = {
            "ApplicationId.$": "$.arguments.application_id",
            "ExecutionRoleArn": target.deployment.execution_role_arn,
            "Name.$": "$.arguments.name",
            "ExecutionTimeoutMinutes.$": "$.arguments.timeout",
            "JobDriver": {"SparkSubmit.$": "$.arguments.spark_submit"},
        }
        parameters |= logging_to(target.deployment.log_uri)
        state = start_state(self.title)
        task: dict[str, Json] = {
            "Type": "Task",
            "Comment": "Runs the table's job on EMR Serverless and waits for its end",
            "Resource": f"arn:{target.partition}:states:::emr-serverless:startJobRun.sync",
            "Parameters": parameters,
            "ResultPath": "$.job_result",
        }
        return Branch(start=state, states={state: task}, job_state=state)

    def arguments(self, table: TableRun[ServerlessDeployment], settings: ServerlessSettings) -> Mapping[str, Json]:
        """StartJobRun's members; `timeout` in minutes.

        ValueError for an application outside the deployment, a script nowhere, and what the service would refuse.
        """
        from extract_emr.arguments import spark_submit
        from extract_emr.chosen import chosen
        from extract_emr.script import script_uri
        from extract_emr.serverless.job import LIMITS, spark_options
        from extract_emr.step import step_name

        place, allowed = settings.application_id or table.deployment.application_id, table.deployment.allowed()
        application_id = chosen(place, allowed, what="application", keys="application_ids", job_type=self.name)
        script = script_uri(self.name, settings.script, settings.script_name, table.deployment.scripts_uri)
        return {
            "application_id": application_id,
            "name": step_name(table.source_name, table.table, table.run_id, table.attempt),
            "timeout": settings.timeout_minutes,
            "spark_submit": spark_submit(script, table.job_arguments, spark_options(settings), LIMITS),
        }

    def status(self, outcome: Outcome) -> JobStatus:
        """What the JobRun, or the error, means. SUCCEEDED only for the state SUCCESS."""
        from extract_emr.serverless.status import status

        return status(outcome)

    def permissions(self, target: Target[ServerlessDeployment]) -> Iterable[Statement]:
        """The three actions of the .sync pair, PassRole of the runtime role, and the managed event rule."""
        from extract_emr.serverless.rights import applications_of, job_runs_of

        place = f"{target.region}:{target.account}"
        yield Statement(actions=("emr-serverless:StartJobRun",), resources=applications_of(target))
        yield Statement(actions=("emr-serverless:CancelJobRun", "emr-serverless:GetJobRun"), resources=job_runs_of(target))
        yield Statement(
            actions=("iam:PassRole",),
            resources=(target.deployment.execution_role_arn,),
            condition={"StringEquals": {"iam:PassedToService": "emr-serverless.amazonaws.com"}},
        )
        yield Statement(
            actions=("events:DescribeRule", "events:PutRule", "events:PutTargets"),
            resources=(f"arn:{target.partition}:events:{place}:rule/StepFunctionsGetEventsForEMRServerlessJobRule",),
        )

    def start_retries(self) -> Iterable[Retry]:
        """Throttles and quotas: no job run was made. An internal error, after which one may be there, is not retried.

        ``EMRServerless.ValidationException`` was seen on AWS (vivekaradshan/upgrade-regression-test-agent), so the prefix is
        right; the service's base exception is named after its SDK's and was not seen recorded.
        """
        return (
            Retry(errors=("EMRServerless.ServiceQuotaExceededException",)),
            Retry(
                errors=("EMRServerless.AWSEMRServerlessException", "EMRServerless.ThrottlingException"),
                interval_seconds=5,
                max_attempts=6,
                max_delay_seconds=60,
            ),
        )

    def timeout(self, settings: ServerlessSettings) -> int:
        """``(timeout_minutes + queue_minutes) * 60 + 900`` seconds."""
        return (settings.timeout_minutes + settings.queue_minutes) * 60 + _MARGIN_SECONDS

    def escalate(
        self,
        settings: ServerlessSettings,
        status: JobStatus,
        attempt: int,  # noqa: ARG002 - the next size follows from this one
    ) -> ServerlessSettings | None:
        """Out of memory: twice the memory of executors and driver, with the vCPUs that workers of that size have."""
        from extract_emr.serverless.sizes import bigger

        return bigger(settings, status)

    def diagnose(self, outcome: Outcome, aws: object) -> str | None:
        """GetJobRun's StateDetails where the payload had none, and the ends of the driver's logs in S3."""
        from extract_emr.serverless.aws import diagnose

        return diagnose(outcome, aws)

    def stop(self, outcome: Outcome, aws: object) -> None:
        """CancelJobRun. Raises what EMR Serverless refuses; a run that has ended is fine."""
        from extract_emr.serverless.aws import stop

        stop(outcome, aws)

    def diagnose_permissions(self, target: Target[ServerlessDeployment]) -> Iterable[Statement]:
        """GetJobRun on the applications' job runs, and the logs below the deployment's log_uri."""
        from extract_emr.serverless.rights import diagnose_statements

        return diagnose_statements(target)

    def stop_permissions(self, target: Target[ServerlessDeployment]) -> Iterable[Statement]:
        """CancelJobRun on the applications' job runs."""
        from extract_emr.serverless.rights import stop_statements

        return stop_statements(target)

    def local_command(self, arguments: Mapping[str, Json]) -> LocalCommand:
        """The reference extract job with the entry point's arguments."""
        from extract_emr.local_job import local_command

        return local_command(arguments)

    def local_answer(self, arguments: Mapping[str, Json], ended: LocalExit) -> Outcome:
        """A JobRun, as EMR Serverless describes one."""
        from extract_emr.serverless.local import local_answer

        return local_answer(arguments, ended)
