import shlex
import sys

from extract_core import Branch, FailureClass, JobState, JobStatus, JobType, LocalCommand, Outcome, Retry, Statement
from extract_core.parsing import verdicts as v
from extract_core.parsing.asking import answer, client
from extract_core.parsing.payload import described, text
from extract_core.parsing.process_end import reason

START, PAUSE, ASK, ENDED, CANCEL = "Shell Start Extract Job Run", "Shell Wait", "Shell Ask", "Shell Ended?", "Shell Cancel"
ENDS = ("Success", "Failed", "TimedOut", "Cancelled")
DOCUMENT = "AWS-RunShellScript"


class Shell(JobType):
    name = "shell"
    title = "Shell"
    api_version = 1

    def settings(self):
        from tidy_shell.models import Settings

        return Settings

    def deployment(self):
        from tidy_shell.models import Deployment

        return Deployment

    def branch(self, target):
        sdk = f"arn:{target.partition}:states:::aws-sdk:ssm"
        named = {"CommandId.$": "$.started.Command.CommandId", "InstanceId": target.deployment.instance}
        busy = [{"ErrorEquals": ["Ssm.SsmException", "Ssm.InvocationDoesNotExistException"], "IntervalSeconds": 5, "MaxAttempts": 6}]
        states = {
            START: {
                "Type": "Task",
                "Resource": f"{sdk}:sendCommand",
                "Parameters": {
                    "DocumentName": DOCUMENT,
                    "InstanceIds": [target.deployment.instance],
                    "Parameters": {"commands.$": "$.arguments.commands", "executionTimeout.$": "$.arguments.seconds"},
                },
                "ResultPath": "$.started",
                "Next": "Shell Begin",
            },
            "Shell Begin": {"Type": "Pass", "Result": {"seconds": 0}, "ResultPath": "$.waited", "Next": PAUSE},
            PAUSE: {"Type": "Wait", "Seconds": 60, "Next": "Shell Count"},
            "Shell Count": {
                "Type": "Pass",
                "Parameters": {"seconds.$": "States.MathAdd($.waited.seconds, 60)"},
                "ResultPath": "$.waited",
                "Next": ASK,
            },
            ASK: {
                "Type": "Task",
                "Resource": f"{sdk}:getCommandInvocation",
                "Parameters": named,
                "Retry": busy,
                "ResultPath": "$.job_result",
                "Next": ENDED,
            },
            ENDED: {
                "Type": "Choice",
                "Choices": [
                    {"Or": [{"Variable": "$.job_result.Status", "StringEquals": word} for word in ENDS], "Next": "Handle Extract Job Run Status"},
                    {"Variable": "$.waited.seconds", "NumericGreaterThanPath": "$.timeout_seconds", "Next": CANCEL},
                ],
                "Default": PAUSE,
            },
            CANCEL: {
                "Type": "Task",
                "Resource": f"{sdk}:cancelCommand",
                "Parameters": {"CommandId.$": "$.started.Command.CommandId"},
                "ResultPath": "$.cancelled",
            },
        }
        return Branch(start=START, states=states, job_state=START)

    def arguments(self, table, settings):
        line = shlex.join(["extract-job", *(part for pair in table.job_arguments.items() for part in pair)])
        return {"commands": [line], "seconds": [str(settings.timeout_minutes * 60)]}

    def status(self, outcome):
        job = described(outcome)
        state, command = text(job, "Status"), text(job, "CommandId")
        said = text(job, "StandardErrorContent") or text(job, "StatusDetails")
        if outcome.error is not None:
            verdict = v.by_error(outcome.error, outcome.cause)
            message = f"{outcome.error}: {(outcome.cause or '').strip() or 'no cause was given'}"
        elif state == "Success" and command:
            return JobStatus(state=JobState.SUCCEEDED, job_run_id=command)
        else:
            verdict = {
                "Failed": v.failed(v.by_words(said) or FailureClass.USER_CODE),
                "TimedOut": v.TIMED_OUT,
                "Cancelled": v.STOPPED,
                "InProgress": v.TIMED_OUT,  # the branch gave up and cancelled it
            }.get(state if command else None, v.UNKNOWN)
            message = f"the command ended {state}: {said or 'SSM gave no reason'}"
        return JobStatus(state=verdict.state, failure=verdict.failure, retryable=verdict.retryable, message=message, job_run_id=command)

    def permissions(self, target):
        instance = target.arn("ec2", f"instance/{target.deployment.instance}")
        document = f"arn:{target.partition}:ssm:{target.region}::document/{DOCUMENT}"
        return [
            Statement(actions=["ssm:SendCommand"], resources=[instance, document]),
            Statement(actions=["ssm:GetCommandInvocation", "ssm:CancelCommand"], resources=["*"]),
        ]

    def start_retries(self):
        return [Retry(errors=["Ssm.SsmException"])]

    def timeout(self, settings):
        return settings.timeout_minutes * 60 + 300

    def diagnose(self, outcome, aws):
        job = described(outcome)
        command, instance = text(job, "CommandId"), text(job, "InstanceId")
        if not command or not instance:
            return None
        return text(answer(aws, "ssm", "get_command_invocation", CommandId=command, InstanceId=instance), "StandardErrorContent")

    def diagnose_permissions(self, target):
        return [Statement(actions=["ssm:GetCommandInvocation"], resources=["*"])]

    def stop(self, outcome, aws):
        command = text(outcome.item, "started", "Command", "CommandId") or text(described(outcome, "Command"), "CommandId")
        if command:
            client(aws, "ssm").cancel_command(CommandId=command)

    def stop_permissions(self, target):
        return [Statement(actions=["ssm:CancelCommand"], resources=["*"])]

    def local_command(self, arguments):
        return LocalCommand(argv=[sys.executable, "-m", "extract_job", *shlex.split(arguments["commands"][0])[1:]])

    def local_answer(self, arguments, ended):
        if ended.injected == "throttle":
            return Outcome.failed("Ssm.SsmException", "Rate exceeded (Service: Ssm, Status Code: 400, Request ID: 1)")
        word = {"timeout": "TimedOut"}.get(ended.injected, "Success" if ended.code == 0 and ended.injected is None else "Failed")
        said = {"oom": "OutOfMemoryError: Container killed", "interrupt": "Spot interruption: the host was taken away"}.get(
            ended.injected, reason(ended)
        )
        command = {"CommandId": "11111111-2222-3333-4444-555555555555", "Status": word}
        job = {**command, "InstanceId": "i-0123456789abcdef0"}
        return Outcome.succeeded({**job, "StatusDetails": word, "StandardErrorContent": said, "Command": command})
