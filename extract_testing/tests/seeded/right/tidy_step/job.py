import hashlib
import json
import sys

from extract_core import Branch, FailureClass, JobState, JobStatus, JobType, LocalCommand, Outcome, Retry, Statement
from extract_core.parsing import verdicts as v
from extract_core.parsing.asking import answer, client
from extract_core.parsing.payload import described, instant, text
from extract_core.parsing.process_end import reason

START = "Step Start Extract Job Run"


class Step(JobType):
    name = "step"
    title = "Step"
    api_version = 1
    unread_arguments = ("skip",)

    def settings(self):
        from tidy_step.models import Settings

        return Settings

    def deployment(self):
        from tidy_step.models import Deployment

        return Deployment

    def branch(self, target):
        task = {
            "Type": "Task",
            "Resource": f"arn:{target.partition}:states:::elasticmapreduce:addStep.sync",
            "Parameters": {
                "ClusterId.$": "$.arguments.cluster",
                "Step": {
                    "Name.$": "$.arguments.name",
                    "ActionOnFailure": "CONTINUE",
                    "HadoopJarStep": {"Jar": "command-runner.jar", "Args.$": "$.arguments.args"},
                },
            },
            "ResultPath": "$.job_result",
        }
        return Branch(start=START, states={START: task}, job_state=START)

    def arguments(self, table, settings):
        job = [part for pair in table.job_arguments.items() for part in pair]
        submit = ["spark-submit", "--executor-memory", f"{settings.memory_gb}g", table.deployment.script]
        unique = hashlib.sha256(f"{table.run_id}/{table.table}/{table.attempt}".encode()).hexdigest()[:12]
        return {
            "cluster": table.deployment.cluster_id,
            "name": f"{table.table[:200]} {unique}",
            "args": [*submit, *job],
            "skip": len(submit),
        }

    def status(self, outcome):
        step = described(outcome, "Step")
        state, number = text(step, "Status", "State"), text(step, "Id")
        said = text(step, "Status", "FailureDetails", "Message") or text(step, "Status", "StateChangeReason", "Message")
        times = {
            "started_at": instant(step, "Status", "Timeline", "StartDateTime"),
            "ended_at": instant(step, "Status", "Timeline", "EndDateTime"),
        }
        if state == "COMPLETED" and outcome.error is None and number:
            return JobStatus(state=JobState.SUCCEEDED, job_run_id=number, **times)
        if state in ("FAILED", "CANCELLED", "INTERRUPTED") and number:
            verdict = {"CANCELLED": v.STOPPED, "INTERRUPTED": v.failed(FailureClass.INTERRUPTED)}.get(
                state, v.failed(v.by_words(said) or FailureClass.USER_CODE)
            )
            message = f"the step ended {state}: {said or 'EMR gave no reason'}"
        elif outcome.error is not None:
            verdict = v.by_error(outcome.error, outcome.cause)
            message = f"{outcome.error}: {(outcome.cause or '').strip() or 'no cause was given'}"
        else:
            verdict, message = v.UNKNOWN, f"the step ended {state}: {said or 'EMR gave no reason'}"
        return JobStatus(
            state=verdict.state, failure=verdict.failure, retryable=verdict.retryable, message=message, job_run_id=number, **times
        )

    def permissions(self, target):
        cluster = target.arn("elasticmapreduce", f"cluster/{target.deployment.cluster_id}")
        rule = target.arn("events", "rule/StepFunctionsGetEventForEMRAddJobFlowStepsRule")
        yield Statement(
            actions=["elasticmapreduce:AddJobFlowSteps", "elasticmapreduce:DescribeStep", "elasticmapreduce:CancelSteps"],
            resources=[cluster],
        )
        yield Statement(actions=["events:PutTargets", "events:PutRule", "events:DescribeRule"], resources=[rule])

    def start_retries(self):
        return (Retry(errors=("ElasticMapReduce.AmazonElasticMapReduceException",)),)

    def timeout(self, settings):
        return settings.hours * 3600

    def escalate(self, settings, status, attempt):
        if status.failure is FailureClass.OUT_OF_MEMORY and settings.memory_gb < 64:
            return settings.model_copy(update={"memory_gb": min(64, settings.memory_gb * 2)})
        return None

    def _key(self, outcome):
        step = described(outcome, "Step")
        return text(outcome.item, "arguments", "cluster"), text(step, "StepId") or text(step, "Id")

    def diagnose(self, outcome, aws):
        cluster, step = self._key(outcome)
        if not cluster or not step:
            return None
        return text(answer(aws, "emr", "describe_step", ClusterId=cluster, StepId=step), "Step", "Status", "FailureDetails", "Message")

    def diagnose_permissions(self, target):
        cluster = target.arn("elasticmapreduce", f"cluster/{target.deployment.cluster_id}")
        return [Statement(actions=["elasticmapreduce:DescribeStep"], resources=[cluster])]

    def stop(self, outcome, aws):
        cluster, step = self._key(outcome)
        if cluster and step:
            client(aws, "emr").cancel_steps(ClusterId=cluster, StepIds=[step], StepCancellationOption="TERMINATE_PROCESS")

    def stop_permissions(self, target):
        cluster = target.arn("elasticmapreduce", f"cluster/{target.deployment.cluster_id}")
        return [Statement(actions=["elasticmapreduce:CancelSteps"], resources=[cluster])]

    def local_command(self, arguments):
        return LocalCommand(argv=[sys.executable, "-m", "extract_job", *arguments["args"][arguments["skip"] :]])

    def local_answer(self, arguments, ended):
        if ended.injected == "throttle":
            return Outcome.failed(
                "ElasticMapReduce.AmazonElasticMapReduceException",
                "Rate exceeded (Service: AmazonElasticMapReduce; Status Code: 400; Error Code: ThrottlingException; Request ID: 1)",
            )
        if ended.injected == "timeout":
            return Outcome.failed("States.Timeout", "")
        step = {"Id": "s-LOCAL", "Name": arguments["name"], "Status": {"State": "COMPLETED"}}
        if ended.code == 0 and ended.injected is None:
            return Outcome.succeeded({"Step": step})
        said = {
            "oom": "Container killed by YARN for exceeding memory limits. 5.6 GB of 5.5 GB physical memory used",
            "interrupt": "Container released on a *lost* node",
        }.get(ended.injected, reason(ended))
        step["Status"] = {"State": "FAILED", "FailureDetails": {"Reason": "Unknown Error", "Message": said}}
        return Outcome.failed("States.TaskFailed", json.dumps({"Step": step}))
