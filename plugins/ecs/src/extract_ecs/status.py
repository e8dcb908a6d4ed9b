"""What an ECS task's end means.

Success and failure of ecs:runTask.sync are one Task at top level, with PascalCase keys and epoch milliseconds (recorded on AWS).
DescribeTasks' envelope ``{"Tasks": […], "Failures": […]}`` reads the same. A success too says StopCode EssentialContainerExited,
so exit codes decide; a stopped container without one is never a success.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from extract_core import FailureClass, JobState, JobStatus
from extract_core.parsing import verdicts as v
from extract_core.parsing.payload import cut_member, instant, number, objects, text
from extract_ecs.containers import job_containers
from extract_ecs.stop_codes import EXITED, EXITED_REASON, KNOWN, by_reason, not_placed, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from extract_core import Json, Outcome
    from extract_ecs.containers import Container


def status(outcome: Outcome, task: Mapping[str, Json]) -> JobStatus:
    """Total: never raises; SUCCEEDED only for a result whose job container exited with 0 by itself.

    `task` is the described Task, or an answer with Failures and without one.
    """
    failures = objects(task, "Failures")
    code = text(task, "StopCode") or cut_member(outcome.cause, "StopCode")
    said = text(task, "StoppedReason") or cut_member(outcome.cause, "StoppedReason")
    if code is None and said == EXITED_REASON:
        code = EXITED
    if code is None and failures:
        why = _failure_text(failures)
        return _status({}, not_placed(why), f"ECS could not place the task: {why}")
    if code is None and said and outcome.error is not None:
        return _status(task, by_reason(said), f"{_name(task)} stopped: {said}")
    if code is None:
        return _status(task, _by_error(outcome), _without_task(outcome))
    containers = job_containers(task, outcome.item)
    meaning = verdict(code, said, containers, caught=outcome.error is not None)
    if meaning is None:
        going_on = _going_on(task)
        if going_on:
            return _status(task, v.UNKNOWN, f"ECS says that the task has exit code 0 and is {going_on}: its result is not known")
        return _status(task, v.Verdict(JobState.SUCCEEDED, FailureClass.UNKNOWN, retryable=False), None)
    return _status(task, meaning, _message(task, code, said, containers))


def _going_on(task: Mapping[str, Json]) -> str | None:
    """A status of the task by which it has not stopped; None: it has, or ECS does not say."""
    return next((said for name in ("LastStatus", "DesiredStatus") if (said := text(task, name)) not in (None, "STOPPED")), None)


def _by_error(outcome: Outcome) -> v.Verdict:
    """AmazonECS.Unknown stands for Failures in RunTask's answer (Step Functions guide); its Cause's form is not documented."""
    if outcome.error is None:
        return v.UNKNOWN
    return not_placed(outcome.cause or "") if outcome.error == "AmazonECS.Unknown" else v.by_error(outcome.error, outcome.cause)


def _failure_text(failures: Sequence[Mapping[str, Json]]) -> str:
    parts = (": ".join(filter(None, (text(failure, "Reason"), text(failure, "Detail")))) for failure in failures)
    return "; ".join(filter(None, parts)) or "no reason was given"


def _message(task: Mapping[str, Json], code: str, said: str | None, containers: Sequence[Container]) -> str:
    unknown = "" if code in KNOWN else ", a stop code that extract does not know"
    parts = (
        f"{_name(task)} stopped, {code}{unknown}" + (f": {said}" if said else ""),
        *(container.summary() for container in containers),
    )
    return "; ".join(parts)


def _name(task: Mapping[str, Json]) -> str:
    return " ".join(filter(None, ("ECS task", (text(task, "TaskArn") or "").rpartition("/")[2])))


def _without_task(outcome: Outcome) -> str:
    if outcome.error is None:
        return "ECS answered without a StopCode: what the task came to is not known"
    return f"ECS task: {outcome.error}: {(outcome.cause or '').strip() or 'no cause was given'}"


def _status(task: Mapping[str, Json], meaning: v.Verdict, message: str | None) -> JobStatus:
    ended_at = instant(task, "StoppedAt") or instant(task, "ExecutionStoppedAt")
    return JobStatus(
        state=meaning.state,
        failure=None if meaning.state is JobState.SUCCEEDED else meaning.failure,
        retryable=meaning.retryable,
        message=message,
        job_run_id=text(task, "TaskArn"),
        log_url=_log_url(text(task, "TaskArn")),
        started_at=instant(task, "StartedAt"),
        ended_at=ended_at,
        cost_basis=_cost_basis(task, ended_at),
    )


def _cost_basis(task: Mapping[str, Json], ended_at: datetime | None) -> dict[str, float] | None:
    """Fargate bills from the image's pull to the task's end: Cpu (1024 units: one vCPU) and Memory (MiB) times hours."""
    began = instant(task, "PullStartedAt") or instant(task, "StartedAt")
    cpu, memory = number(task, "Cpu"), number(task, "Memory")
    if began is None or ended_at is None or cpu is None or memory is None:
        return None
    hours = max((ended_at - began).total_seconds(), 0.0) / 3600
    return {"vcpu_hours": cpu / 1024 * hours, "memory_gb_hours": memory / 1024 * hours}


def _log_url(arn: str | None) -> str | None:
    """The task's logs in the ECS console, from its ARN: ``arn:aws:ecs:REGION:ACCOUNT:task/CLUSTER/ID``."""
    match = re.fullmatch(r"arn:aws:ecs:([a-z0-9-]+):(\d{12}):task/([^/]+)/([^/]+)", arn or "")
    if not match or match[2] == "0" * 12:  # a task on this machine
        return None
    region, cluster, task = match[1], quote(match[3]), quote(match[4])
    return f"https://{region}.console.aws.amazon.com/ecs/v2/clusters/{cluster}/tasks/{task}/logs?region={region}"
