"""The job type emr: one step per table on a running EMR cluster, by elasticmapreduce:addStep.sync."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from extract_core import FailureClass, Retry, SyncJob
from extract_core.parsing.asking import answer
from extract_core.parsing.payload import member, text
from extract_emr import logs
from extract_emr.fields_of_spark import SPARK_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from extract_core import JobStatus, Json, Outcome, Statement, TableRun, Target
    from extract_core.parsing.verdicts import Verdict
    from extract_core.sync_job.local_end import LocalEnd
    from extract_emr.settings import EmrDeployment, EmrSettings

_CLUSTERS: Final = "cluster/{cluster_id}"
_NOTHING_SAID: Final = "Unknown Error"  # FailureDetails.Reason where EMR found no cause (EMR API reference, FailureDetails)


class Emr(SyncJob["EmrSettings", "EmrDeployment"]):
    """Amazon EMR on EC2: Spark steps on a cluster that is there.

    Success and failure are DescribeStep's answer ``{"Step": ...}`` (by pattern; not recorded); the bare Step reads the same.
    """

    name = "emr"
    title = "EMR"
    api_version = 1
    requires_contract = "1.2"
    settings_model = "extract_emr.settings:EmrSettings"
    deployment_model = "extract_emr.settings:EmrDeployment"

    shares = True
    start_seconds = 30  # an estimate: a step of a cluster that runs, and its Spark application

    resource = "elasticmapreduce:addStep.sync"
    comment = "Adds the table's step to the EMR cluster and waits for its end"
    named: ClassVar = {"cluster_id": "cluster"}
    service_names: ClassVar = {"ClusterId": "cluster_id", "JobFlowId": "cluster_id", **SPARK_NAMES}
    unread_arguments = ("script",)  # local_argv looks for the job's arguments behind it
    # EMR has no time limit for a step: the state's is the only one. Step Functions asks for a step's state every 60 seconds for
    # 10 minutes, then every 300.
    margin_seconds = 600
    rights: ClassVar = {
        _CLUSTERS: ("elasticmapreduce:AddJobFlowSteps", "elasticmapreduce:CancelSteps", "elasticmapreduce:DescribeStep")
    }
    # The rule was dropped from the guide's policy; older machines still ask for it. Its name says GetEvent, singular.
    event_rule = "StepFunctionsGetEventForEMRAddJobFlowStepsRule"
    stop_rights: ClassVar = {_CLUSTERS: ("elasticmapreduce:CancelSteps", "elasticmapreduce:DescribeStep")}
    diagnose_rights: ClassVar = {_CLUSTERS: ("elasticmapreduce:DescribeCluster", "elasticmapreduce:DescribeStep")}

    job_word = "step"
    wrappers = ("Step",)
    id_member = "Id"
    known_by = ("State",)
    state_member = "State"
    succeeded = "COMPLETED"
    failures: ClassVar = {
        "FAILED": None,
        "CANCELLED": FailureClass.STOPPED,  # by CancelSteps: a person, or Step Functions after an abort
        "INTERRUPTED": FailureClass.INTERRUPTED,  # its cluster ended while it ran
    }
    not_ends = frozenset({"PENDING", "RUNNING", "CANCEL_PENDING"})
    reason_members = ("Reason", "Message", "Change")
    started_members = ("StartDateTime",)
    ended_members = ("EndDateTime",)

    throttled = "ElasticMapReduce.AmazonElasticMapReduceException"
    local_ends: ClassVar = {
        "oom": ("FAILED", "Container killed by YARN for exceeding memory limits. 5.6 GB of 5.5 GB physical memory used"),
        "interrupt": (
            "FAILED",
            "Container marked as failed. Exit status: -100. Diagnostics: Container released on a *lost* node",
        ),
    }

    def request(self, deployment: EmrDeployment) -> dict[str, Json]:
        """A failed step never ends the cluster: on one that runs steps in parallel EMR takes CONTINUE alone."""
        from extract_emr.step import JAR

        members: dict[str, Json] = {
            "ClusterId.$": "$.arguments.cluster_id",
            "Step": {
                "Name.$": "$.arguments.name",
                "ActionOnFailure": "CONTINUE",
                "HadoopJarStep": {"Jar": JAR, "Args.$": "$.arguments.args"},
            },
        }
        if deployment.execution_role_arn:
            members["ExecutionRoleArn"] = deployment.execution_role_arn
        return members

    def arguments(self, table: TableRun[EmrDeployment], settings: EmrSettings) -> Mapping[str, Json]:
        """The cluster, the step's name and Args; `script` says where in Args the job's own arguments begin.

        ValueError for a cluster outside the deployment, a missing script, a value that YARN would change, over 10,240 characters.
        """
        from extract_emr.script import script_uri
        from extract_emr.step import step_args, step_name

        cluster_id = self.chosen("cluster_id", settings, table.deployment)
        script = script_uri(self.name, settings.script, settings.script_name, table.deployment.scripts_uri)
        return {
            "cluster_id": cluster_id,
            "name": step_name(table.source, table.table, table.run_id, table.attempt),
            "script": script,
            "args": step_args(script, settings, table.job_arguments),
        }

    def start_retries(self) -> Iterable[Retry]:
        """Throttles and a full cluster (256 steps): no step was added.

        AddJobFlowSteps has no client token: InternalServerError, after which a step may be there, is not retried. The names
        follow the pattern of the other services' recorded ones; EMR's were not seen recorded.
        """
        yield Retry(errors=("ElasticMapReduce.AmazonElasticMapReduceException", "ElasticMapReduce.ThrottlingException"))

    def bigger(self, settings: EmrSettings, status: JobStatus) -> EmrSettings | None:
        """Twice the memory of executors and driver, or fewer tasks at once in an executor."""
        from extract_emr.sizes import bigger

        return bigger(settings, status)

    def job_in(self, answer: Json) -> Mapping[str, Json]:
        """The members of a step that are read, in one object: a Step nests them, and addStep's answer calls the id StepId."""
        step = super().job_in(answer)
        status = member(step, "Status")
        timeline, details = member(status, "Timeline"), member(status, "FailureDetails")
        members: dict[str, Json] = {
            "Id": text(step, "StepId") or text(step, "Id"),
            "State": text(status, "State"),
            "Change": text(status, "StateChangeReason", "Message"),
            **{name: member(timeline, name) for name in ("StartDateTime", "EndDateTime")},
            **{name: text(details, name) for name in ("Reason", "Message", "LogFile")},
        }
        return {name: value for name, value in members.items() if value is not None}

    def failure(self, state: str, job: Mapping[str, Json], reason: str | None) -> FailureClass | Verdict:
        """FAILED by the words of the reason. EMR often finds none just after the failure (apache/airflow#32151)."""
        return FailureClass.UNKNOWN if reason == _NOTHING_SAID else super().failure(state, job, reason)

    def status(self, outcome: Outcome) -> JobStatus:
        """The message also names the step's log, if EMR does."""
        status = super().status(outcome)
        return (
            replace(status, message=f"{status.message} (log: {status.log_url})") if status.message and status.log_url else status
        )

    def log_url(self, job: Mapping[str, Json]) -> str | None:
        """The step's stderr in S3."""
        return text(job, "LogFile")

    def key(self, job: Mapping[str, Json], arguments: Json, deployment: EmrDeployment) -> Sequence[str | None]:  # noqa: ARG002
        """Cluster, which only the item holds, and step id."""
        return text(arguments, "cluster_id"), text(job, "Id")

    def describe(self, aws: object, key: Sequence[str]) -> Json:
        """DescribeStep."""
        return answer(aws, "emr", "describe_step", ClusterId=key[0], StepId=key[1])

    def logs(self, aws: object, key: Sequence[str], job: Mapping[str, Json]) -> Iterable[str | None]:
        """The end of the step's stderr."""
        yield logs.log_tail(aws, text(job, "LogFile") or logs.stderr_of_step(aws, *key))

    def diagnose_permissions(self, target: Target[EmrDeployment]) -> Iterable[Statement]:
        """And the logs below log_uri."""
        yield from super().diagnose_permissions(target)
        clusters = self.allowed("cluster_id", target.deployment)
        yield from logs.read_logs(target, target.deployment.log_uri, [f"{cluster}/steps/" for cluster in clusters])

    def stop_job(self, aws: object, key: Sequence[str]) -> None:
        """CancelSteps."""
        from extract_emr.stopping import cancel_step

        cancel_step(aws, *key)

    def local_argv(self, arguments: Mapping[str, Json]) -> Json:
        """What stands after the script in Args: spark-submit gives a script the same argv."""
        args, script = arguments["args"], arguments["script"]
        return args[args.index(script) + 1 :] if isinstance(args, list | tuple) else None

    def local_script(self, arguments: Mapping[str, Json]) -> str | None:
        """The step's script."""
        return text(arguments, "script")

    def local_result(self, arguments: Mapping[str, Json], end: LocalEnd) -> Mapping[str, Json]:
        """A Step. On AWS FailureDetails.Message is a line of the log, if EMR found one; here it holds the job's last words."""
        timeline: dict[str, Json] = {"CreationDateTime": end.began, "StartDateTime": end.began, "EndDateTime": end.ended}
        status: dict[str, Json] = {"State": end.state, "StateChangeReason": {}, "Timeline": timeline}
        if end.reason:
            status["FailureDetails"] = {"Reason": _NOTHING_SAID, "Message": end.reason}
        return {"Step": {"Id": f"s-LOCAL{end.number[:13].upper()}", "Name": arguments["name"], "Status": status}}
