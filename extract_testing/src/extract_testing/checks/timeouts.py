"""Checks of time limits: of the state, of the service, of heartbeats, in their units and beside one another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extract_testing.branch.states import loops_of
from extract_testing.breaches import Breach, NotChecked
from extract_testing.check import check
from extract_testing.subject.run import walk_or_skip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.contract import Json
    from extract_testing.subject.subject import Case, Subject

_LIMITS: Final = re.compile(r"(?i)(?:timeout|duration|runtime)")
_UNITS: Final = (
    (re.compile(r"(?i)milli|Ms\Z"), 0.001),
    (re.compile(r"(?i)minutes"), 60),
    (re.compile(r"(?i)seconds"), 1),
    (re.compile(r"(?i)hours"), 3600),
)
_WITHOUT_A_UNIT: Final = {("glue", "Timeout"): 60, ("ssm", "executionTimeout"): 1}
"""By service and member: seconds of one (the API reference of each)."""
_DAY: Final = 86_400


@check
def timeout_covers_the_job(subject: Subject) -> Iterator[Breach]:
    """The state waits for `timeout_minutes` and longer than the service; no literal limit or heartbeat is in the way."""
    for number, settings in enumerate(subject.settings, start=1):
        seconds, place = subject.timeout(settings), f"timeout() of settings example {number}"
        minutes: object = getattr(settings, "timeout_minutes", None)
        if not isinstance(minutes, int | float):
            continue
        if seconds < minutes * 60:
            problem = f"it returned {seconds} seconds, less than timeout_minutes, {minutes} minutes"
            remedy = "return timeout_minutes * 60 and a margin: else Step Functions ends the job before its service does"
            yield Breach(place, problem, remedy)
        elif seconds > minutes * 600 + _DAY:
            problem = f"it returned {seconds:,} seconds, and timeout_minutes is {minutes}"
            yield Breach(place, problem, "return seconds: timeout_minutes * 60 and a margin")
    yield from _literal(subject)
    for case in subject.cases:
        yield from _of_the_service(subject, case)


def _literal(subject: Subject) -> Iterator[Breach]:
    name = subject.branch.job_state
    state = subject.states[name]
    longest, shortest = max(map(subject.timeout, subject.settings)), min(map(subject.timeout, subject.settings))
    limit, heartbeat = state.get("TimeoutSeconds"), state.get("HeartbeatSeconds")
    place = f"branch(target), state {name!r}"
    waits = ".sync" in str(state.get("Resource", "")) or not loops_of(subject.states)  # in a branch that polls, it only starts
    if waits and isinstance(limit, int) and limit < longest:
        remedy = "leave TimeoutSeconds out: the generator adds the table's own limit"
        yield Breach(place, f"its TimeoutSeconds is {limit:,}, and timeout() returned {longest:,} for a table", remedy)
    if isinstance(heartbeat, int) and heartbeat >= shortest:
        problem = f"its HeartbeatSeconds is {heartbeat:,}, and timeout() returned {shortest:,} for a table"
        yield Breach(place, problem, "use a heartbeat that is shorter than every time limit")


def _of_the_service(subject: Subject, case: Case) -> Iterator[Breach]:
    """The limits in the request of the job, in seconds: between the table's own and the state's."""
    try:
        requests = walk_or_skip(subject, case).requests
    except NotChecked:
        return
    minutes, seconds = getattr(case.settings, "timeout_minutes", None), subject.timeout(case.settings)
    for request in requests:
        if request.state_name != subject.branch.job_state:
            continue
        for member, value in _limits(request.service.removeprefix("aws-sdk:"), request.parameters, ""):
            place = f"arguments() of {case.label}, {member}"
            if isinstance(minutes, int | float) and value < minutes * 60:
                problem = f"the service ends the job after {value:,.0f} seconds, and timeout_minutes is {minutes}"
                yield Breach(place, problem, "pass timeout_minutes in the unit of the API")
            elif value >= seconds:
                problem = f"the service ends the job after {value:,.0f} seconds, and the state gives up after {seconds:,}"
                yield Breach(place, problem, "let timeout() return more: the service, not the state, should end a job")


def _limits(service: str, value: Json, name: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _limits(service, inner, key)
    elif isinstance(value, list) and len(value) == 1:
        yield from _limits(service, value[0], name)
    elif isinstance(value, int | float | str) and not isinstance(value, bool) and re.fullmatch(r"\d+(?:\.\d+)?", str(value)):
        unit = _WITHOUT_A_UNIT.get((service, name)) or next((factor for words, factor in _UNITS if words.search(name)), None)
        if unit is not None and _LIMITS.search(name):
            yield name, float(value) * unit
