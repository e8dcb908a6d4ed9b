"""An ECS task on this machine: what would have run, and what ECS would have said of its end."""

from __future__ import annotations

import json
import sys
import time
import uuid
from typing import TYPE_CHECKING, Final

from extract_core import LocalCommand, Outcome
from extract_core.parsing.payload import member, objects, text
from extract_core.parsing.process_end import exit_code, reason, was_stopped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core import Json, LocalExit

_SIZE: Final = {"Cpu": "1024", "Memory": "2048"}
"""Of the task definition that is there only in AWS: one vCPU, 2 GB."""


def local_command(arguments: Mapping[str, Json]) -> LocalCommand:
    """The reference extract job with the container's Command: the image's entry point gets the same argv."""
    first = next(iter(objects(arguments, "overrides", "ContainerOverrides")), {})
    command = member(first, "Command")
    if not isinstance(command, list | tuple):
        raise TypeError(f"$.arguments.overrides holds no container with a Command: {arguments.get('overrides')!r}")
    return LocalCommand(argv=[sys.executable, "-m", "extract_job", *(str(part) for part in command)])


def local_answer(arguments: Mapping[str, Json], ended: LocalExit) -> Outcome:
    """A stopped Task as ECS describes it.

    On AWS a Task holds no output of the job: only an exit code, and a Reason where Docker had one. Here the job's last words
    stand in that Reason, since there is no CloudWatch log to read.
    """
    if ended.injected == "throttle":
        return Outcome.failed(
            "ECS.AmazonECSException",
            "Rate exceeded (Service: AmazonECS; Status Code: 400; Error Code: ThrottlingException; Request ID: local)",
        )
    if ended.injected == "timeout":
        return Outcome.failed("States.Timeout", "")  # ECS has no time limit: the state's own ends it
    stop_code, stopped_reason, code, said = _end(ended)
    now = time.time_ns() // 1_000_000
    arn = "arn:aws:ecs:us-east-1:000000000000"
    override = next(iter(objects(arguments, "overrides", "ContainerOverrides")), {})
    container: dict[str, Json] = {"Name": text(override, "Name") or "extract-job", "LastStatus": "STOPPED", "ExitCode": code}
    if said:
        container["Reason"] = said
    began = now - max(1, round(ended.seconds * 1000))
    task: dict[str, Json] = {
        "ClusterArn": f"{arn}:cluster/local",
        "Containers": [container],
        "CreatedAt": began,
        "DesiredStatus": "STOPPED",
        "LastStatus": "STOPPED",
        "Overrides": arguments["overrides"],
        "PullStartedAt": began,
        "StartedAt": began,
        "StartedBy": "AWS Step Functions",
        "StopCode": stop_code,
        "StoppedAt": now,
        "StoppedReason": stopped_reason,
        "TaskArn": f"{arn}:task/local/{uuid.uuid4().hex}",
        "TaskDefinitionArn": f"{arn}:task-definition/{arguments['task_definition']}",
    }
    task |= {size: text(arguments, "overrides", size) or usual for size, usual in _SIZE.items()}
    succeeded = code == 0 and stop_code == "EssentialContainerExited"
    return Outcome.succeeded(task) if succeeded else Outcome.failed("States.TaskFailed", json.dumps(task))


def _end(ended: LocalExit) -> tuple[str, str, int, str | None]:
    """StopCode, StoppedReason, ExitCode and the container's Reason."""
    exited = ("EssentialContainerExited", "Essential container in task exited")
    if ended.injected == "oom":
        return (*exited, 137, "OutOfMemoryError: Container killed due to memory usage")
    if ended.injected == "interrupt":
        return "SpotInterruption", "Your Spot Task was interrupted.", 143, None
    if ended.injected is not None:
        return (*exited, 1, "Exception: failure injected on this machine")
    if was_stopped(ended):
        return "UserInitiated", "Task stopped by user", exit_code(ended), None
    code = exit_code(ended)
    return (*exited, code, reason(ended) if code else None)
