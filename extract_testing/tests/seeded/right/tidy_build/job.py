import json

from extract_core import FailureClass, Retry, SyncJob
from extract_core.parsing.asking import answer, client
from extract_core.parsing.payload import objects, text


class Build(SyncJob):
    name, title, api_version = "tidy_build", "Tidy Build", 1
    settings_model = "tidy_build.models:Settings"
    deployment_model = "tidy_build.models:Deployment"
    resource = "codebuild:startBuild.sync"
    rights = {"project/{project}": ("codebuild:StartBuild", "codebuild:StopBuild", "codebuild:BatchGetBuilds")}
    event_rule = "StepFunctionsGetEventForCodeBuildStartBuildRule"
    stop_rights = {"project/{project}": ("codebuild:StopBuild",)}
    diagnose_rights = {"project/{project}": ("codebuild:BatchGetBuilds",)}
    wrappers, id_member, state_member = ("Build", "Builds"), "Id", "BuildStatus"
    succeeded = "SUCCEEDED"
    failures = {"FAILED": None, "TIMED_OUT": FailureClass.TIMEOUT, "STOPPED": FailureClass.STOPPED, "FAULT": FailureClass.INTERNAL}
    started_members, ended_members, throttled = ("StartTime",), ("EndTime",), "CodeBuild.AWSCodeBuildException"

    def request(self, deployment):
        members = ("EnvironmentVariablesOverride", "ComputeTypeOverride", "TimeoutInMinutesOverride")
        return {"ProjectName": deployment.project, **{f"{name}.$": f"$.arguments.{name}" for name in members}}

    def arguments(self, table, settings):
        command = json.dumps([part for pair in table.job_arguments.items() for part in pair])
        return {
            "EnvironmentVariablesOverride": [{"Name": "EXTRACT_ARGUMENTS", "Value": command}],
            "ComputeTypeOverride": f"BUILD_GENERAL1_{settings.size}",
            "TimeoutInMinutesOverride": settings.timeout_minutes,
        }

    def reason(self, job):
        messages = [text(context, "Message") for phase in objects(job, "Phases") for context in objects(phase, "Contexts")]
        return "; ".join(filter(None, messages)) or None

    def start_retries(self):
        return [Retry(errors=["CodeBuild.AccountLimitExceededException", "CodeBuild.AWSCodeBuildException"])]

    def bigger(self, settings, status):
        size = {"SMALL": "MEDIUM", "MEDIUM": "LARGE"}.get(settings.size)
        return settings.model_copy(update={"size": size}) if size else None

    def describe(self, aws, key):
        return answer(aws, "codebuild", "batch_get_builds", ids=[key[0]])

    def stop_job(self, aws, key):
        client(aws, "codebuild").stop_build(id=key[0])

    def local_argv(self, arguments):
        return json.loads(arguments["EnvironmentVariablesOverride"][0]["Value"])

    def local_result(self, arguments, end):
        build = super().local_result(arguments, end)
        return {"Build": build | {"Phases": [{"Contexts": [{"Message": end.reason or ""}]}]}}
