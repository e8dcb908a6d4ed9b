from extract_core import FailureClass, Retry, SyncJob
from extract_core.parsing.asking import answer, client, stopped
from extract_core.parsing.payload import text

from tidy_pair.naming import unique


class Serverless(SyncJob):
    name, title, api_version = "pair_serverless", "Pair Serverless", 1
    settings_model = "tidy_pair.models:ServerlessSettings"
    deployment_model = "tidy_pair.models:ServerlessDeployment"
    resource = "emr-serverless:startJobRun.sync"
    rights = {
        "/applications/{application_id}": ("emr-serverless:StartJobRun",),
        "/applications/{application_id}/jobruns/*": ("emr-serverless:GetJobRun", "emr-serverless:CancelJobRun"),
    }
    event_rule = "StepFunctionsGetEventsForEMRServerlessJobRule"
    role_service = "emr-serverless.amazonaws.com"
    stop_rights = {"/applications/{application_id}/jobruns/*": ("emr-serverless:CancelJobRun",)}
    diagnose_rights = {"/applications/{application_id}/jobruns/*": ("emr-serverless:GetJobRun",)}
    service_arguments = frozenset({"--conf"})
    job_word, wrappers, id_member, state_member = "job run", ("JobRun",), "JobRunId", "State"
    succeeded = "SUCCESS"
    failures = {"FAILED": None, "CANCELLED": FailureClass.STOPPED}
    not_ends = frozenset({"SUBMITTED", "PENDING", "SCHEDULED", "RUNNING", "CANCELLING", "QUEUED"})
    reason_members = ("StateDetails",)
    started_members, ended_members, throttled = ("StartedAt", "CreatedAt"), ("EndedAt", "UpdatedAt"), "EMRServerless.ThrottlingException"

    def request(self, deployment):
        spark = {"EntryPoint": deployment.script, "EntryPointArguments.$": "$.arguments.argv", "SparkSubmitParameters.$": "$.arguments.spark"}
        return {
            "ApplicationId": deployment.application_id,
            "ExecutionRoleArn": deployment.role_arn,
            "ClientToken.$": "$.arguments.token",
            "Name.$": "$.arguments.name",
            "ExecutionTimeoutMinutes.$": "$.arguments.minutes",
            "JobDriver": {"SparkSubmit": spark},
        }

    def arguments(self, table, settings):
        argv = [part for pair in table.job_arguments.items() for part in pair]
        if not all(argv):
            raise ValueError(f"EMR Serverless takes no empty argument, and {table.table!r} has one: leave it out")
        return {
            "argv": argv,
            "spark": f"--conf spark.executor.memory={settings.memory_gb}g --conf spark.executor.cores=4",
            "token": unique(table)[:64],
            "name": f"extract {unique(table)[:16]}",
            "minutes": settings.timeout_minutes,
        }

    def roles(self, deployment):
        return [deployment.role_arn]

    def start_retries(self):
        return [Retry(errors=["EMRServerless.ThrottlingException", "EMRServerless.ServiceQuotaExceededException"])]

    def bigger(self, settings, status):
        return settings.model_copy(update={"memory_gb": settings.memory_gb + 8}) if settings.memory_gb + 8 <= 56 else None

    def key(self, job, arguments):
        return text(job, "ApplicationId"), text(job, "JobRunId")

    def describe(self, aws, key):
        return answer(aws, "emr-serverless", "get_job_run", applicationId=key[0], jobRunId=key[1])

    def stop_job(self, aws, key):
        runs = client(aws, "emr-serverless")
        stopped(lambda: runs.cancel_job_run(applicationId=key[0], jobRunId=key[1]), ended=("ResourceNotFoundException",))

    def local_argv(self, arguments):
        return arguments["argv"]

    def local_result(self, arguments, end):
        return {"JobRun": {"ApplicationId": "local", **super().local_result(arguments, end)}}


class Recipe(SyncJob):
    name, title, api_version = "pair_recipe", "Pair Recipe", 1
    settings_model = "tidy_pair.models:RecipeSettings"
    deployment_model = "tidy_pair.models:RecipeDeployment"
    resource = "databrew:startJobRun.sync"
    unread_arguments = ("job_arguments",)
    named = {"job": "DataBrew job"}
    rights = {"job/{job}": ("databrew:StartJobRun", "databrew:StopJobRun", "databrew:ListJobRuns", "databrew:DescribeJobRun")}
    stop_rights = {"job/{job}": ("databrew:StopJobRun",)}
    job_word, id_member, state_member = "job run", "RunId", "State"
    succeeded = "SUCCEEDED"
    failures = {"FAILED": None, "STOPPED": FailureClass.STOPPED, "TIMEOUT": FailureClass.TIMEOUT}
    not_ends = frozenset({"STARTING", "RUNNING", "STOPPING"})
    reason_members = ("ErrorMessage",)
    started_members, ended_members, throttled = ("StartedOn",), ("CompletedOn",), "DataBrew.AWSGlueDataBrewException"

    def request(self, deployment):
        return {"Name.$": "$.arguments.job"}

    def arguments(self, table, settings):
        if table.watermark.mode != "full":
            raise ValueError("pair_recipe runs whole tables only: leave extract_type out, or take another job type")
        return {"job": self.chosen("job", settings, table.deployment)}

    def key(self, job, arguments):
        return text(job, "JobName") or text(arguments, "job"), text(job, "RunId")

    def stop_job(self, aws, key):
        databrew = client(aws, "databrew")
        stopped(lambda: databrew.stop_job_run(Name=key[0], RunId=key[1]), ended=("ResourceNotFoundException",))
