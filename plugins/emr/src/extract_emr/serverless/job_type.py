"""The job type emr_serverless: one Spark job run per table, by emr-serverless:startJobRun.sync."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, ClassVar, Final

from extract_core import FailureClass, Retry
from extract_core.parsing.asking import answer, client, stopped
from extract_core.parsing.payload import member, number
from extract_emr.fields_of_spark import SPARK_NAMES
from extract_emr.job_run import JobRun
from extract_emr.logs import log_tail, logging_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from extract_core import JobStatus, Json, Resource, TableRun, Target
    from extract_core.parsing.verdicts import Verdict
    from extract_core.sync_job.local_end import LocalEnd
    from extract_emr.serverless.settings import ServerlessDeployment, ServerlessSettings

_APPLICATIONS: Final = "/applications/{application_id}"
_RUNS: Final = f"{_APPLICATIONS}/jobruns/*"
_TOOK_TOO_LONG: Final = re.compile(r"time[d -]{0,2}out|exceeded .{0,60}(?:duration|time limit)", re.IGNORECASE)
_GONE: Final = ("ResourceNotFoundException", "ConflictException", "ValidationException")


class EmrServerless(JobRun["ServerlessSettings", "ServerlessDeployment"]):
    """Amazon EMR Serverless: Spark on an application that is there."""

    name = "emr_serverless"
    title = "EMR Serverless"
    api_version = 1
    settings_model = "extract_emr.serverless.settings:ServerlessSettings"
    deployment_model = "extract_emr.serverless.settings:ServerlessDeployment"

    shares = True
    start_seconds = 30  # an estimate: workers of an application that is started, without pre-initialised capacity

    resource = "emr-serverless:startJobRun.sync"
    comment = "Runs the table's job on EMR Serverless and waits for its end"
    named: ClassVar = {"application_id": "application"}
    service_names: ClassVar = {
        "ApplicationId": "application_id",
        "ExecutionTimeoutMinutes": "timeout_minutes",
        "spark.driver.cores": "driver_cores",
        **SPARK_NAMES,
    }
    margin_seconds = 900  # the application's start, workers, and the minutes until the end is seen
    rights: ClassVar = {
        _APPLICATIONS: ("emr-serverless:StartJobRun",),
        _RUNS: ("emr-serverless:CancelJobRun", "emr-serverless:GetJobRun"),
    }
    role_service = "emr-serverless.amazonaws.com"
    event_rule = "StepFunctionsGetEventsForEMRServerlessJobRule"
    stop_rights: ClassVar = {_RUNS: ("emr-serverless:CancelJobRun",)}
    diagnose_rights: ClassVar = {_RUNS: ("emr-serverless:GetJobRun",)}

    id_member = "JobRunId"
    known_by = ("JobRunId", "ApplicationId")
    succeeded = "SUCCESS"  # not SUCCEEDED (botocore: JobRunState)
    failures: ClassVar = {"FAILED": None, "CANCELLED": FailureClass.STOPPED}
    not_ends = frozenset({"SUBMITTED", "PENDING", "SCHEDULED", "RUNNING", "CANCELLING", "QUEUED"})
    started_members = ("StartedAt", "CreatedAt")
    ended_members = ("EndedAt",)
    log_path = "applications/{}/jobs/"

    throttled = "EMRServerless.ThrottlingException"
    local_ends: ClassVar = {**JobRun.local_ends, "timeout": ("CANCELLED", "Job run timed out")}

    def request(self, deployment: ServerlessDeployment) -> dict[str, Json]:
        """SparkSubmit is read whole, so its optional member may be absent."""
        return {
            "ApplicationId.$": "$.arguments.application_id",
            "ExecutionRoleArn": deployment.execution_role_arn,
            "Name.$": "$.arguments.name",
            "ExecutionTimeoutMinutes.$": "$.arguments.timeout",
            "JobDriver": {"SparkSubmit.$": "$.arguments.spark_submit"},
            **logging_to(deployment.log_uri),
        }

    def arguments(self, table: TableRun[ServerlessDeployment], settings: ServerlessSettings) -> Mapping[str, Json]:
        """StartJobRun's members; `timeout` in minutes.

        ValueError for an application outside the deployment, a missing script, and what the service would refuse.
        """
        from extract_emr.arguments import spark_submit
        from extract_emr.script import script_uri
        from extract_emr.serverless.job import LIMITS, spark_options
        from extract_emr.step import step_name

        application_id = self.chosen("application_id", settings, table.deployment)
        script = script_uri(self.name, settings.script, settings.script_name, table.deployment.scripts_uri)
        return {
            "application_id": application_id,
            "name": step_name(table.source, table.table, table.run_id, table.attempt),
            "timeout": settings.timeout_minutes,
            "spark_submit": spark_submit(script, table.job_arguments, spark_options(settings), LIMITS),
        }

    def roles(self, deployment: ServerlessDeployment) -> Sequence[str]:
        """The runtime role."""
        return (deployment.execution_role_arn,)

    def infrastructure(self, target: Target[ServerlessDeployment]) -> Mapping[str, Resource]:
        """With ``managed``: the application and its runtime role."""
        from extract_emr.serverless.managed import infrastructure

        return infrastructure(target, target.deployment.managed) if target.deployment.managed else {}

    def start_retries(self) -> Iterable[Retry]:
        """Throttles and quotas: no job run was made. An internal error, after which a run may be there, is not retried.

        ``EMRServerless.ValidationException`` was seen on AWS (vivekaradshan/upgrade-regression-test-agent), so the prefix is
        right; the service's base exception is named after its SDK's and was not seen recorded.
        """
        yield Retry(errors=("EMRServerless.ServiceQuotaExceededException",))
        throttles = ("EMRServerless.AWSEMRServerlessException", "EMRServerless.ThrottlingException")
        yield Retry(errors=throttles, interval_seconds=5, max_attempts=6, max_delay_seconds=60)

    def bigger(self, settings: ServerlessSettings, status: JobStatus) -> ServerlessSettings | None:  # noqa: ARG002
        """Twice the memory of executors and driver, with the vCPUs that workers of that size have."""
        from extract_emr.serverless.sizes import bigger

        return bigger(settings)

    def failure(self, state: str, job: Mapping[str, Json], reason: str | None) -> FailureClass | Verdict:
        """CANCELLED is said after CancelJobRun, and by the service of a run over its ExecutionTimeoutMinutes."""
        minutes, seconds = number(job, "ExecutionTimeoutMinutes"), number(job, "TotalExecutionDurationSeconds")
        used_all = bool(minutes) and seconds is not None and seconds >= (minutes or 0) * 60
        if state == "CANCELLED" and (used_all or _TOOK_TOO_LONG.search(reason or "")):
            return FailureClass.TIMEOUT
        return super().failure(state, job, reason)

    def cost_basis(self, job: Mapping[str, Json]) -> Mapping[str, float] | None:
        """What is billed; before the bill is made up, what was used."""
        used = member(job, "BilledResourceUtilization") or member(job, "TotalResourceUtilization")
        units = {"vcpu_hours": "VCPUHour", "memory_gb_hours": "MemoryGBHour", "storage_gb_hours": "StorageGBHour"}
        amounts = {unit: number(used, name) for unit, name in units.items()}
        return {unit: amount for unit, amount in amounts.items() if amount is not None} or None

    def minute_cost(self, settings: ServerlessSettings) -> Mapping[str, float]:
        """The driver and one executor, the least of a Spark job; a worker is billed for a minute at least.

        (https://aws.amazon.com/emr/pricing/, "Amazon EMR Serverless".) 4 vCPUs and 16 GB are the defaults of a worker.
        """
        from extract_emr.memory import mebibytes, with_overhead

        cores = (settings.driver_cores or 4) + (settings.executor_cores or 4)
        sizes = (mebibytes(memory or "14g") or 0 for memory in (settings.driver_memory, settings.executor_memory))
        gigabytes = sum(math.ceil(with_overhead(size) / 1024) for size in sizes)
        return {"vcpu_hours": cores / 60, "memory_gb_hours": gigabytes / 60}

    def describe(self, aws: object, key: Sequence[str]) -> Json:
        """GetJobRun."""
        return answer(aws, "emr-serverless", "get_job_run", applicationId=key[0], jobRunId=key[1])

    def logs(self, aws: object, key: Sequence[str], job: Mapping[str, Json]) -> Iterable[str | None]:
        """The ends of the driver's logs.

        Python's own traceback may be in stdout, with a clean end in stderr: an error while Spark starts was seen to (the log
        handler of vivekaradshan/upgrade-regression-test-agent).
        """
        folder = self.log_folder(job, key)
        return (log_tail(aws, f"{folder}SPARK_DRIVER/{name}.gz") for name in ("stderr", "stdout") if folder)

    def stop_job(self, aws: object, key: Sequence[str]) -> None:
        """CancelJobRun."""
        serverless = client(aws, "emr-serverless")
        stopped(lambda: serverless.cancel_job_run(applicationId=key[0], jobRunId=key[1]), ended=_GONE)

    def local_seconds(self, arguments: Mapping[str, Json]) -> float | None:
        """The time limit of the run."""
        return 60 * float(str(arguments["timeout"]))

    def local_result(self, arguments: Mapping[str, Json], end: LocalEnd) -> dict[str, Json]:
        """A JobRun."""
        return {
            **super().local_result(arguments, end),
            "ApplicationId": arguments["application_id"],
            "JobDriver": {"SparkSubmit": arguments["spark_submit"]},
            "ExecutionTimeoutMinutes": arguments["timeout"],
            "TotalExecutionDurationSeconds": round((end.ended - end.began) / 1000),
        }
