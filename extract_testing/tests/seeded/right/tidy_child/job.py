import hashlib
import json
import re
import sys

from extract_core import Branch, FailureClass, JobState, JobStatus, JobType, LocalCommand, Outcome, Retry, Statement
from extract_core.parsing import verdicts as v
from extract_core.parsing.asking import answer, client, stopped
from extract_core.parsing.payload import described, instant, text
from extract_core.parsing.process_end import reason

START = "Child Start Extract Job Run"


class Child(JobType):
    name = "child"
    title = "Child"
    api_version = 1
    requires_contract = "1.0"

    def settings(self):
        from tidy_child.models import Settings

        return Settings

    def deployment(self):
        from tidy_child.models import Deployment

        return Deployment

    def branch(self, target):
        task = {
            "Type": "Task",
            "Resource": f"arn:{target.partition}:states:::states:startExecution.sync:2",
            "Arguments": {
                "StateMachineArn": target.arn("states", f"stateMachine:{target.deployment.machine}"),
                "Name": "{% $states.input.arguments.name %}",
                "Input": {
                    "argv": "{% $states.input.arguments.argv %}",
                    "seconds": "{% $states.input.arguments.seconds %}",
                    "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": "{% $states.context.Execution.Id %}",
                },
            },
            "Output": "{% $merge([$states.input, {'job_result': $states.result}]) %}",
        }
        return Branch(start=START, states={START: task}, job_state=START, query_language="JSONata")

    def arguments(self, table, settings):
        unique = hashlib.sha256(f"{table.run_id}/{table.table}/{table.attempt}".encode()).hexdigest()[:20]
        return {
            "name": f"{re.sub(r'[^A-Za-z0-9_-]', '_', table.table)[:50]}-{unique}",
            "argv": [part for pair in table.job_arguments.items() for part in pair],
            "seconds": settings.timeout_minutes * 60,
        }

    def status(self, outcome):
        execution = described(outcome)
        state, arn = text(execution, "Status"), text(execution, "ExecutionArn")
        said = ": ".join(filter(None, [text(execution, "Error"), text(execution, "Cause")])) or None
        times = {"started_at": instant(execution, "StartDate"), "ended_at": instant(execution, "StopDate")}
        if outcome.error is None and state == "SUCCEEDED" and arn:
            return JobStatus(state=JobState.SUCCEEDED, job_run_id=arn, **times)
        if state in ("FAILED", "TIMED_OUT", "ABORTED") and arn:
            verdict = {"TIMED_OUT": v.TIMED_OUT, "ABORTED": v.STOPPED}.get(state, v.failed(v.by_words(said) or FailureClass.USER_CODE))
            message = f"the execution ended {state}: {said or 'it gave no reason'}"
        elif outcome.error is not None:
            verdict = v.by_error(outcome.error, outcome.cause)
            message = f"{outcome.error}: {(outcome.cause or '').strip() or 'no cause was given'}"
        else:
            verdict, message = v.UNKNOWN, f"the execution ended {state}: {said or 'it gave no reason'}"
        return JobStatus(
            state=verdict.state, failure=verdict.failure, retryable=verdict.retryable, message=message, job_run_id=arn, **times
        )

    def permissions(self, target):
        machine = target.deployment.machine
        return [
            Statement(actions=["states:StartExecution"], resources=[target.arn("states", f"stateMachine:{machine}")]),
            Statement(
                actions=["states:DescribeExecution", "states:StopExecution"], resources=[target.arn("states", f"execution:{machine}:*")]
            ),
            Statement(
                actions=["events:PutTargets", "events:PutRule", "events:DescribeRule"],
                resources=[target.arn("events", "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule")],
            ),
        ]

    def start_retries(self):
        return [Retry(errors=["StepFunctions.ExecutionLimitExceededException", "StepFunctions.AWSStepFunctionsException"])]

    def timeout(self, settings):
        return settings.timeout_minutes * 60 + 120

    def diagnose(self, outcome, aws):
        arn = text(described(outcome), "ExecutionArn")
        return text(answer(aws, "stepfunctions", "describe_execution", executionArn=arn), "Cause") if arn else None

    def diagnose_permissions(self, target):
        return [Statement(actions=["states:DescribeExecution"], resources=[target.arn("states", f"execution:{target.deployment.machine}:*")])]

    def stop(self, outcome, aws):
        arn = text(described(outcome), "ExecutionArn")
        if arn:
            sfn = client(aws, "stepfunctions")
            stopped(lambda: sfn.stop_execution(executionArn=arn, cause="its extract run has ended"), ended=("ExecutionDoesNotExist",))

    def stop_permissions(self, target):
        return [Statement(actions=["states:StopExecution"], resources=[target.arn("states", f"execution:{target.deployment.machine}:*")])]

    def local_command(self, arguments):
        return LocalCommand(argv=[sys.executable, "-m", "extract_job", *arguments["argv"]], env={"EXTRACT_CHILD": "1"})

    def local_answer(self, arguments, ended):
        if ended.injected == "throttle":
            return Outcome.failed("StepFunctions.AWSStepFunctionsException", "Rate exceeded (Service: AWSStepFunctions; Status Code: 400; Error Code: ThrottlingException; Request ID: 1)")
        arn = f"arn:aws:states:us-east-1:000000000000:execution:local:{arguments['name']}"
        execution = {"ExecutionArn": arn, "Name": arguments["name"], "Status": "SUCCEEDED"}
        if ended.code == 0 and ended.injected is None:
            return Outcome.succeeded({**execution, "Output": {"rows": 1}})
        if ended.injected == "timeout":
            return Outcome.failed("States.TaskFailed", json.dumps({**execution, "Status": "TIMED_OUT"}))
        said = {
            "oom": "OutOfMemoryError: Container killed due to memory usage",
            "interrupt": "Host EC2 (instance i-0123456789abcdef0) terminated.",
        }.get(ended.injected, reason(ended))
        return Outcome.failed("States.TaskFailed", json.dumps({**execution, "Status": "FAILED", "Error": "JobFailed", "Cause": said}))
