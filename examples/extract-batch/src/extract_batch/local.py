"""A Batch job on this machine: what would have run, and what Batch would have said of its end."""

from __future__ import annotations

import json
import sys
import time
import uuid
from typing import TYPE_CHECKING

from extract_core import LocalCommand, Outcome
from extract_core.parsing.payload import member, objects, text
from extract_core.parsing.process_end import exit_code, reason, was_stopped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core import Json, LocalExit

_EXITED = "Essential container in task exited"


def local_command(arguments: Mapping[str, Json]) -> LocalCommand:
    """The reference extract job with the container's Command: the image's entry point gets the same argv."""
    command = member(arguments, "container_overrides", "Command")
    if not isinstance(command, list | tuple):
        raise TypeError(f"$.arguments.container_overrides holds no Command: {arguments.get('container_overrides')!r}")
    return LocalCommand(argv=[sys.executable, "-m", "extract_job", *(str(part) for part in command)])


def local_answer(arguments: Mapping[str, Json], ended: LocalExit) -> Outcome:
    """A JobDetail. On AWS a job's own words are in its log alone; here they stand in the container's Reason."""
    if ended.injected == "throttle":
        return Outcome.failed(
            "Batch.AWSBatchException",
            "Too Many Requests (Service: AWSBatch; Status Code: 429; Error Code: TooManyRequestsException; Request ID: local)",
        )
    status_reason, code, said = _end(ended)
    succeeded = code == 0 and ended.injected is None
    now = time.time_ns() // 1_000_000
    job_id = str(uuid.uuid4())
    container: dict[str, Json] = {
        "Command": member(arguments, "container_overrides", "Command"),
        "ResourceRequirements": _size(arguments),
    }
    if code is not None:
        container["ExitCode"] = code
    if said:
        container["Reason"] = said
    job: dict[str, Json] = {
        "Attempts": [],
        "Container": container,
        "JobArn": f"arn:aws:batch:us-east-1:000000000000:job/{job_id}",
        "JobDefinition": arguments["job_definition"],
        "JobId": job_id,
        "JobName": arguments["job_name"],
        "JobQueue": arguments["job_queue"],
        "StartedAt": now - max(1, round(ended.seconds * 1000)),
        "Status": "SUCCEEDED" if succeeded else "FAILED",
        "StatusReason": status_reason,
        "StoppedAt": now,
    }
    if was_stopped(ended):
        job["IsTerminated"] = True
    return Outcome.succeeded(job) if succeeded else Outcome.failed("States.TaskFailed", json.dumps(job))


def _size(arguments: Mapping[str, Json]) -> list[Json]:
    """The table's size, and for what it leaves open that of a job definition with one vCPU and 2 GB."""
    given = {
        text(each, "Type"): text(each, "Value") for each in objects(arguments, "container_overrides", "ResourceRequirements")
    }
    return [{"Type": kind, "Value": given.get(kind) or usual} for kind, usual in (("VCPU", "1"), ("MEMORY", "2048"))]


def _end(ended: LocalExit) -> tuple[str, int | None, str | None]:
    """StatusReason, and the container's ExitCode and Reason."""
    if ended.injected == "oom":
        return _EXITED, 137, "OutOfMemoryError: Container killed due to memory usage"
    if ended.injected == "interrupt":
        return "Host EC2 (instance i-0a1b2c3d4e5f60718) terminated.", None, None
    if ended.injected == "timeout":
        return "Job attempt duration exceeded timeout", 137, None
    if ended.injected is not None:
        return _EXITED, 1, "Exception: failure injected on this machine"
    if was_stopped(ended):
        return "Job terminated", exit_code(ended), None
    code = exit_code(ended)
    return _EXITED, code, reason(ended) if code else None
