"""The job type emr_eks: one Spark job run per table, by emr-containers:startJobRun.sync."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from extract_core import FailureClass, Retry, Statement
from extract_core.parsing.asking import answer, client, stopped
from extract_core.parsing.payload import text
from extract_emr.eks.reasons import by_details
from extract_emr.fields_of_spark import SPARK_NAMES
from extract_emr.job_run import JobRun
from extract_emr.logs import folder, log_tail, logging_to, newest_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from extract_core import JobStatus, Json, TableRun, Target
    from extract_core.parsing.verdicts import Verdict
    from extract_core.sync_job.local_end import LocalEnd
    from extract_emr.eks.settings import EksDeployment, EksSettings

_RUNS: Final = "/virtualclusters/{virtual_cluster_id}/jobruns/*"


class EmrEks(JobRun["EksSettings", "EksDeployment"]):
    """Amazon EMR on EKS: Spark on a virtual cluster that is there."""

    name = "emr_eks"
    title = "EMR on EKS"
    api_version = 1
    settings_model = "extract_emr.eks.settings:EksSettings"
    deployment_model = "extract_emr.eks.settings:EksDeployment"

    shares = True
    start_seconds = 60  # an estimate: pods of the driver and the executors

    resource = "emr-containers:startJobRun.sync"
    comment = "Runs the table's job on EMR on EKS and waits for its end"
    named: ClassVar = {"virtual_cluster_id": "virtual cluster"}
    service_names: ClassVar = {"VirtualClusterId": "virtual_cluster_id", **SPARK_NAMES}
    # A run has no time limit: the state's cancels it. Step Functions asks for its state every 60 seconds for 10 minutes, then
    # every 300.
    margin_seconds = 600
    rights: ClassVar = {_RUNS: ("emr-containers:CancelJobRun", "emr-containers:DescribeJobRun")}
    stop_rights: ClassVar = {_RUNS: ("emr-containers:CancelJobRun",)}
    diagnose_rights: ClassVar = {_RUNS: ("emr-containers:DescribeJobRun",)}

    id_member = "Id"
    known_by = ("Id", "VirtualClusterId")
    succeeded = "COMPLETED"  # botocore: emr-containers, JobRunState
    failures: ClassVar = {"FAILED": None, "CANCELLED": FailureClass.STOPPED}
    not_ends = frozenset({"PENDING", "SUBMITTED", "RUNNING", "CANCEL_PENDING"})
    started_members = ("CreatedAt",)
    ended_members = ("FinishedAt",)
    log_path = "{}/jobs/"

    throttled = "EMRContainers.ThrottlingException"

    def request(self, deployment: EksDeployment) -> dict[str, Json]:
        """StartJobRun's members."""
        return {
            "VirtualClusterId.$": "$.arguments.virtual_cluster_id",
            "Name.$": "$.arguments.name",
            "ExecutionRoleArn": deployment.execution_role_arn,
            "ReleaseLabel": deployment.release_label,
            "JobDriver": {"SparkSubmitJobDriver.$": "$.arguments.spark_submit"},
            **logging_to(deployment.log_uri),
        }

    def arguments(self, table: TableRun[EksDeployment], settings: EksSettings) -> Mapping[str, Json]:
        """StartJobRun's members.

        ValueError for a virtual cluster outside the deployment, a missing script, and what would not reach the driver unchanged.
        """
        from extract_emr.arguments import spark_submit
        from extract_emr.eks.job import LIMITS, job_name, spark_options
        from extract_emr.script import script_uri

        cluster = self.chosen("virtual_cluster_id", settings, table.deployment)
        script = script_uri(self.name, settings.script, settings.script_name, table.deployment.scripts_uri)
        return {
            "virtual_cluster_id": cluster,
            "name": job_name(table.source, table.table, table.run_id, table.attempt),
            "spark_submit": spark_submit(script, table.job_arguments, spark_options(settings), LIMITS),
        }

    def permissions(self, target: Target[EksDeployment]) -> Iterable[Statement]:
        """Starting is allowed with the deployment's role alone."""
        clusters = self.allowed("virtual_cluster_id", target.deployment)
        yield Statement(
            actions=("emr-containers:StartJobRun",),
            resources=tuple(target.arn("emr-containers", f"/virtualclusters/{cluster}") for cluster in clusters),
            condition={"StringEquals": {"emr-containers:ExecutionRoleArn": target.deployment.execution_role_arn}},
        )
        yield from super().permissions(target)

    def start_retries(self) -> Iterable[Retry]:
        """Throttles: no job run was made. An internal error, after which a run may be there, is not retried.

        The service's base exception is named after its SDK's; it was not seen recorded.
        """
        throttles = ("EMRContainers.AmazonEMRContainersException", "EMRContainers.ThrottlingException")
        yield Retry(errors=throttles, interval_seconds=5, max_attempts=6, max_delay_seconds=60)

    def bigger(self, settings: EksSettings, status: JobStatus) -> EksSettings:  # noqa: ARG002
        """Twice the memory of executors and driver."""
        from extract_emr.eks.job import bigger

        return bigger(settings)

    def failure(self, state: str, job: Mapping[str, Json], reason: str | None) -> FailureClass | Verdict:
        """FAILED by FailureReason and the words of the details."""
        if state != "FAILED":
            return super().failure(state, job, reason)
        by_service = text(job, "FailureReason") or (reason or "").partition(":")[0]
        return by_details(by_service, reason) or super().failure(state, job, reason)

    def describe(self, aws: object, key: Sequence[str]) -> Json:
        """DescribeJobRun."""
        return answer(aws, "emr-containers", "describe_job_run", virtualClusterId=key[0], id=key[1])

    def logs(self, aws: object, key: Sequence[str], job: Mapping[str, Json]) -> Iterable[str | None]:
        """The end of the driver's stderr: its folder is named after the Spark application, which only S3 knows."""
        if place := folder(self.log_folder(job, key)):
            log_key = newest_key(aws, place[0], f"{place[1]}containers/", "-driver/stderr.gz")
            yield log_tail(aws, f"s3://{place[0]}/{log_key}" if log_key else None)

    def diagnose_permissions(self, target: Target[EksDeployment]) -> Iterable[Statement]:
        """And the list of the log folder: the folder of the driver's has to be looked for."""
        yield from super().diagnose_permissions(target)
        if place := folder(target.deployment.log_uri):
            clusters = self.allowed("virtual_cluster_id", target.deployment)
            condition = {"StringLike": {"s3:prefix": [f"{place[1]}{cluster}/jobs/*" for cluster in clusters]}}
            bucket = f"arn:{target.partition}:s3:::{place[0]}"
            yield Statement(actions=("s3:ListBucket",), resources=(bucket,), condition=condition)

    def stop_job(self, aws: object, key: Sequence[str]) -> None:
        """CancelJobRun."""
        containers = client(aws, "emr-containers")
        gone = ("ResourceNotFoundException", "ValidationException")
        stopped(lambda: containers.cancel_job_run(virtualClusterId=key[0], id=key[1]), ended=gone)

    def local_result(self, arguments: Mapping[str, Json], end: LocalEnd) -> dict[str, Json]:
        """A JobRun, in its envelope."""
        run = super().local_result(arguments, end)
        run |= {
            "VirtualClusterId": arguments["virtual_cluster_id"],
            "FailureReason": "USER_ERROR" if end.state == "FAILED" else "",
        }
        return {"JobRun": run | {"JobDriver": {"SparkSubmitJobDriver": arguments["spark_submit"]}}}
