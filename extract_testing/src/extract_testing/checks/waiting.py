"""Check that a branch ends when its job does: a start that nobody waits for turns tables green that have only begun."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import JobType
from extract_testing.broken import Breach, check
from extract_testing.checks.branch import every_state
from extract_testing.checks.loops import loops_of, reached
from extract_testing.sync_rights import SYNC

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extract_testing.subject import Subject

_CALL: Final = re.compile(r"arn:[a-z0-9-]+:states:[^:]*:[^:]*:(?:aws-sdk:)?([a-z0-9-]+):([A-Za-z0-9]+)(\.[A-Za-z0-9:]+)?\Z")
_STARTS: Final = re.compile(
    r"(?!startSync)(?:start|submit|run|create|execute)\w*(?:Job|Run|Execution|Task|Query|Statement|Build)"
)
"""Calls that answer when the work has begun, told by their names: of services for which Step Functions has no ``.sync``."""
_POLL: Final = "poll: a Wait, a Task that asks, and a Choice that goes round until the job has ended"
_STOP: Final = "override stop() and stop_permissions(): Step Functions itself ends only what a .sync waits for"


@check
def the_branch_waits_for_the_job(subject: Subject) -> Iterator[Breach]:
    """A job that is started without ``.sync`` is asked for its end by a later state, and stop() can end it."""
    states, name = subject.states, subject.branch.job_state
    match = _CALL.match(str(states[name].get("Resource", "")))
    if match is None or match[3] is not None:
        return
    call, place = f"{match[1]}:{match[2]}", f"branch(target), job_state {name!r}"
    after = reached(states, name)
    asked_again = [each for loop in loops_of(states) for each in loop if each in after and each != name]
    if any(_calls(states[each]) for each in asked_again):
        if type(subject.job_type).stop is JobType.stop:
            yield Breach(place, f"the job of {call} is polled, and nothing ends it when the run is aborted", _STOP)
    elif (call in SYNC or _STARTS.fullmatch(match[2])) and not any(_waits(states[each]) for each in after - {name}):
        remedy = f"write .sync ({call}.sync), or {_POLL}" if call in SYNC else _POLL
        yield Breach(place, f"{call} answers when the job has begun, and no later state waits for its end", remedy)


def _calls(state: Mapping[str, Any]) -> bool:  # Any: JSON that is walked
    return state.get("Type") in ("Task", "Parallel", "Map")


def _waits(state: Mapping[str, Any]) -> bool:  # Any: see _calls
    """A Task that ends when something else does: ``.sync``, ``.waitForTaskToken``, or a function, which may wait itself."""
    tasks = [each for _, each in every_state({"": state}) if each.get("Type") == "Task"]
    resources = [str(each.get("Resource", "")) for each in tasks]
    return any(".sync" in each or each.endswith(".waitForTaskToken") or ":lambda:" in each for each in resources)
