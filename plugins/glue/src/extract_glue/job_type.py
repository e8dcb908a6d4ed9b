"""The job type glue: one Glue job run a table, by glue:startJobRun.sync."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from extract_core import Branch, JobType, Retry, Statement
from extract_core.registry.routing import start_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extract_core import JobStatus, Json, LocalCommand, LocalExit, Outcome, TableRun, Target
    from extract_glue.settings import GlueDeployment, GlueSettings

_MARGIN_SECONDS: Final = 600
"""Start-up, and the minute that Glue takes to end a run over its limit: it, and not the state, should say TIMEOUT."""


class Glue(JobType["GlueSettings", "GlueDeployment"]):
    """AWS Glue: Spark jobs sized by worker type and number."""

    name: ClassVar[str] = "glue"
    title: ClassVar[str] = "Glue"
    api_version: ClassVar[int] = 1

    def settings(self) -> type[GlueSettings]:
        """One table's settings."""
        from extract_glue.settings import GlueSettings

        return GlueSettings

    def deployment(self) -> type[GlueDeployment]:
        """``[job_types.glue]``."""
        from extract_glue.settings import GlueDeployment

        return GlueDeployment

    def branch(self, target: Target[GlueDeployment]) -> Branch:
        """One Task. Worker type and number are given for every table, MaxCapacity never: StartJobRun takes one or the other."""
        parameters: dict[str, Json] = {
            "JobName.$": "$.arguments.job_name",
            "Arguments.$": "$.arguments.arguments",
            "WorkerType.$": "$.arguments.worker_type",
            "NumberOfWorkers.$": "$.arguments.number_of_workers",
            "Timeout.$": "$.arguments.timeout",
            "ExecutionClass.$": "$.arguments.execution_class",
            "JobRunQueuingEnabled": target.deployment.job_run_queuing,
        }
        if target.deployment.security_configuration:
            parameters["SecurityConfiguration"] = target.deployment.security_configuration
        state = start_state(self.title)
        task: dict[str, Json] = {
            "Type": "Task",
            "Comment": "Runs the table's Glue job and waits for its end",
            "Resource": f"arn:{target.partition}:states:::glue:startJobRun.sync",
            "Parameters": parameters,
            "ResultPath": "$.job_result",
        }
        return Branch(start=state, states={state: task}, job_state=state)

    def arguments(self, table: TableRun[GlueDeployment], settings: GlueSettings) -> Mapping[str, Json]:
        """StartJobRun's members; `timeout` in minutes.

        ValueError for a job outside the deployment, a name that Glue keeps, and arguments that are too long.
        """
        from extract_glue.run_arguments import run_arguments

        job_name = settings.job_name or table.deployment.job_name
        allowed = table.deployment.allowed()
        if job_name not in allowed:
            raise ValueError(
                f"the Glue job {job_name!r} is not in the deployment, which allows {', '.join(map(repr, allowed))}: "
                "name one of these as job_name, or add it to job_names under [job_types.glue] of extract.toml and build anew"
            )
        return {
            "job_name": job_name,
            "arguments": run_arguments(table.job_arguments),
            "worker_type": settings.worker_type,
            "number_of_workers": settings.worker_no,
            "timeout": settings.timeout_minutes,
            "execution_class": settings.execution_class,
        }

    def status(self, outcome: Outcome) -> JobStatus:
        """What Glue's JobRun, or the error, means. SUCCEEDED only for JobRunState SUCCEEDED."""
        from extract_glue.status import status

        return status(outcome)

    def permissions(self, target: Target[GlueDeployment]) -> Iterable[Statement]:
        """The four actions of the .sync pair, on the deployment's jobs; neither EventBridge rule nor PassRole."""
        where = f"arn:{target.partition}:glue:{target.region}:{target.account}:job/"
        yield Statement(
            actions=("glue:BatchStopJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:StartJobRun"),
            resources=tuple(where + name for name in target.deployment.allowed()),
        )

    def start_retries(self) -> Iterable[Retry]:
        """Refusals: no run was started.

        StartJobRun has no client token: an error after which a run may be there (InternalServiceException,
        OperationTimeoutException) is not retried. Glue.AWSGlueException is a throttle, or a code not modelled: a few short tries.
        """
        return (
            Retry(errors=("Glue.ConcurrentRunsExceededException", "Glue.ResourceNumberLimitExceededException")),
            Retry(
                errors=("Glue.AWSGlueException", "Glue.ThrottlingException"),
                interval_seconds=5,
                max_attempts=6,
                max_delay_seconds=60,
            ),
        )

    def timeout(self, settings: GlueSettings) -> int:
        """``(timeout_minutes + queue_minutes) * 60 + 600`` seconds."""
        return (settings.timeout_minutes + settings.queue_minutes) * 60 + _MARGIN_SECONDS

    def escalate(self, settings: GlueSettings, status: JobStatus, attempt: int) -> GlueSettings | None:  # noqa: ARG002 - by size
        """Out of memory: the next worker type, and at the biggest twice the workers."""
        from extract_glue.sizes import bigger

        return bigger(settings, status)

    def diagnose(self, outcome: Outcome, aws: object) -> str | None:
        """GetJobRun's ErrorMessage where the payload had none, and the last lines of the run's error log."""
        from extract_glue.aws import diagnose

        return diagnose(outcome, aws)

    def stop(self, outcome: Outcome, aws: object) -> None:
        """BatchStopJobRun. Raises what Glue refuses; a run that has ended is fine."""
        from extract_glue.aws import stop

        stop(outcome, aws)

    def diagnose_permissions(self, target: Target[GlueDeployment]) -> Iterable[Statement]:
        """GetJobRun on the deployment's jobs, and the events of Glue's own log groups."""
        from extract_glue.rights import diagnose_statements

        return diagnose_statements(target)

    def stop_permissions(self, target: Target[GlueDeployment]) -> Iterable[Statement]:
        """BatchStopJobRun, and GetJobRun to tell a run that has ended, on the deployment's jobs."""
        from extract_glue.rights import stop_statements

        return stop_statements(target)

    def local_command(self, arguments: Mapping[str, Json]) -> LocalCommand:
        """The reference extract job with the run's Arguments."""
        from extract_glue.local import local_command

        return local_command(arguments)

    def local_answer(self, arguments: Mapping[str, Json], ended: LocalExit) -> Outcome:
        """A JobRun, as Glue describes one."""
        from extract_glue.local import local_answer

        return local_answer(arguments, ended)
