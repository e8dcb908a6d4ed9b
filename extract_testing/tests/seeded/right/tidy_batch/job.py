import hashlib
import json
import re
import sys

from extract_core import Branch, FailureClass, JobState, JobStatus, JobType, LocalCommand, Outcome, Retry, Statement
from extract_core.parsing import verdicts as v
from extract_core.parsing.asking import answer, client
from extract_core.parsing.payload import described, instant, member, objects, text
from extract_core.parsing.process_end import reason

START = "Tidy Start Extract Job Run"


class Tidy(JobType):
    name = "tidy"
    title = "Tidy"
    api_version = 1

    def settings(self):
        from tidy_batch.models import Settings

        return Settings

    def deployment(self):
        from tidy_batch.models import Deployment

        return Deployment

    def branch(self, target):
        task = {
            "Type": "Task",
            "Resource": f"arn:{target.partition}:states:::batch:submitJob.sync",
            "Parameters": {
                "JobName.$": "$.arguments.job_name",
                "JobQueue": target.deployment.queue,
                "JobDefinition": target.deployment.definition,
                "ContainerOverrides.$": "$.arguments.overrides",
                "Timeout": {"AttemptDurationSeconds.$": "$.arguments.seconds"},
            },
            "ResultPath": "$.job_result",
        }
        return Branch(start=START, states={START: task}, job_state=START)

    def arguments(self, table, settings):
        name = re.sub(r"[^A-Za-z0-9_-]", "-", f"{table.source}-{table.table}")[:80]
        unique = hashlib.sha256(f"{table.run_id}/{table.table}/{table.attempt}".encode()).hexdigest()[:16]
        return {
            "job_name": f"x{name}-{unique}",
            "overrides": {
                "Command": [part for pair in table.job_arguments.items() for part in pair],
                "ResourceRequirements": [{"Type": "MEMORY", "Value": str(settings.memory)}],
            },
            "seconds": settings.timeout_minutes * 60,
        }

    def status(self, outcome):
        job = described(outcome)
        state, said, queue = text(job, "Status"), text(job, "StatusReason"), text(job, "JobQueue")
        times = {"started_at": instant(job, "StartedAt"), "ended_at": instant(job, "StoppedAt")}
        if outcome.error is None and state == "SUCCEEDED" and queue:
            return JobStatus(state=JobState.SUCCEEDED, job_run_id=text(job, "JobId"), **times)
        if state == "FAILED" and queue:
            if said and "attempt duration exceeded" in said:
                verdict = v.TIMED_OUT
            elif member(job, "IsTerminated") is True:
                verdict = v.STOPPED
            else:
                verdict = v.failed(v.by_words(said) or FailureClass.USER_CODE)
            message = f"the Batch job ended FAILED: {said or 'Batch gave no reason'}"
        elif outcome.error is not None:
            verdict = v.by_error(outcome.error, outcome.cause)
            message = f"{outcome.error}: {(outcome.cause or '').strip() or 'no cause was given'}"
        else:
            verdict = v.UNKNOWN
            message = f"the Batch job ended {state}: {said}"
        return JobStatus(
            state=verdict.state, failure=verdict.failure, retryable=verdict.retryable, message=message, job_run_id=text(job, "JobId"), **times
        )

    def permissions(self, target):
        definition = target.arn("batch", f"job-definition/{target.deployment.definition}")
        return [
            Statement(
                actions=["batch:SubmitJob"],
                resources=[target.arn("batch", f"job-queue/{target.deployment.queue}"), definition, f"{definition}:*"],
            ),
            Statement(actions=["batch:TerminateJob"], resources=[target.arn("batch", "job/*")]),
            Statement(actions=["batch:DescribeJobs"], resources=["*"]),
            Statement(
                actions=["events:PutTargets", "events:PutRule", "events:DescribeRule"],
                resources=[target.arn("events", "rule/StepFunctionsGetEventsForBatchJobsRule")],
            ),
        ]

    def start_retries(self):
        return [Retry(errors=["Batch.AWSBatchException"])]

    def timeout(self, settings):
        return settings.timeout_minutes * 60 + 600

    def escalate(self, settings, status, attempt):
        if status.failure is FailureClass.OUT_OF_MEMORY and settings.memory < 65536:
            return settings.model_copy(update={"memory": min(settings.memory * 2, 65536)})
        return None

    def diagnose(self, outcome, aws):
        job_id = text(described(outcome), "JobId")
        if not job_id:
            return None
        return text(next(iter(objects(answer(aws, "batch", "describe_jobs", jobs=[job_id]), "Jobs")), None), "StatusReason")

    def diagnose_permissions(self, target):
        return [Statement(actions=["batch:DescribeJobs"], resources=["*"])]

    def stop(self, outcome, aws):
        job_id = text(described(outcome), "JobId")
        if job_id:
            client(aws, "batch").terminate_job(jobId=job_id, reason="its extract run has ended")

    def stop_permissions(self, target):
        return [Statement(actions=["batch:TerminateJob"], resources=[target.arn("batch", "job/*")])]

    def local_command(self, arguments):
        return LocalCommand(argv=[sys.executable, "-m", "extract_job", *arguments["overrides"]["Command"]])

    def local_answer(self, arguments, ended):
        job = {"JobId": "local", "JobName": arguments["job_name"], "JobQueue": "local", "Status": "SUCCEEDED"}
        if ended.injected == "throttle":
            return Outcome.failed("Batch.AWSBatchException", "Rate exceeded (Service: AWSBatch; Status Code: 429; Error Code: TooManyRequestsException)")
        if ended.code == 0 and ended.injected is None:
            return Outcome.succeeded(job)
        said = {
            "oom": "OutOfMemoryError: Container killed due to memory usage",
            "interrupt": "Host EC2 (instance i-0123456789abcdef0) terminated.",
            "timeout": "Job attempt duration exceeded timeout",
        }.get(ended.injected or "", reason(ended))
        return Outcome.failed("States.TaskFailed", json.dumps({**job, "Status": "FAILED", "StatusReason": said}))
