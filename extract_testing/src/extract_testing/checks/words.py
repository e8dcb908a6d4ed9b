"""Check of the parser's success word against the service's own words: only those for success are green."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from extract_core.contract import JobState, JobStatus, Outcome
from extract_core.wording import RAISED, told
from extract_testing.broken import Breach, NotChecked, check
from extract_testing.checks.branch import every_state, walked_or_left_out
from extract_testing.machine import good_result
from extract_testing.service_models import ModelsMissing
from extract_testing.state_words import StateMember, state_members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.contract import Json
    from extract_testing.subject import Subject

_NEW_WORD: Final = "CONTRACT_KIT_NEW_WORD"
_STOPS: Final = frozenset({"STOPPED", "Stopped", "CANCELLED", "Cancelled", "CANCELED", "ABORTED"})
"""Words by which services say that somebody ended a job."""
_NO_MODEL: Final = frozenset({"lambda", "sqs", "sns", "events", "http", "apigateway"})
"""Calls whose answers are the plugin's own affair: no model of the service describes what stands in them."""


@check
def only_success_words_are_green(subject: Subject) -> Iterator[Breach]:
    """A good end is SUCCEEDED, and with any other word of the service's state member it is not; a stop is not tried again."""
    services = _services(subject)
    good = _good_end(subject)
    yield from _lost_on_its_way(subject, good)
    if not services:
        raise NotChecked("left out: the branch calls no service whose model tells the words for a job's state")
    state = f"state {subject.branch.job_state!r}"
    if not _is_green(subject, good):
        remedy = f"give task_results what {state} answers at a good end"
        raise NotChecked(f"left out: no good end of this job type is known here, so its words can't be tried; {remedy}")
    try:
        members = state_members(services, good)
    except ModelsMissing as missing:
        raise NotChecked(f"left out: {missing}") from missing
    if not members:
        raise NotChecked(f"left out: botocore has no enum for what says the state in a good end of {', '.join(services)}")
    deciding = [each for each in members if not _is_green(subject, each.with_word(good, _NEW_WORD))] or members[:1]
    for member in deciding:
        yield from _judged(subject, good, member)
        yield from _tried_again(subject, good, member)


def _lost_on_its_way(subject: Subject, good: Json) -> Iterator[Breach]:
    """What local_answer says of a good end is green, and what the branch makes of it is not."""
    walked = walked_or_left_out(subject, subject.cases[0])
    if walked.unanswered or walked.result.status != "SUCCEEDED" or _is_green(subject, good):
        return
    told_by_local = good_result(subject, subject.cases[0]) if subject.branch.job_state not in subject.task_results else good
    if told_by_local != good and _is_green(subject, told_by_local):
        problem = f"a good end does not read as SUCCEEDED when the branch is run: of {told_by_local!r} it gets {good!r}"
        yield Breach("status(outcome)", problem, _KEEP)


_KEEP: Final = "keep in ResultSelector (or Output) all that status() reads, or leave it out: the whole result is handed on then"


def _judged(subject: Subject, good: Json, member: StateMember) -> Iterator[Breach]:
    where = ".".join(member.path)
    if not member.known:
        remedy = "let status() look for the service's own word, and local_answer() or task_results say it so"
        problem = f"a good end is told by {where} {member.word!r}, which the service never says: it has {_listed(member.words)}"
        yield Breach("status(outcome)", problem, remedy)
        return
    green = [word for word in member.bad_words() if _is_green(subject, member.with_word(good, word))]
    if green:
        remedy = "say SUCCEEDED for the one word that means success: the service has others, and gets new ones"
        yield Breach("status(outcome)", f"it says SUCCEEDED for the result with {where} {_listed(green)}", remedy)


def _tried_again(subject: Subject, good: Json, member: StateMember) -> Iterator[Breach]:
    """A job that somebody stopped is not started again by the machine's retry loop."""
    for word in sorted(member.words & _STOPS):
        stopped = member.with_word(good, word)
        outcome = Outcome.failed("States.TaskFailed", json.dumps(stopped))
        status: object = subject.status(outcome)
        if isinstance(status, JobStatus) and status.retryable:
            problem = f"it finds {'.'.join(member.path)} {word!r} worth another try"
            yield Breach("status(outcome)", problem, "say verdicts.STOPPED for it: somebody wanted the job to end")


def _listed(words: object) -> str:
    return ", ".join(map(repr, sorted(words))) if isinstance(words, frozenset | list) else repr(words)


def _services(subject: Subject) -> tuple[str, ...]:
    """The services that the branch calls, as far as their answers are described."""
    found = dict[str, None]()
    for _, state in every_state(subject.states):
        called = str(state.get("Resource", "")).partition(":::")[2].removeprefix("aws-sdk:").partition(":")[0]
        if state.get("Type") == "Task" and called and called not in _NO_MODEL:
            found[called] = None
    return tuple(found)


def _good_end(subject: Subject) -> Json:
    """What stands at ``$.job_result`` after a good end, by a run; if it got lost there, what local_answer() says."""
    case = subject.cases[0]
    output = walked_or_left_out(subject, case).result.output
    kept = isinstance(output, dict) and "job_result" in output
    return output["job_result"] if kept else good_result(subject, case)


def _is_green(subject: Subject, result: Json) -> bool:
    try:
        status: object = subject.status(Outcome.succeeded(result))
    except RAISED as error:
        raise NotChecked(f"left out: status() raised {told(error)}, which another check tells") from error
    return isinstance(status, JobStatus) and status.state is JobState.SUCCEEDED
