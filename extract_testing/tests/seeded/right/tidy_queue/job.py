import json
import sys

from extract_core import Branch, FailureClass, JobState, JobStatus, JobType, LocalCommand, Outcome, Statement
from extract_core.parsing import verdicts as v
from extract_core.parsing.asking import client
from extract_core.parsing.payload import described, text, whole
from extract_core.parsing.process_end import reason

START = "Queue Start Extract Job Run"


class Queue(JobType):
    name = "queue"
    title = "Queue"
    api_version = 1
    unread_arguments = ("queue",)

    def settings(self):
        from tidy_queue.models import Settings

        return Settings

    def deployment(self):
        from tidy_queue.models import Deployment

        return Deployment

    def branch(self, target):
        domain = "amazonaws.com.cn" if target.partition == "aws-cn" else "amazonaws.com"
        task = {
            "Type": "Task",
            "Resource": f"arn:{target.partition}:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {
                "QueueUrl": f"https://sqs.{target.region}.{domain}/{target.account}/{target.deployment.queue}",
                "MessageBody": {"job.$": "$.arguments.job", "token.$": "$$.Task.Token"},
            },
            "HeartbeatSeconds": 120,
            "ResultPath": "$.job_result",
        }
        return Branch(start=START, states={START: task}, job_state=START)

    def arguments(self, table, settings):
        return {
            "job": {
                "id": f"{table.run_id}/{table.table}/{table.attempt}",
                "priority": settings.priority,
                "arguments": [part for pair in table.job_arguments.items() for part in pair],
            },
            "queue": table.deployment.queue,
        }

    def status(self, outcome):
        answer = described(outcome)
        worker, code = text(answer, "worker"), whole(answer, "exit_code")
        job = text(outcome.item, "arguments", "job", "id")
        if outcome.error is None and worker and code == 0:
            return JobStatus(state=JobState.SUCCEEDED, job_run_id=job)
        if outcome.error is None:
            verdict = v.failed(FailureClass.USER_CODE) if worker and code is not None else v.UNKNOWN
            message = f"worker {worker} answered with exit code {code}"
        elif outcome.error == "Worker.Failed":
            verdict = v.failed(v.by_words(outcome.cause) or FailureClass.USER_CODE)
            message = f"the worker failed: {(outcome.cause or '').strip() or 'it gave no reason'}"
        elif outcome.error == "States.HeartbeatTimeout":
            verdict, message = v.TIMED_OUT, f"the worker fell silent: {(outcome.cause or '').strip()}"
        else:
            verdict = v.by_error(outcome.error, outcome.cause)
            message = f"{outcome.error}: {(outcome.cause or '').strip() or 'no cause was given'}"
        return JobStatus(state=verdict.state, failure=verdict.failure, retryable=verdict.retryable, message=message, job_run_id=job)

    def permissions(self, target):
        return [Statement(actions=["sqs:SendMessage"], resources=[target.arn("sqs", target.deployment.queue)])]

    def timeout(self, settings):
        return settings.timeout_minutes * 60

    def stop(self, outcome, aws):
        job, queue = text(outcome.item, "arguments", "job", "id"), text(outcome.item, "arguments", "queue")
        if job and queue:
            sqs = client(aws, "sqs")
            url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
            sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"call_off": job}))

    def stop_permissions(self, target):
        return [Statement(actions=["sqs:GetQueueUrl", "sqs:SendMessage"], resources=[target.arn("sqs", target.deployment.queue)])]

    def local_command(self, arguments):
        return LocalCommand(argv=[sys.executable, "-m", "extract_job", *arguments["job"]["arguments"]])

    def local_answer(self, arguments, ended):
        if ended.injected == "throttle":
            return Outcome.failed("SQS.AmazonSQSException", "Rate exceeded (Service: AmazonSQS; Status Code: 400; Error Code: ThrottlingException; Request ID: 1)")
        if ended.injected == "timeout":
            return Outcome.failed("States.Timeout", "")
        if ended.code == 0 and ended.injected is None:
            return Outcome.succeeded({"worker": "w-1", "exit_code": 0})
        said = {"oom": "OutOfMemoryError: Container killed", "interrupt": "Spot interruption: the host was taken away"}.get(
            ended.injected, reason(ended)
        )
        return Outcome.failed("Worker.Failed", said)
