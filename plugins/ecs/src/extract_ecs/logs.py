"""The log of an ECS task in CloudWatch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from extract_core.parsing.asking import answer, log_tail
from extract_core.parsing.payload import member, objects, text
from extract_ecs.containers import job_containers

if TYPE_CHECKING:
    from extract_core import Json


def task_log(aws: object, task: Mapping[str, Json], task_id: str) -> str | None:
    """The last lines of the job's log, if its container has the log driver awslogs with a stream prefix.

    The stream is then ``prefix/container/task id`` (ECS guide, "Send Amazon ECS logs to CloudWatch").
    """
    definition = text(task, "TaskDefinitionArn")
    if not definition:
        return None
    names = [container.name for container in job_containers(task, {})]
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
