"""The job type glue: one Glue job run per table, by glue:startJobRun.sync."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final
from urllib.parse import quote

from extract_core import Retry, SyncJob
from extract_core.parsing.asking import answer, log_tail
from extract_core.parsing.payload import number, text
from extract_glue import status
from extract_glue.run_arguments import OF_GLUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from extract_core import FailureClass, JobStatus, Json, Resource, TableRun, Target
    from extract_core.parsing.verdicts import Verdict
    from extract_core.sync_job.local_end import LocalEnd
    from extract_glue.settings import GlueDeployment, GlueSettings

_LOCAL: Final = "jr_local_"
_JOBS: Final = "job/{job_name}"
_LOG_GROUP: Final = "/aws-glue/jobs"
"""Where a Spark job's logs are unless its run names another group (Glue API reference, JobRun.LogGroupName)."""


class Glue(SyncJob["GlueSettings", "GlueDeployment"]):
    """AWS Glue: Spark jobs sized by worker type and number."""

    name = "glue"
    title = "Glue"
    api_version = 1
    requires_contract = "1.2"
    settings_model = "extract_glue.settings:GlueSettings"
    deployment_model = "extract_glue.settings:GlueDeployment"

    service_arguments = OF_GLUE
    service_names: ClassVar = {
        **dict.fromkeys(("NumberOfWorkers", "MaxCapacity", "AllocatedCapacity"), "worker_no"),
        "Timeout": "timeout_minutes",
        "JobName": "job_name",
        "WorkerType": "worker_type",
        "ExecutionClass": "execution_class",
    }
    shares = True
    start_seconds = 60  # "start up in under 1 minute" (AWS News Blog, "AWS Glue version 2.0", 2020)

    resource = "glue:startJobRun.sync"
    comment = "Runs the table's Glue job and waits for its end"
    named: ClassVar = {"job_name": "Glue job"}
    margin_seconds = 600  # start-up, and the minute that Glue takes to end a run over its limit
    rights: ClassVar = {_JOBS: ("glue:BatchStopJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:StartJobRun")}
    stop_rights: ClassVar = {_JOBS: ("glue:BatchStopJobRun", "glue:GetJobRun")}
    # A job with a security configuration logs to a group whose name goes on (/aws-glue/jobs-...). Another log group
    # (--custom-logGroup-prefix) needs a statement of the user.
    diagnose_rights: ClassVar = {
        _JOBS: ("glue:GetJobRun",),
        f"log-group:{_LOG_GROUP}*:log-stream:*": ("logs:GetLogEvents",),
    }

    job_word = "job run"
    wrappers = ("JobRun",)
    id_member = "Id"
    known_by = ("JobRunState",)
    state_member = "JobRunState"
    succeeded = "SUCCEEDED"
    failures = status.FAILURES
    not_ends = status.NOT_ENDS
    reason_members = ("ErrorMessage",)
    started_members = ("StartedOn",)
    ended_members = ("CompletedOn",)

    throttled = "Glue.AWSGlueException"
    local_ends: ClassVar = {
        "oom": ("FAILED", "Command Failed due to Out of Memory"),
        "interrupt": ("FAILED", "ExecutorLostFailure: Exit status: -100. Diagnostics: Container released on a *lost* node"),
    }

    def request(self, deployment: GlueDeployment) -> dict[str, Json]:
        """Worker type and number are set for every table, MaxCapacity never: StartJobRun takes one or the other."""
        members: dict[str, Json] = {
            "JobName.$": "$.arguments.job_name",
            "Arguments.$": "$.arguments.arguments",
            "WorkerType.$": "$.arguments.worker_type",
            "NumberOfWorkers.$": "$.arguments.number_of_workers",
            "Timeout.$": "$.arguments.timeout",
            "ExecutionClass.$": "$.arguments.execution_class",
            "JobRunQueuingEnabled": deployment.job_run_queuing,
        }
        if deployment.security_configuration:
            members["SecurityConfiguration"] = deployment.security_configuration
        return members

    def arguments(self, table: TableRun[GlueDeployment], settings: GlueSettings) -> Mapping[str, Json]:
        """StartJobRun's members; `timeout` in minutes.

        ValueError for a job outside the deployment, a name that Glue reserves, and arguments that are too long.
        """
        from extract_glue.run_arguments import run_arguments

        return {
            "job_name": self.chosen("job_name", settings, table.deployment),
            "arguments": run_arguments(table.job_arguments),
            "worker_type": settings.worker_type,
            "number_of_workers": settings.worker_no,
            "timeout": settings.timeout_minutes,
            "execution_class": settings.execution_class,
        }

    def infrastructure(self, target: Target[GlueDeployment]) -> Mapping[str, Resource]:
        """With ``managed``: the job, its role, a connection into a VPC."""
        from extract_glue.managed import infrastructure

        return infrastructure(target, target.deployment.managed) if target.deployment.managed else {}

    def start_retries(self) -> Iterable[Retry]:
        """Refusals: no run was started.

        StartJobRun has no client token: an error after which a run may be there (InternalServiceException,
        OperationTimeoutException) is not retried. Glue.AWSGlueException is a throttle, or a code not modelled: a few short tries.
        """
        yield Retry(errors=("Glue.ConcurrentRunsExceededException", "Glue.ResourceNumberLimitExceededException"))
        throttles = ("Glue.AWSGlueException", "Glue.ThrottlingException")
        yield Retry(errors=throttles, interval_seconds=5, max_attempts=6, max_delay_seconds=60)

    def bigger(self, settings: GlueSettings, status: JobStatus) -> GlueSettings:  # noqa: ARG002 - by size
        """The next worker type; from the biggest one, twice the workers."""
        from extract_glue.sizes import bigger

        return bigger(settings)

    def minute_cost(self, settings: GlueSettings) -> Mapping[str, float]:
        """DPU-seconds; Glue bills per second, and a minute at least (https://aws.amazon.com/glue/pricing/)."""
        from extract_glue.sizes import dpus

        return {"dpu_seconds": 60 * dpus(settings.worker_type) * settings.worker_no}

    def reason(self, job: Mapping[str, Json]) -> str | None:
        """ErrorMessage, or StateDetail."""
        return text(job, "ErrorMessage") or text(job, "StateDetail")

    def failure(self, state: str, job: Mapping[str, Json], reason: str | None) -> FailureClass | Verdict:
        """FAILED and ERROR by the words of the reason."""
        return status.by_reason(state, reason) or super().failure(state, job, reason)

    def log_url(self, job: Mapping[str, Json]) -> str | None:
        """The run's page in the Glue console: job name and run id are in the payload, the Region is the console's own."""
        name, run_id = text(job, "JobName"), text(job, "Id")
        if not name or not run_id or run_id.startswith(_LOCAL):
            return None
        return f"https://console.aws.amazon.com/gluestudio/home#/job/{quote(name, safe='')}/run/{quote(run_id, safe='')}"

    def cost_basis(self, job: Mapping[str, Json]) -> Mapping[str, float] | None:
        """DPUSeconds where Glue gives them (FLEX, auto scaling); else MaxCapacity (in DPUs) times ExecutionTime (in seconds)."""
        capacity, seconds = number(job, "MaxCapacity"), number(job, "ExecutionTime")
        product = None if capacity is None or seconds is None else capacity * seconds
        dpu_seconds = number(job, "DPUSeconds")
        dpu_seconds = product if dpu_seconds is None else dpu_seconds
        return None if dpu_seconds is None else {"dpu_seconds": dpu_seconds}

    def key(self, job: Mapping[str, Json], arguments: Json, deployment: GlueDeployment) -> Sequence[str | None]:  # noqa: ARG002
        """Job name and run id: StartJobRun's answer calls the id JobRunId, a JobRun calls it Id."""
        return text(job, "JobName") or text(arguments, "job_name"), text(job, "JobRunId") or text(job, "Id")

    def describe(self, aws: object, key: Sequence[str]) -> Json:
        """GetJobRun."""
        return answer(aws, "glue", "get_job_run", JobName=key[0], RunId=key[1])

    def logs(self, aws: object, key: Sequence[str], job: Mapping[str, Json]) -> Iterable[str | None]:
        """The end of the run's error log."""
        group = text(job, "LogGroupName") or _LOG_GROUP
        tail = log_tail(aws, f"{group}/error", key[1])
        yield f"last lines of {group}/error {key[1]}:\n{tail}" if tail else None

    def stop_job(self, aws: object, key: Sequence[str]) -> None:
        """BatchStopJobRun."""
        from extract_glue.stopping import stop_run

        stop_run(aws, *key)

    def local_argv(self, arguments: Mapping[str, Json]) -> Json:
        """The run's Arguments: a Glue job gets the same ones in its argv."""
        return arguments["arguments"]

    def local_seconds(self, arguments: Mapping[str, Json]) -> float | None:
        """The time limit of the run."""
        return 60 * float(str(arguments["timeout"]))

    def local_result(self, arguments: Mapping[str, Json], end: LocalEnd) -> Mapping[str, Json]:
        """A JobRun. Its ErrorMessage holds the job's last words: Glue puts the exception there too."""
        from extract_glue.sizes import dpus

        run: dict[str, Json] = {
            "Arguments": arguments["arguments"],
            "CompletedOn": end.ended,
            "ExecutionClass": arguments["execution_class"],
            "ExecutionTime": round((end.ended - end.began) / 1000),
            "Id": f"{_LOCAL}{end.number}",
            "JobName": arguments["job_name"],
            "JobRunState": end.state,
            "MaxCapacity": dpus(str(arguments["worker_type"])) * (number(arguments, "number_of_workers") or 0),
            "NumberOfWorkers": arguments["number_of_workers"],
            "StartedOn": end.began,
            "Timeout": arguments["timeout"],
            "WorkerType": arguments["worker_type"],
        }
        return run | ({"ErrorMessage": end.reason} if end.reason else {})
