"""What ECS and CloudWatch say of a task beyond the payload, and how a task is stopped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from extract_core.parsing.asking import answer, client, log_tail, stopped, told
from extract_core.parsing.payload import described, member, objects, text
from extract_ecs.containers import job_containers

if TYPE_CHECKING:
    from extract_core import Json, Outcome

_TASK_ARN: Final = re.compile(r"arn:[^:]+:ecs:[^:]+:\d{12}:task/(?P<cluster>[^/]+)/(?P<id>[^/]+)")


def diagnose(outcome: Outcome, aws: object) -> str | None:
    """Why containers ended, where the payload did not say, and the last lines of the job's log; None where nothing is known.

    ECS describes a stopped task for about an hour. The log is the job container's, if its log driver is awslogs with a stream
    prefix: the stream is then ``prefix/container/task id`` (ECS guide, "Send Amazon ECS logs to CloudWatch").
    """
    payload = _task(outcome)
    found = _TASK_ARN.fullmatch(text(payload, "TaskArn") or "")
    if not found:
        return None
    task = payload
    described_now = objects(answer(aws, "ecs", "describe_tasks", cluster=found["cluster"], tasks=[found[0]]), "Tasks")
    if described_now:
        task = described_now[0]
    known = {container.told() for container in job_containers(payload, outcome.item)}
    news = [said for container in job_containers(task, outcome.item) if (said := container.told()) not in known]
    return told("; ".join(news), _log(task, outcome, aws, found["id"]))


def _log(task: Mapping[str, Json], outcome: Outcome, aws: object, task_id: str) -> str | None:
    definition = text(task, "TaskDefinitionArn")
    if not definition:
        return None
    names = [container.name for container in job_containers(task, outcome.item)]
    answered = answer(aws, "ecs", "describe_task_definition", taskDefinition=definition)
    for container in objects(answered, "TaskDefinition", "ContainerDefinitions"):
        name, log = text(container, "Name"), member(container, "LogConfiguration")
        options = {key.lower(): value for key, value in _options(log).items()}
        group, prefix = text(options, "awslogs-group"), text(options, "awslogs-stream-prefix")
        if name not in names or text(log, "LogDriver") != "awslogs" or not group or not prefix:
            continue
        stream = f"{prefix}/{name}/{task_id}"
        tail = log_tail(aws, group, stream)
        if tail:
            return f"last lines of {group} {stream}:\n{tail}"
    return None


def _options(log: Json) -> Mapping[str, Json]:
    options = member(log, "Options")
    return options if isinstance(options, Mapping) else {}


def stop(outcome: Outcome, aws: object) -> None:
    """End the task, if the outcome names one. Raises botocore's ClientError when ECS refuses; a task that has ended is fine."""
    found = _TASK_ARN.fullmatch(text(_task(outcome), "TaskArn") or "")
    if not found:
        return
    ecs = client(aws, "ecs")
    stopped(
        lambda: ecs.stop_task(cluster=found["cluster"], task=found[0], reason="its extract run has ended"),
        ended=("InvalidParameterException",),  # "The referenced task was not found.": ECS forgets a stopped task in an hour
    )


def _task(outcome: Outcome) -> Mapping[str, Json]:
    """The task of a payload: RunTask's answer holds it in Tasks."""
    payload = described(outcome, "Task")
    tasks = objects(payload, "Tasks")
    return tasks[0] if tasks else payload
