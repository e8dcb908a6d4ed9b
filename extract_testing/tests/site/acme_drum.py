"""A job type that keeps the whole contract: drums on AWS Batch. The seeded faults of the tests are subclasses of it."""

from __future__ import annotations

import json
import sys

from extract_core import Branch, FailureClass, JobState, JobStatus, JobType, LocalCommand, Outcome, Retry, Statement
from extract_core.parsing import verdicts as v
from extract_core.parsing.payload import described, text
from extract_core.parsing.process_end import reason

INJECTED = {
    "oom": "OutOfMemoryError: Container killed due to memory usage",
    "interrupt": "Host EC2 (instance i-0123456789abcdef0) terminated.",
    "timeout": "Job attempt duration exceeded timeout",
}
START = "Drum Start Extract Job Run"


class Drum(JobType):
    name = "drum"
    title = "Drum"
    api_version = 1

    def settings(self):
        from acme_drum_models import DrumSettings

        return DrumSettings

    def deployment(self):
        from acme_drum_models import DrumDeployment

        return DrumDeployment

    def parameters(self, target):
        return {
            "JobName.$": "$.arguments.job_name",
            "JobQueue": target.deployment.queue,
            "JobDefinition": target.deployment.definition,
            "ContainerOverrides.$": "$.arguments.overrides",
        }

    def task(self, target):
        return {
            "Type": "Task",
            "Resource": f"arn:{target.partition}:states:::batch:submitJob.sync",
            "Parameters": self.parameters(target),
            "ResultPath": "$.job_result",
        }

    def branch(self, target):
        return Branch(start=START, states={START: self.task(target)}, job_state=START)

    def arguments(self, table, settings):
        command = [part for pair in table.job_arguments.items() for part in pair]
        return {
            "job_name": f"{table.source}-{table.attempt}",
            "overrides": {
                "Command": command,
                "ResourceRequirements": [{"Type": "VCPU", "Value": str(settings.vcpus)}],
                "Environment": [{"Name": "STICKS", "Value": ",".join(settings.sticks)}],
            },
        }

    def status(self, outcome):
        job = described(outcome)
        state = text(job, "Status")
        if outcome.error is None and state == "SUCCEEDED" and text(job, "JobQueue"):
            return JobStatus(state=JobState.SUCCEEDED, job_run_id=text(job, "JobId"))
        if outcome.error is None or state:
            failure = (
                v.by_words(text(job, "StatusReason")) or FailureClass.USER_CODE if state == "FAILED" else FailureClass.UNKNOWN
            )
            verdict = v.failed(failure) if state == "FAILED" else v.UNKNOWN
            if "attempt duration exceeded" in (text(job, "StatusReason") or ""):
                verdict = v.TIMED_OUT
            message = f"the drum ended {state}: {text(job, 'StatusReason')}"
        else:
            verdict = v.by_error(outcome.error, outcome.cause)
            message = f"{outcome.error}: {(outcome.cause or '').strip() or 'no cause was given'}"
        return JobStatus(state=verdict.state, failure=verdict.failure, retryable=verdict.retryable, message=message)

    def permissions(self, target):
        where = f"arn:{target.partition}:batch:{target.region}:{target.account}"
        rule = f"arn:{target.partition}:events:{target.region}:{target.account}:rule/StepFunctionsGetEventsForBatchJobsRule"
        return [
            Statement(
                actions=["batch:SubmitJob"],
                resources=[
                    f"{where}:job-queue/{target.deployment.queue}",
                    f"{where}:job-definition/{target.deployment.definition}:*",
                ],
            ),
            Statement(actions=["batch:TerminateJob"], resources=[f"{where}:job/*"]),
            Statement(actions=["batch:DescribeJobs"], resources=["*"]),
            Statement(actions=["events:PutTargets", "events:PutRule", "events:DescribeRule"], resources=[rule]),
        ]

    def start_retries(self):
        return [Retry(errors=["Batch.AWSBatchException"])]

    def local_command(self, arguments):
        return LocalCommand(argv=[sys.executable, "-m", "extract_job", *arguments["overrides"]["Command"]])

    def local_answer(self, arguments, ended):
        job = {"JobId": "local", "JobName": arguments["job_name"], "JobQueue": "local", "Status": "SUCCEEDED"}
        if ended.code == 0 and ended.injected is None:
            return Outcome.succeeded(job)
        if ended.injected == "throttle":
            cause = "Rate exceeded (Service: AWSBatch; Status Code: 429; Error Code: TooManyRequestsException; Request ID: 0)"
            return Outcome.failed("Batch.AWSBatchException", cause)
        said = INJECTED.get(ended.injected or "") or reason(ended)
        return Outcome.failed("States.TaskFailed", json.dumps({**job, "Status": "FAILED", "StatusReason": said}))
