import json
import sys

from extract_core import ArgumentsTooLong, Branch, FailureClass, JobState, JobStatus, JobType, LocalCommand, Outcome, Retry, Statement
from extract_core.parsing import verdicts as v
from extract_core.parsing.asking import answer, client, stopped
from extract_core.parsing.container_start import by_start
from extract_core.parsing.payload import described, instant, objects, text, whole
from extract_core.parsing.process_end import exit_code, reason

START = "Fargate Task Start Extract Job Run"
OVERRIDES = 8_192


class FargateTask(JobType):
    name = "fargate_task"
    title = "Fargate Task"
    api_version = 1
    unread_arguments = ("cluster",)

    def settings(self):
        from tidy_task.models import Settings

        return Settings

    def deployment(self):
        from tidy_task.models import Deployment

        return Deployment

    def branch(self, target):
        network = {"Subnets": list(target.deployment.subnets), "SecurityGroups": [target.deployment.security_group], "AssignPublicIp": "DISABLED"}
        task = {
            "Type": "Task",
            "Resource": f"arn:{target.partition}:states:::ecs:runTask.sync",
            "Parameters": {
                "LaunchType": "FARGATE",
                "Cluster": target.deployment.cluster,
                "TaskDefinition": target.deployment.family,
                "NetworkConfiguration": {"AwsvpcConfiguration": network},
                "Overrides.$": "$.arguments.overrides",
                "Tags": [{"Key": "extract:table", "Value.$": "$.arguments.tag"}],
            },
            "ResultPath": "$.job_result",
        }
        return Branch(start=START, states={START: task}, job_state=START)

    def arguments(self, table, settings):
        overrides = {
            "Cpu": str(settings.cpu),
            "Memory": str(settings.memory),
            "ContainerOverrides": [
                {"Name": table.deployment.container, "Command": [part for pair in table.job_arguments.items() for part in pair]}
            ],
        }
        length = len(json.dumps(overrides))
        if length > OVERRIDES:
            raise ArgumentsTooLong(f"the overrides of {table.table!r} have {length} characters, ECS takes {OVERRIDES}")
        return {"overrides": overrides, "tag": "".join(sign if sign.isalnum() else "_" for sign in table.table)[:200], "cluster": table.deployment.cluster}

    def status(self, outcome):
        task = described(outcome, "Task")
        arn, stop_code, stopped_reason = text(task, "TaskArn"), text(task, "StopCode"), text(task, "StoppedReason")
        containers = objects(task, "Containers")
        codes = [whole(container, "ExitCode") for container in containers]
        said = "; ".join(filter(None, [*(text(container, "Reason") for container in containers), stopped_reason]))
        times = {"started_at": instant(task, "StartedAt"), "ended_at": instant(task, "StoppedAt")}
        if outcome.error is None and arn and stop_code == "EssentialContainerExited" and codes and set(codes) == {0}:
            return JobStatus(state=JobState.SUCCEEDED, job_run_id=arn, **times)
        if arn and stop_code:
            if stop_code == "UserInitiated":
                verdict = v.STOPPED
            elif stop_code in ("SpotInterruption", "TerminationNotice"):
                verdict = v.failed(FailureClass.INTERRUPTED)
            elif stop_code == "TaskFailedToStart":
                verdict = by_start(said, begun=False) or v.failed(FailureClass.START)
            elif stop_code == "EssentialContainerExited":
                verdict = v.failed(v.by_words(said) or FailureClass.USER_CODE)
            else:
                verdict = v.UNKNOWN
            numbers = ", ".join(str(code) for code in codes if code is not None)
            message = f"the task stopped ({stop_code}): {said or 'ECS gave no reason'}" + (f" [exit code {numbers}]" if numbers else "")
        elif outcome.error is not None:
            verdict = v.by_error(outcome.error, outcome.cause)
            message = f"{outcome.error}: {(outcome.cause or '').strip() or 'no cause was given'}"
        else:
            verdict, message = v.UNKNOWN, f"the answer of ECS names no task and no stop code: {said or '?'}"
        return JobStatus(
            state=verdict.state, failure=verdict.failure, retryable=verdict.retryable, message=message, job_run_id=arn, **times
        )

    def permissions(self, target):
        definition = target.arn("ecs", f"task-definition/{target.deployment.family}")
        tasks = target.arn("ecs", f"task/{target.deployment.cluster}/*")
        return [
            Statement(actions=["ecs:RunTask"], resources=[definition, f"{definition}:*"]),
            Statement(actions=["ecs:StopTask", "ecs:DescribeTasks", "ecs:TagResource"], resources=[tasks]),
            Statement(
                actions=["events:PutTargets", "events:PutRule", "events:DescribeRule"],
                resources=[target.arn("events", "rule/StepFunctionsGetEventsForECSTaskRule")],
            ),
            Statement(
                actions=["iam:PassRole"],
                resources=list(target.deployment.role_arns),
                condition={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
            ),
        ]

    def start_retries(self):
        return [Retry(errors=["ECS.AmazonECSException", "AmazonECS.Unknown"])]

    def timeout(self, settings):
        return settings.timeout_minutes * 60 + 900

    def escalate(self, settings, status, attempt):
        if status.failure is FailureClass.OUT_OF_MEMORY and settings.memory < 8_192:
            return settings.model_copy(update={"memory": min(settings.memory * 2, 8_192)})
        return None

    def _key(self, outcome):
        task = described(outcome, "Task", "Tasks")
        return text(outcome.item, "arguments", "cluster"), text(task, "TaskArn")

    def diagnose(self, outcome, aws):
        cluster, arn = self._key(outcome)
        if not cluster or not arn:
            return None
        tasks = objects(answer(aws, "ecs", "describe_tasks", cluster=cluster, tasks=[arn]), "Tasks")
        return text(tasks[0], "StoppedReason") if tasks else None

    def diagnose_permissions(self, target):
        return [Statement(actions=["ecs:DescribeTasks"], resources=[target.arn("ecs", f"task/{target.deployment.cluster}/*")])]

    def stop(self, outcome, aws):
        cluster, arn = self._key(outcome)
        if cluster and arn:
            ecs = client(aws, "ecs")
            stopped(lambda: ecs.stop_task(cluster=cluster, task=arn, reason="its extract run has ended"), ended=("InvalidParameterException",))

    def stop_permissions(self, target):
        return [Statement(actions=["ecs:StopTask"], resources=[target.arn("ecs", f"task/{target.deployment.cluster}/*")])]

    def local_command(self, arguments):
        command = arguments["overrides"]["ContainerOverrides"][0]["Command"]
        return LocalCommand(argv=[sys.executable, "-m", "extract_job", *command])

    def local_answer(self, arguments, ended):
        if ended.injected == "throttle":
            return Outcome.failed(
                "ECS.AmazonECSException", "Rate exceeded. (Service: AmazonECS; Status Code: 400; Error Code: ThrottlingException; Request ID: 1)"
            )
        if ended.injected == "timeout":
            return Outcome.failed("States.Timeout", "")
        task = {"TaskArn": "arn:aws:ecs:us-east-1:000000000000:task/local/1", "LastStatus": "STOPPED", "StopCode": "EssentialContainerExited"}
        container = {"Name": "job", "ExitCode": exit_code(ended)}
        if ended.code == 0 and ended.injected is None:
            return Outcome.succeeded({**task, "Containers": [container]})
        if ended.injected == "interrupt":
            task = {**task, "StopCode": "SpotInterruption", "StoppedReason": "Your Spot Task was interrupted."}
        else:
            said = "OutOfMemoryError: Container killed due to memory usage" if ended.injected == "oom" else reason(ended)
            container = {"Name": "job", "ExitCode": exit_code(ended) or 1, "Reason": said}
        return Outcome.failed("States.TaskFailed", json.dumps({**task, "Containers": [container]}))
