"""The job type codebuild: one CodeBuild build a table, by codebuild:startBuild.sync in JSONata, in another account.

With `Credentials` Step Functions takes on a role of the other account for this Task. A cross-account ``.sync`` only polls (Step
Functions guide, "Access resources from other AWS accounts"), so the machine needs no event rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from extract_core import Branch, JobType, Retry, Statement
from extract_core.registry.routing import start_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extract_core import JobStatus, Json, Outcome, TableRun, Target
    from many_states.codebuild.models import CodeBuildDeployment, CodeBuildSettings

_MARGIN_SECONDS: Final = 600


class CodeBuild(JobType["CodeBuildSettings", "CodeBuildDeployment"]):
    """AWS CodeBuild: a container with a buildspec that runs the extract."""

    name: ClassVar[str] = "codebuild"
    title: ClassVar[str] = "CodeBuild"
    api_version: ClassVar[int] = 1

    def settings(self) -> type[CodeBuildSettings]:
        """One table's settings."""
        from many_states.codebuild.models import CodeBuildSettings

        return CodeBuildSettings

    def deployment(self) -> type[CodeBuildDeployment]:
        """``[job_types.codebuild]``."""
        from many_states.codebuild.models import CodeBuildDeployment

        return CodeBuildDeployment

    def branch(self, target: Target[CodeBuildDeployment]) -> Branch:
        """A Pass that makes the environment, and the Task. The generator writes limit and Catch in JSONata too."""
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
                "Comment": "Runs the table's build in the other account and waits for its end",
                "Resource": f"arn:{target.partition}:states:::codebuild:startBuild.sync",
                "Credentials": {"RoleArn": target.deployment.role_arn},
                "Arguments": {
                    "ProjectName": target.deployment.project,
                    "TimeoutInMinutesOverride": "{% $states.input.arguments.timeout %}",
                    "EnvironmentVariablesOverride": "{% $states.input.environment %}",
                },
                "Output": "{% $merge([$states.input, {'job_result': $states.result}]) %}",
            },
        }
        return Branch(start=prepare, states=states, job_state=start, query_language="JSONata")

    def arguments(self, table: TableRun[CodeBuildDeployment], settings: CodeBuildSettings) -> Mapping[str, Json]:
        """The environment: one variable an argument, ``EXTRACT_`` and its name in capitals; `timeout` in minutes."""
        names = {name: "EXTRACT_" + name.removeprefix("--").upper().replace("-", "_") for name in table.job_arguments}
        return {
            "environment": {names[name]: value for name, value in table.job_arguments.items()},
            "timeout": settings.timeout_minutes,
        }

    def status(self, outcome: Outcome) -> JobStatus:
        """What the Build, or the error, means. SUCCEEDED only for BuildStatus SUCCEEDED."""
        from many_states.codebuild.status import status

        return status(outcome)

    def permissions(self, target: Target[CodeBuildDeployment]) -> Iterable[Statement]:
        """To take on the role, whose own rights are codebuild:StartBuild, StopBuild and BatchGetBuilds on the project."""
        yield Statement(actions=("sts:AssumeRole",), resources=(target.deployment.role_arn,))

    def start_retries(self) -> Iterable[Retry]:
        """A full account: nothing was started."""
        return (Retry(errors=("CodeBuild.AccountLimitExceededException",)),)

    def timeout(self, settings: CodeBuildSettings) -> int:
        """``timeout_minutes * 60 + 600`` seconds: the build's own limit comes first."""
        return settings.timeout_minutes * 60 + _MARGIN_SECONDS
