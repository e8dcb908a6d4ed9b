"""Check of branches that poll: they follow the job to its end and no further, on time, and cancel what takes too long."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from asl_toolkit import TaskFailed
from extract_core.contract import JobState, LocalExit, Outcome
from extract_core.registry.routing import STOP_ERROR, STOPPED
from extract_core.sync_job.polled import PolledJob
from extract_core.wording import RAISED
from extract_testing.branch.states import call_of, loops_of
from extract_testing.breaches import Breach
from extract_testing.check import check
from extract_testing.services.answers import outputs_of, sample_answer, words_at
from extract_testing.services.descriptions import GOES_ON, reads_only
from extract_testing.services.models import ModelsMissing
from extract_testing.subject.run import good_result, walk_with

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asl_toolkit import TaskRequest
    from extract_core.contract import Json
    from extract_testing.subject.subject import Subject
    from extract_testing.subject.walk import Walk

_LIMIT: Final = 7_200
"""`$.timeout_seconds` of the runs."""
_VARIABLE: Final = re.compile(
    r"'Variable': '(\$[\w.]+)', 'StringEquals'|(\$states\.input(?:\.\w+)+)\s*(?:=|in)\s*(?:\[?\s*\\?['\"])"
)
"""A member that a Choice compares with a text, in JSONPath or in JSONata."""
Steps = tuple[str | int, ...]
"""A path in an answer: members by name, places in lists by number."""
_CANCELLED: Final = "ContractKitCancelled"
"""A member of the answer to the Task that cancels: it must not be in the job's result."""
_LATE: Final = 1_800
"""Seconds that a loop may go on after the limit: the last wait, and the cancelling."""


@check
def polling_follows_the_job(subject: Subject) -> Iterator[Breach]:
    """A loop goes on while the job does, ends with each of its ends, and cancels a job that is over the table's time."""
    loops = [loop for loop in loops_of(subject.states) if any(subject.states[name].get("Type") == "Task" for name in loop)]
    if not loops:
        return
    yield from _local_ends(subject)
    yield from _given_answers(subject)
    for loop in loops:
        asks = [name for name in loop if subject.states[name].get("Type") == "Task" and name != subject.branch.job_state]
        for ask in asks:
            yield from _words(subject, loop, ask)
            yield from _too_long(subject, loop, ask)


def _local_ends(subject: Subject) -> Iterator[Breach]:
    """The ends of a run on one machine: each question gets the answer of local_answer."""
    case = subject.cases[0]
    if not subject.runs_here:
        return
    for code in (0, 1):
        ended = LocalExit(code=code, seconds=2.0, output_tail="ValueError: row 41 is not a number")
        try:
            end = subject.job_type.local_answer(case.arguments, ended)
        except RAISED:
            return
        walked = walk_with(subject, {**case.item, "timeout_seconds": _LIMIT}, partial(as_local, subject, end=end))
        place = f"branch(target), run as on one machine, exit code {code}"
        if walked.result.status != "SUCCEEDED":
            yield Breach(
                place,
                f"it ended {walked.result.status}: {walked.result.error}: {walked.result.cause}",
                "answer each Task: local_answer and local_task",
            )
        elif walked.seconds >= _LIMIT:
            problem = f"the job has ended, and the branch asks for it until its time is up ({end.result!r})"
            yield Breach(place, problem, "let a rule of the Choice leave the loop for each word with which a job ends")


def _given_answers(subject: Subject) -> Iterator[Breach]:
    """The answers in task_results are the service's own: a PolledJob follows them to an end that its words know."""
    job_type = subject.job_type
    asks = [name for name, state in subject.states.items() if state.get("ResultPath") == "$.job_result"]
    if not isinstance(job_type, PolledJob) or not any(name in subject.task_results for name in asks):
        return
    success = good_result(subject, subject.cases[0])
    ahead = {name: list(results) for name, results in subject.task_results.items()}

    def answer_of(request: TaskRequest) -> Json:
        results = ahead.get(request.state_name) or [success]
        return results.pop(0) if len(results) > 1 else results[0]

    walked = walk_with(subject, {**subject.cases[0].item, "timeout_seconds": _LIMIT}, answer_of)
    place, output = f"branch(target), with the answers of {asks[0]!r} in task_results", walked.result.output
    answer = output.get("job_result") if isinstance(output, dict) else None
    if isinstance(output, dict) and output.keys() & {STOPPED, STOP_ERROR}:
        word = job_type.loop_word(job_type.described(Outcome.succeeded(answer)))
        problem = f"the job is stopped: the last answer has {word!r} at {job_type.loop_path()}, which is not an end"
        yield Breach(place, problem, "correct path and words of the class, or let the last answer be one of an ended job")
    elif answer is not None:
        status = subject.status(Outcome.succeeded(answer, subject.cases[0].item))
        if status.state is JobState.UNKNOWN:
            yield Breach(place, f"status() is UNKNOWN: {status.message}", "correct state_member and the words of the class")


def as_local(subject: Subject, request: TaskRequest, end: Outcome) -> Json:
    """The result of a Task as `extract run --local` gives it. Raises TaskFailed."""
    if request.state_name == subject.branch.job_state:
        outcome: Outcome | None = end
    else:
        outcome = subject.job_type.local_task(request.state_name, request.parameters, end)
    if outcome is None:
        raise TaskFailed("ContractKit.NoAnswer", f"local_task has no answer for {request.state_name!r}")
    if outcome.error is not None:
        raise TaskFailed(outcome.error, outcome.cause or "")
    return outcome.result


def _answered(subject: Subject, ask: str, answer: Json) -> Walk:
    """A run in which each question is answered so, and every other Task as the API would answer."""

    def of(request: TaskRequest) -> Json:
        if request.state_name == ask:
            return answer
        results = subject.task_results.get(request.state_name)
        result = results[0] if results else _sample(subject, request.state_name)
        is_other = request.state_name != subject.branch.job_state and _changes(subject.states[request.state_name])
        return {**result, _CANCELLED: True} if is_other and isinstance(result, dict) else result

    return walk_with(subject, {**subject.cases[0].item, "timeout_seconds": _LIMIT}, of)


def _sample(subject: Subject, state: str) -> Json:
    call = call_of(subject.states[state])
    try:
        return sample_answer(call.service, call.action) if call else {}
    except ModelsMissing:
        return {}


def _words(subject: Subject, loop: list[str], ask: str) -> Iterator[Breach]:
    """Each word that the API has for the state that the loop's Choice compares."""
    call = call_of(subject.states[ask])
    if call is None:
        return
    try:
        shapes = outputs_of(call.service, call.action, sync=False)
    except ModelsMissing:
        return
    base = _base(subject, ask)
    for path in _compared(subject, loop, ask):
        for word in sorted(words_at(shapes, path)):
            walked = _answered(subject, ask, _with(base, path, word))
            if walked.result.status != "SUCCEEDED":
                return  # what is missing in the answers is reported elsewhere
            place = f"branch(target), loop of {ask!r}, {'.'.join(map(str, path))} {word!r}"
            early = walked.seconds < _LIMIT / 2
            if GOES_ON.match(word) and early:
                yield Breach(
                    place, "the loop ends, although the job goes on", "leave this word out of the rules that leave the loop"
                )
            elif not GOES_ON.match(word) and not early:
                yield Breach(
                    place,
                    "the job has ended, and the loop goes on until its time is up",
                    "add the word to the rules that leave the loop",
                )


def _too_long(subject: Subject, loop: list[str], ask: str) -> Iterator[Breach]:
    """A job that never ends: the loop ends at the table's time, and the job is cancelled."""
    answer = _of_a_running_job(subject, loop, ask)
    if answer is None:
        return
    walked = _answered(subject, ask, answer)
    place = f"branch(target), loop of {ask!r}, with a job that never ends"
    if walked.result.status != "SUCCEEDED":
        if walked.result.error == "ContractKit.Endless":
            problem = f"it asks more than {len(walked.requests) - 1} times within {walked.seconds:,.0f} seconds"
            yield Breach(place, problem, "wait between two questions, and leave the loop at $.timeout_seconds")
        return
    if walked.seconds < _LIMIT * 0.9:
        problem = f"it ends after {walked.seconds:,.0f} seconds, and the table has {_LIMIT:,}"
        yield Breach(place, problem, "compare the time with $.timeout_seconds")
    elif walked.seconds > _LIMIT + _LATE:
        problem = f"it ends after {walked.seconds:,.0f} seconds, and the table has {_LIMIT:,}"
        yield Breach(place, problem, "wait for a minute or so between two questions, and count what the Wait takes")
    output = walked.result.output if isinstance(walked.result.output, dict) else {}
    if _CANCELLED in json.dumps(output.get("job_result")):
        problem = "$.job_result is the answer to the Task that cancels the job, and not the last answer about the job"
        yield Breach(place, problem, "let the Task that cancels write its answer to another ResultPath: $.cancelled")
    if not any(
        _changes(subject.states[request.state_name])
        for request in walked.requests
        if request.state_name != subject.branch.job_state
    ):
        yield Breach(
            place,
            "the job is not cancelled: it goes on, and is paid for",
            "end with a Task that calls the service's Cancel or Stop",
        )


def _of_a_running_job(subject: Subject, loop: list[str], ask: str) -> Json:
    """The answer about a job that goes on, from task_results or with a word of the API; None if none is known."""
    results, call = subject.task_results.get(ask, ()), call_of(subject.states[ask])
    if ":lambda:" in str(subject.states[ask].get("Resource")):
        return None  # the function decides when the time is up
    first: Json = results[0] if len(results) > 1 else None
    if call is None:
        return first
    path = next(iter(_compared(subject, loop, ask)), ())
    try:
        words = [
            word for word in sorted(words_at(outputs_of(call.service, call.action, sync=False), path)) if GOES_ON.match(word)
        ]
    except ModelsMissing:
        return first
    base = first if first is not None else _base(subject, ask)
    return _with(base, path, words[0]) if words else first


def _changes(state: dict[str, Any]) -> bool:  # Any: parsed JSON
    call = call_of(state)
    if call is None:
        parameters = state.get("Parameters", state.get("Arguments"))
        return not isinstance(parameters, dict) or parameters.get("Method") != "GET"
    return not reads_only(call.action[:1].upper() + call.action[1:])


def _compared(subject: Subject, loop: list[str], ask: str) -> list[Steps]:
    """The members of the question's answer that Choices of the loop compare with texts."""
    paths = dict[Steps, None]()
    for name in loop:
        if subject.states[name].get("Type") == "Choice":
            for match in _VARIABLE.finditer(str(subject.states[name].get("Choices"))):
                if path := _in_the_answer(subject.states[ask], match[1] or match[2]):
                    paths[path] = None
    return list(paths)


def _in_the_answer(state: dict[str, Any], variable: str) -> Steps:  # Any: parsed JSON
    """The path in the answer of what a Choice reads from the item: through ResultPath and ResultSelector, or the Output."""
    names = variable.split(".")
    if variable.startswith("$states.input."):
        member = re.search(rf"\W{re.escape(names[2])}\W*:\s*\$states\.result((?:\.\w+)*)(\[0\])?\s*\}}", str(state.get("Output")))
        if member is None or member[2]:
            return (*member[1].split(".")[1:], 0, *names[3:]) if member else ()
        return (*member[1].split(".")[1:], *names[3:])
    place = str(state.get("ResultPath", "")).split(".")
    if place[0] != "$" or names[: len(place)] != place:
        return ()
    inner = names[len(place) :]
    selector = state.get("ResultSelector")
    if inner and isinstance(selector, dict):
        selected = str(selector.get(f"{inner[0]}.$", ""))
        if not re.fullmatch(r"\$(\.\w+(\[0\])?)+", selected):
            return ()
        inner = [*selected.replace("[0]", ".0").split(".")[1:], *inner[1:]]
    return tuple(0 if name == "0" else name for name in inner)


def _base(subject: Subject, ask: str) -> Json:
    results = subject.task_results.get(ask)
    return results[-1] if results else _sample(subject, ask)


def _with(answer: Json, path: Steps, word: str) -> Json:
    if not path:
        return word
    if isinstance(path[0], int):
        inner = answer if isinstance(answer, list) and answer else [{}]
        return [_with(inner[0], path[1:], word), *inner[1:]]
    members = answer if isinstance(answer, dict) else {}
    return {**members, path[0]: _with(members.get(path[0], {}), path[1:], word)}
