"""The job type emr: one step a table on a running EMR cluster, by elasticmapreduce:addStep.sync."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from extract_core import Branch, JobType, Retry, Statement
from extract_core.registry.routing import start_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extract_core import JobStatus, Json, LocalCommand, LocalExit, Outcome, TableRun, Target
    from extract_emr.settings import EmrDeployment, EmrSettings

_MARGIN_SECONDS: Final = 600
"""Step Functions asks a step's state every 60 seconds for 10 minutes, then every 300: an end is seen up to 5 minutes late."""


class Emr(JobType["EmrSettings", "EmrDeployment"]):
    """Amazon EMR on EC2: Spark steps on a cluster that is there."""

    name: ClassVar[str] = "emr"
    title: ClassVar[str] = "EMR"
    api_version: ClassVar[int] = 1

    def settings(self) -> type[EmrSettings]:
        """One table's settings."""
        from extract_emr.settings import EmrSettings

        return EmrSettings

    def deployment(self) -> type[EmrDeployment]:
        """``[job_types.emr]``."""
        from extract_emr.settings import EmrDeployment

        return EmrDeployment

    def branch(self, target: Target[EmrDeployment]) -> Branch:
        """One Task. A failed step never ends the cluster: on one that runs steps in parallel EMR takes CONTINUE alone."""
        from extract_emr.step import JAR

        parameters: dict[str, Json] = {
            "ClusterId.$": "$.arguments.cluster_id",
            "Step": {
                "Name.$": "$.arguments.name",
                "ActionOnFailure": "CONTINUE",
                "HadoopJarStep": {"Jar": JAR, "Args.$": "$.arguments.args"},
            },
        }
        if target.deployment.execution_role_arn:
            parameters["ExecutionRoleArn"] = target.deployment.execution_role_arn
        state = start_state(self.title)
        task: dict[str, Json] = {
            "Type": "Task",
            "Comment": "Adds the table's step to the EMR cluster and waits for its end",
            "Resource": f"arn:{target.partition}:states:::elasticmapreduce:addStep.sync",
            "Parameters": parameters,
            "ResultPath": "$.job_result",
        }
        return Branch(start=state, states={state: task}, job_state=state)

    def arguments(self, table: TableRun[EmrDeployment], settings: EmrSettings) -> Mapping[str, Json]:
        """The cluster, the step's name and Args; `script` says where in Args the job's own arguments begin.

        ValueError for a cluster outside the deployment, a script nowhere, a value that YARN would change, over 10,240 characters.
        """
        from extract_emr.chosen import chosen
        from extract_emr.script import script_uri
        from extract_emr.step import step_args, step_name

        place, allowed = settings.cluster_id or table.deployment.cluster_id, table.deployment.allowed()
        cluster_id = chosen(place, allowed, what="cluster", keys="cluster_ids", job_type=self.name)
        script = script_uri(self.name, settings.script, settings.script_name, table.deployment.scripts_uri)
        return {
            "cluster_id": cluster_id,
            "name": step_name(table.source_name, table.table, table.run_id, table.attempt),
            "script": script,
            "args": step_args(script, settings, table.job_arguments),
        }

    def status(self, outcome: Outcome) -> JobStatus:
        """What EMR's Step, or the error, means. SUCCEEDED only for the state COMPLETED."""
        from extract_emr.status import status

        return status(outcome)

    def permissions(self, target: Target[EmrDeployment]) -> Iterable[Statement]:
        """The three actions of the .sync pair on the deployment's clusters.

        The event rule was dropped from the guide's policy, older machines ask for it still: its name says GetEvent, singular.
        """
        from extract_emr.rights import clusters_of

        place = f"{target.region}:{target.account}"
        actions = ("elasticmapreduce:AddJobFlowSteps", "elasticmapreduce:CancelSteps", "elasticmapreduce:DescribeStep")
        yield Statement(actions=actions, resources=clusters_of(target))
        yield Statement(
            actions=("events:DescribeRule", "events:PutRule", "events:PutTargets"),
            resources=(f"arn:{target.partition}:events:{place}:rule/StepFunctionsGetEventForEMRAddJobFlowStepsRule",),
        )

    def start_retries(self) -> Iterable[Retry]:
        """Throttles and a full cluster (256 steps): no step was added.

        AddJobFlowSteps has no client token: InternalServerError, after which one may be there, is not retried. The names follow
        the pattern of the other services' recorded ones; EMR's were not seen recorded.
        """
        return (Retry(errors=("ElasticMapReduce.AmazonElasticMapReduceException", "ElasticMapReduce.ThrottlingException")),)

    def timeout(self, settings: EmrSettings) -> int:
        """``(timeout_minutes + queue_minutes) * 60 + 600`` seconds. EMR has no limit for a step: the state's is the only one."""
        return (settings.timeout_minutes + settings.queue_minutes) * 60 + _MARGIN_SECONDS

    def escalate(self, settings: EmrSettings, status: JobStatus, attempt: int) -> EmrSettings | None:  # noqa: ARG002 - by size
        """Out of memory: twice the memory of executors and driver, or fewer tasks at once in an executor."""
        from extract_emr.sizes import bigger

        return bigger(settings, status)

    def diagnose(self, outcome: Outcome, aws: object) -> str | None:
        """DescribeStep's FailureDetails where the payload had none, and the end of the step's stderr."""
        from extract_emr.aws import diagnose

        return diagnose(outcome, aws)

    def stop(self, outcome: Outcome, aws: object) -> None:
        """CancelSteps. Raises what EMR refuses; a step that has ended is fine."""
        from extract_emr.aws import stop

        stop(outcome, aws)

    def diagnose_permissions(self, target: Target[EmrDeployment]) -> Iterable[Statement]:
        """DescribeStep and DescribeCluster on the deployment's clusters, and the logs below its log_uri."""
        from extract_emr.rights import diagnose_statements

        return diagnose_statements(target)

    def stop_permissions(self, target: Target[EmrDeployment]) -> Iterable[Statement]:
        """CancelSteps, and DescribeStep to tell a step that has ended, on the deployment's clusters."""
        from extract_emr.rights import stop_statements

        return stop_statements(target)

    def local_command(self, arguments: Mapping[str, Json]) -> LocalCommand:
        """The reference extract job with what the step gives its script."""
        from extract_emr.local import local_command

        return local_command(arguments)

    def local_answer(self, arguments: Mapping[str, Json], ended: LocalExit) -> Outcome:
        """A Step, as EMR describes one."""
        from extract_emr.local import local_answer

        return local_answer(arguments, ended)
