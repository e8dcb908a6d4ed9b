"""A job type that keeps the whole contract for a service with its own names, roles and words: a training job of SageMaker."""

from __future__ import annotations

import hashlib
import json
import re
import sys

from extract_core import Branch, FailureClass, JobState, JobStatus, JobType, LocalCommand, Outcome, Statement
from extract_core.parsing import verdicts as v
from extract_core.parsing.payload import described, text
from extract_core.parsing.process_end import reason

INJECTED = {
    "oom": "OutOfMemoryError: the container used more than its memory",
    "interrupt": "Host EC2 (instance i-0123456789abcdef0) terminated.",
    "timeout": "the job exceeded its MaxRuntimeInSeconds: timeout",
}
START = "Forge Start Extract Job Run"


class Forge(JobType):
    name = "forge"
    title = "Forge"
    api_version = 1
    rule = "StepFunctionsGetEventsForSageMakerTrainingJobsRule"

    def settings(self):
        from acme_forge_models import ForgeSettings

        return ForgeSettings

    def deployment(self):
        from acme_forge_models import ForgeDeployment

        return ForgeDeployment

    def task(self, target):
        return {
            "Type": "Task",
            "Resource": f"arn:{target.partition}:states:::sagemaker:createTrainingJob.sync",
            "Parameters": {
                "TrainingJobName.$": "$.arguments.name",
                "RoleArn": target.deployment.role_arn,
                "AlgorithmSpecification": {"TrainingImage": target.deployment.image, "TrainingInputMode": "File"},
                "OutputDataConfig": {"S3OutputPath": "s3://forge/"},
                "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
                "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
                "HyperParameters.$": "$.arguments.hyper_parameters",
            },
            "ResultPath": "$.job_result",
        }

    def branch(self, target):
        return Branch(start=START, states={START: self.task(target)}, job_state=START)

    def job_name(self, table):
        whole = f"{table.run_id}/{table.source}/{table.table}/{table.attempt}"
        readable = re.sub(r"[^a-zA-Z0-9]+", "-", table.table).strip("-")
        return f"{readable[:40]}-{hashlib.sha256(whole.encode()).hexdigest()[:16]}"

    def arguments(self, table, settings):
        return {"name": self.job_name(table), "hyper_parameters": dict(table.job_arguments)}

    def green(self, word):
        return word == "Completed"

    def status(self, outcome):
        job = described(outcome)
        word = text(job, "TrainingJobStatus")
        if outcome.error is None and word and self.green(word) and text(job, "TrainingJobArn"):
            return JobStatus(state=JobState.SUCCEEDED, job_run_id=text(job, "TrainingJobArn"))
        if word == "Failed":
            late = "MaxRuntimeInSeconds" in (text(job, "FailureReason") or "")
            verdict = v.TIMED_OUT if late else v.failed(v.by_words(text(job, "FailureReason")) or FailureClass.USER_CODE)
        else:
            verdict = v.UNKNOWN if outcome.error is None else v.by_error(outcome.error, outcome.cause)
        said = text(job, "FailureReason") or f"{outcome.error}: {outcome.cause}"
        return JobStatus(state=verdict.state, failure=verdict.failure, retryable=verdict.retryable, message=said)

    def permissions(self, target):
        where = f"{target.region}:{target.account}"
        return [
            Statement(
                actions=["sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"],
                resources=[f"arn:{target.partition}:sagemaker:{where}:training-job/*"],
            ),
            Statement(
                actions=["iam:PassRole"],
                resources=[target.deployment.role_arn],
                condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            ),
            Statement(
                actions=["events:PutTargets", "events:PutRule", "events:DescribeRule"],
                resources=[f"arn:{target.partition}:events:{where}:rule/{self.rule}"],
            ),
        ]

    def local_command(self, arguments):
        pairs = [part for pair in arguments["hyper_parameters"].items() for part in pair]
        return LocalCommand(argv=[sys.executable, "-m", "extract_job", *pairs])

    def local_answer(self, arguments, ended):
        job = {"TrainingJobArn": "local", "TrainingJobName": arguments["name"], "TrainingJobStatus": "Completed"}
        if ended.code == 0 and ended.injected is None:
            return Outcome.succeeded(job)
        if ended.injected == "throttle":
            cause = "Rate exceeded (Service: SageMaker; Status Code: 400; Error Code: ThrottlingException; Request ID: 0)"
            return Outcome.failed("SageMaker.AmazonSageMakerException", cause)
        said = INJECTED.get(ended.injected or "") or reason(ended)
        failed = {**job, "TrainingJobStatus": "Failed", "FailureReason": said}
        return Outcome.failed("States.TaskFailed", json.dumps(failed))
