"""Check that a branch waits for its job. Without a wait, a table would succeed when its job has only started."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from asl_toolkit.services.aws.iam.sync_rights import SYNC
from extract_core.contract import JobType
from extract_core.sync_job.base import SyncJob
from extract_testing.branch.states import every_state, loops_of, reached
from extract_testing.breaches import Breach
from extract_testing.check import check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extract_core.registry.values import AnyJobType
    from extract_testing.subject.subject import Subject

_CALL: Final = re.compile(r"arn:[a-z0-9-]+:states:[^:]*:[^:]*:(?:aws-sdk:)?([a-z0-9-]+):([A-Za-z0-9]+)(\.[A-Za-z0-9:]+)?\Z")
_STARTS: Final = re.compile(
    r"(?!startSync)(?:start|submit|run|create|execute)\w*(?:Job|Run|Execution|Task|Query|Statement|Build)"
)
"""Names of calls that return when the work has started. They belong to services without ``.sync``."""
_POLL: Final = "poll: a Wait, a Task that reads the job's state, and a Choice that repeats both until the job has ended"
_STOP: Final = (
    "override stop() and stop_permissions(), or stop_job() and stop_rights of a SyncJob: "
    "Step Functions stops only jobs of a .sync call"
)


@check
def branch_waits_for_the_job(subject: Subject) -> Iterator[Breach]:
    """If a job is started without `.sync`, a later state waits for its end, and `stop` can stop it."""
    states, name = subject.states, subject.branch.job_state
    match = _CALL.match(str(states[name].get("Resource", "")))
    if match is None or match[3] is not None:
        return
    call, place = f"{match[1]}:{match[2]}", f"branch(target), job_state {name!r}"
    after = reached(states, name)
    polling = [state for loop in loops_of(states) for state in loop if state in after and state != name]
    if any(_calls(states[state]) for state in polling):
        if not _can_stop(type(subject.job_type)):
            yield Breach(place, f"the branch polls the job of {call}, but nothing stops the job when the run is aborted", _STOP)
    elif (call in SYNC or _STARTS.fullmatch(match[2])) and not any(_waits(states[later]) for later in after - {name}):
        remedy = f"write .sync ({call}.sync), or {_POLL}" if call in SYNC else _POLL
        yield Breach(place, f"{call} returns when the job has started, and no later state waits for its end", remedy)


def _can_stop(job_type: type[AnyJobType]) -> bool:
    """Whether `stop` does anything. SyncJob's own one calls `stop_job`."""
    if job_type.stop is JobType.stop:
        return False
    return job_type.stop is not SyncJob.stop or getattr(job_type, "stop_job", None) is not SyncJob.stop_job


def _calls(state: Mapping[str, Any]) -> bool:  # Any: parsed JSON
    return state.get("Type") in ("Task", "Parallel", "Map")


def _waits(state: Mapping[str, Any]) -> bool:  # Any: see _calls
    """A Task that may wait: ``.sync``, ``.waitForTaskToken``, or a Lambda function."""
    resources = [str(inner.get("Resource", "")) for _, inner in every_state({"": state}) if inner.get("Type") == "Task"]
    return any(".sync" in arn or arn.endswith(".waitForTaskToken") or ":lambda:" in arn for arn in resources)
