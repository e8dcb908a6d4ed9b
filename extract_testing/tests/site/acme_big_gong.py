"""A SyncJob that keeps the whole contract: gongs on AWS Batch. The seeded faults of the tests are subclasses of it."""

from __future__ import annotations

from typing import ClassVar

from extract_core import Retry, SyncJob
from extract_core.parsing.asking import answer, client, stopped
from extract_core.parsing.payload import member


class Gong(SyncJob):
    name = "gong"
    title = "Gong"
    api_version = 1
    settings_model = "acme_big_gong_models:GongSettings"
    deployment_model = "acme_big_gong_models:GongDeployment"
    resource = "batch:submitJob.sync"
    rights: ClassVar = {
        "job-queue/{queue}": ("batch:SubmitJob",),
        "job-definition/gong:*": ("batch:SubmitJob",),
        "job/*": ("batch:TerminateJob",),
        "*": ("batch:DescribeJobs",),
    }
    event_rule = "StepFunctionsGetEventsForBatchJobsRule"
    diagnose_rights: ClassVar = {"*": ("batch:DescribeJobs",)}
    stop_rights: ClassVar = {"job/*": ("batch:TerminateJob",)}

    wrappers = ("Jobs",)
    id_member = "JobId"
    state_member = "Status"
    succeeded = "SUCCEEDED"
    failures: ClassVar = {"FAILED": None}
    reason_members = ("StatusReason",)

    def request(self, deployment):
        return {
            "JobName.$": "$.arguments.job_name",
            "JobQueue": deployment.queue,
            "JobDefinition": "gong",
            "ContainerOverrides": {"Command.$": "$.arguments.command"},
        }

    def arguments(self, table, settings):
        command = [part for pair in table.job_arguments.items() for part in pair]
        return {"job_name": f"{table.source}-{table.attempt}", "command": command}

    def start_retries(self):
        return [Retry(errors=["Batch.AWSBatchException"])]

    def describe(self, aws, key):
        return answer(aws, "batch", "describe_jobs", jobs=[key[0]])

    def stop_job(self, aws, key):
        stopped(lambda: client(aws, "batch").terminate_job(jobId=key[0], reason="over"), ended=("ResourceNotFound",))

    def local_argv(self, arguments):
        return member(arguments, "command")
