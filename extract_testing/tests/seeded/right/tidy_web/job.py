import json
import sys

from extract_core import Branch, FailureClass, JobState, JobStatus, JobType, LocalCommand, Outcome, Retry, Statement
from extract_core.parsing import verdicts as v
from extract_core.parsing.payload import described, member, text
from extract_core.parsing.process_end import reason

START, PAUSE, ASK, ENDED, CANCEL = "Web Start Extract Job Run", "Web Wait", "Web Ask", "Web Ended?", "Web Cancel"
BUSY = ["States.Http.StatusCode.429", "States.Http.StatusCode.503"]


class Web(JobType):
    name = "web"
    title = "Web"
    api_version = 1
    unread_arguments = ()

    def settings(self):
        from tidy_web.models import Settings

        return Settings

    def deployment(self):
        from tidy_web.models import Deployment

        return Deployment

    def branch(self, target):
        task = {"Type": "Task", "Resource": f"arn:{target.partition}:states:::http:invoke"}
        common = {"Authentication": {"ConnectionArn": target.deployment.connection_arn}}
        job = f"States.Format('{target.deployment.endpoint}/jobs/{{}}', $.started.ResponseBody.id)"
        states = {
            START: {
                **task,
                "Parameters": {
                    "ApiEndpoint": f"{target.deployment.endpoint}/jobs",
                    "Method": "POST",
                    **common,
                    "RequestBody": {"key.$": "$.arguments.key", "argv.$": "$.arguments.argv", "seconds.$": "$.arguments.seconds"},
                },
                "ResultPath": "$.started",
                "Next": "Web Begin",
            },
            "Web Begin": {"Type": "Pass", "Result": {"seconds": 0}, "ResultPath": "$.waited", "Next": PAUSE},
            PAUSE: {"Type": "Wait", "Seconds": 30, "Next": "Web Count"},
            "Web Count": {
                "Type": "Pass",
                "Parameters": {"seconds.$": "States.MathAdd($.waited.seconds, 30)"},
                "ResultPath": "$.waited",
                "Next": ASK,
            },
            ASK: {
                **task,
                "Parameters": {"ApiEndpoint.$": job, "Method": "GET", **common},
                "Retry": [{"ErrorEquals": BUSY, "IntervalSeconds": 5, "MaxAttempts": 5}],
                "ResultPath": "$.job_result",
                "Next": ENDED,
            },
            ENDED: {
                "Type": "Choice",
                "Choices": [
                    {
                        "Or": [{"Variable": "$.job_result.ResponseBody.state", "StringEquals": word} for word in ("done", "failed")],
                        "Next": "Handle Extract Job Run Status",
                    },
                    {"Variable": "$.waited.seconds", "NumericGreaterThanPath": "$.timeout_seconds", "Next": CANCEL},
                ],
                "Default": PAUSE,
            },
            CANCEL: {**task, "Parameters": {"ApiEndpoint.$": job, "Method": "DELETE", **common}, "ResultPath": "$.cancelled"},
        }
        return Branch(start=START, states=states, job_state=START)

    def arguments(self, table, settings):
        return {
            "key": f"{table.run_id}/{table.table}/{table.attempt}",
            "argv": [part for pair in table.job_arguments.items() for part in pair],
            "seconds": settings.timeout_minutes * 60,
        }

    def status(self, outcome):
        job = member(described(outcome), "ResponseBody")
        state, number, said = text(job, "state"), text(job, "id"), text(job, "error")
        if outcome.error is not None:
            verdict = v.by_error(outcome.error, outcome.cause)
            message = f"{outcome.error}: {(outcome.cause or '').strip() or 'no cause was given'}"
        elif state == "done" and number:
            return JobStatus(state=JobState.SUCCEEDED, job_run_id=number)
        elif state == "failed" and number:
            verdict = v.TIMED_OUT if said == "over its time" else v.failed(v.by_words(said) or FailureClass.USER_CODE)
            message = f"the job ended failed: {said or 'it gave no reason'}"
        else:
            verdict = v.TIMED_OUT if state == "running" and number else v.UNKNOWN
            message = f"the job ended {state}: {said or 'it gave no reason'}"
        return JobStatus(state=verdict.state, failure=verdict.failure, retryable=verdict.retryable, message=message, job_run_id=number)

    def permissions(self, target):
        machine = f"arn:{target.partition}:states:{target.region}:{target.account}:stateMachine:{target.machine_name}"
        secret = f"arn:{target.partition}:secretsmanager:{target.region}:{target.account}:secret:events!connection/*"
        return [
            Statement(
                actions=["states:InvokeHTTPEndpoint"],
                resources=[machine],
                condition={
                    "StringEquals": {"states:HTTPMethod": ["DELETE", "GET", "POST"]},
                    "StringLike": {"states:HTTPEndpoint": f"{target.deployment.endpoint}/jobs*"},
                },
            ),
            Statement(actions=["events:RetrieveConnectionCredentials"], resources=[target.deployment.connection_arn]),
            Statement(actions=["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], resources=[secret]),
        ]

    def start_retries(self):
        return [Retry(errors=BUSY)]

    def timeout(self, settings):
        return settings.timeout_minutes * 60 + 300

    def stop(self, outcome, aws):
        """Nothing can be asked of an HTTP service with AWS's session: the job ends itself after `seconds`."""

    def local_command(self, arguments):
        return LocalCommand(argv=[sys.executable, "-m", "extract_job", *arguments["argv"]])

    def local_answer(self, arguments, ended):
        if ended.injected == "throttle":
            return Outcome.failed("States.Http.StatusCode.429", '{"StatusCode": 429, "StatusText": "Too Many Requests"}')
        if ended.code == 0 and ended.injected is None:
            body = {"id": "j-1", "state": "done"}
        else:
            said = {
                "oom": "OutOfMemoryError: Container killed",
                "interrupt": "Spot interruption: the host was taken away",
                "timeout": "over its time",
            }.get(ended.injected, reason(ended))
            body = {"id": "j-1", "state": "failed", "error": said}
        return Outcome.succeeded({"StatusCode": 200, "StatusText": "OK", "Headers": {}, "ResponseBody": json.loads(json.dumps(body))})
