"""The job type codebuild: one CodeBuild build per table, by codebuild:startBuild.sync in JSONata, in another account.

With `Credentials`, Step Functions assumes a role of the other account for this Task. A cross-account ``.sync`` only polls
(Step Functions guide, "Access resources from other AWS accounts"), so the machine needs no event rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from extract_core import Branch, FailureClass, Retry, Statement, SyncJob
from extract_core.parsing.payload import objects, text
from extract_core.registry.routing import start_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extract_core import Json, TableRun, Target
    from many_states.codebuild.models import CodeBuildDeployment, CodeBuildSettings


class CodeBuild(SyncJob["CodeBuildSettings", "CodeBuildDeployment"]):
    """AWS CodeBuild: a container with a buildspec that runs the extract."""

    name = "codebuild"
    title = "CodeBuild"
    api_version = 1
    settings_model = "many_states.codebuild.models:CodeBuildSettings"
    deployment_model = "many_states.codebuild.models:CodeBuildDeployment"

    resource = "codebuild:startBuild.sync"
    comment = "Runs the table's build in the other account and waits for its end"
    job_word = "build"
    wrappers = ("Build",)
    id_member = "Id"
    known_by = ("BuildStatus",)
    state_member = "BuildStatus"
    succeeded = "SUCCEEDED"
    failures: ClassVar = {  # CodeBuild API reference, Build.buildStatus
        "FAILED": None,
        "STOPPED": FailureClass.STOPPED,
        "TIMED_OUT": FailureClass.TIMEOUT,
        "FAULT": FailureClass.INTERNAL,
    }
    not_ends = frozenset({"IN_PROGRESS"})
    started_members = ("StartTime",)
    ended_members = ("EndTime",)

    def request(self, deployment: CodeBuildDeployment) -> dict[str, Json]:
        """StartBuild's members, in JSONata."""
        return {
            "ProjectName": deployment.project,
            "TimeoutInMinutesOverride": "{% $states.input.arguments.timeout %}",
            "EnvironmentVariablesOverride": "{% $states.input.environment %}",
        }

    def branch(self, target: Target[CodeBuildDeployment]) -> Branch:
        """A Pass that builds the environment, and the Task. The generator writes time limit and Catch in JSONata too."""
        prepare, start = "CodeBuild Prepare", start_state(self.title)
        pairs = "$each($states.input.arguments.environment, function($value, $name) { {'Name': $name, 'Value': $value} })"
        states: dict[str, Mapping[str, Json]] = {
            prepare: {
                "Type": "Pass",
                "Comment": "Turns the job's arguments into variables of the build's environment",
                "Output": "{% $merge([$states.input, {'environment': [" + pairs + "]}]) %}",
                "Next": start,
            },
            start: {
                "Type": "Task",
                "Comment": self.comment,
                "Resource": f"arn:{target.partition}:states:::{self.resource}",
                "Credentials": {"RoleArn": target.deployment.role_arn},
                "Arguments": self.request(target.deployment),
                "Output": "{% $merge([$states.input, {'job_result': $states.result}]) %}",
            },
        }
        return Branch(start=prepare, states=states, job_state=start, query_language="JSONata")

    def arguments(self, table: TableRun[CodeBuildDeployment], settings: CodeBuildSettings) -> Mapping[str, Json]:
        """The environment: one variable per argument, ``EXTRACT_`` and its name in capitals; `timeout` in minutes."""
        names = {name: "EXTRACT_" + name.removeprefix("--").upper().replace("-", "_") for name in table.job_arguments}
        return {
            "environment": {names[name]: value for name, value in table.job_arguments.items()},
            "timeout": settings.timeout_minutes,
        }

    def permissions(self, target: Target[CodeBuildDeployment]) -> Iterable[Statement]:
        """The right to assume the role, which needs codebuild:StartBuild, StopBuild and BatchGetBuilds on the project."""
        yield Statement(actions=("sts:AssumeRole",), resources=(target.deployment.role_arn,))

    def start_retries(self) -> Iterable[Retry]:
        """The account's limit of builds: no build was started."""
        yield Retry(errors=("CodeBuild.AccountLimitExceededException",))

    def reason(self, job: Mapping[str, Json]) -> str | None:
        """The messages of the failed phases."""
        messages = [text(context, "Message") for phase in objects(job, "Phases") for context in objects(phase, "Contexts")]
        return "; ".join(filter(None, messages)) or None

    def log_url(self, job: Mapping[str, Json]) -> str | None:
        """The build's log in the console."""
        return text(job, "Logs", "DeepLink")
