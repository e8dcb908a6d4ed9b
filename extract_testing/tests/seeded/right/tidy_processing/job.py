import hashlib
import re

from extract_core import ArgumentsTooLong, FailureClass, Retry, SyncJob
from extract_core.parsing.asking import answer, client, stopped

SIZES = ("ml.m5.large", "ml.m5.xlarge", "ml.m5.2xlarge", "ml.m5.4xlarge")
MOST_ARGUMENTS, LONGEST_ARGUMENT = 100, 256


class Processing(SyncJob):
    name, title, api_version = "processing", "Processing", 1
    settings_model = "tidy_processing.models:Settings"
    deployment_model = "tidy_processing.models:Deployment"
    resource = "sagemaker:createProcessingJob.sync"
    rights = {
        "processing-job/*": ("sagemaker:CreateProcessingJob", "sagemaker:DescribeProcessingJob", "sagemaker:StopProcessingJob", "sagemaker:AddTags"),
    }
    event_rule = "StepFunctionsGetEventsForSageMakerProcessingJobsRule"
    role_service = "sagemaker.amazonaws.com"
    stop_rights = {"processing-job/*": ("sagemaker:StopProcessingJob",)}
    diagnose_rights = {"processing-job/*": ("sagemaker:DescribeProcessingJob",)}
    job_word = "processing job"
    id_member, state_member = "ProcessingJobArn", "ProcessingJobStatus"
    succeeded = "Completed"
    failures = {"Failed": None, "Stopped": FailureClass.STOPPED}
    not_ends = frozenset({"InProgress", "Stopping"})
    reason_members = ("ExitMessage", "FailureReason")
    started_members, ended_members, throttled = ("ProcessingStartTime",), ("ProcessingEndTime",), "SageMaker.AmazonSageMakerException"

    def request(self, deployment):
        cluster = {"InstanceCount": 1, "InstanceType.$": "$.arguments.instance", "VolumeSizeInGB.$": "$.arguments.disk"}
        return {
            "ProcessingJobName.$": "$.arguments.name",
            "AppSpecification": {"ImageUri": deployment.image, "ContainerArguments.$": "$.arguments.argv"},
            "ProcessingResources": {"ClusterConfig": cluster},
            "StoppingCondition": {"MaxRuntimeInSeconds.$": "$.arguments.seconds"},
            "RoleArn": deployment.role_arn,
        }

    def arguments(self, table, settings):
        argv = [part for pair in table.job_arguments.items() for part in pair]
        longest = max(map(len, argv))
        if len(argv) > MOST_ARGUMENTS or longest > LONGEST_ARGUMENT:
            raise ArgumentsTooLong(
                f"SageMaker takes {MOST_ARGUMENTS} arguments of {LONGEST_ARGUMENT} characters; {table.table!r} has {len(argv)}, the longest of {longest}"
            )
        if not all(argv):
            raise ArgumentsTooLong(f"SageMaker takes no empty argument: one of {table.table!r} is empty")
        unique = hashlib.sha256(f"{table.run_id}/{table.table}/{table.attempt}".encode()).hexdigest()[:16]
        readable = re.sub(r"[^A-Za-z0-9]+", "-", table.table)[:40].strip("-")
        return {
            "name": f"x{readable}-{unique}",
            "argv": argv,
            "instance": settings.instance,
            "disk": settings.disk_gb,
            "seconds": settings.timeout_minutes * 60,
        }

    def roles(self, deployment):
        return (deployment.role_arn,)

    def start_retries(self):
        return [Retry(errors=["SageMaker.ResourceLimitExceededException", "SageMaker.AmazonSageMakerException"])]

    def bigger(self, settings, status):
        at = SIZES.index(settings.instance)
        return settings.model_copy(update={"instance": SIZES[at + 1]}) if SIZES[at:-1] else None

    def key(self, job, arguments):
        name = job.get("ProcessingJobName")
        if not isinstance(name, str):
            name = arguments.get("name") if isinstance(arguments, dict) else None
        return (name,)

    def describe(self, aws, key):
        return answer(aws, "sagemaker", "describe_processing_job", ProcessingJobName=key[0])

    def stop_job(self, aws, key):
        sagemaker = client(aws, "sagemaker")
        stopped(lambda: sagemaker.stop_processing_job(ProcessingJobName=key[0]), ended=("ResourceNotFound", "ValidationException"))

    def local_argv(self, arguments):
        return arguments["argv"]
