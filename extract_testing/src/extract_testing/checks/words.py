"""Check of the status parser with all state words of the service: only the words for success are SUCCEEDED."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from extract_core.contract import JobState, JobStatus, Outcome
from extract_core.wording import RAISED, described
from extract_testing.branch.states import every_state
from extract_testing.breaches import Breach, NotChecked
from extract_testing.check import check
from extract_testing.services.models import ModelsMissing
from extract_testing.services.state_words import StateMember, state_members
from extract_testing.subject.run import good_result, walk_or_skip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.contract import Json
    from extract_testing.subject.subject import Subject

_NEW_WORD: Final = "CONTRACT_KIT_NEW_WORD"
_STOPS: Final = frozenset({"STOPPED", "Stopped", "CANCELLED", "Cancelled", "CANCELED", "ABORTED"})
"""Words of services for a job that a person stopped."""
_NO_MODEL: Final = frozenset({"lambda", "sqs", "sns", "events", "http", "apigateway"})
"""Services whose answers the plugin defines itself: no model describes them."""


@check
def only_success_words_succeed(subject: Subject) -> Iterator[Breach]:
    """Only words for success of the service (botocore's enum of a job's state) are SUCCEEDED; a stop is not retryable."""
    good = good_end(subject)
    yield from _lost_in_the_branch(subject, good)
    for member in members_of(subject, good):
        yield from _judged(subject, good, member)
        yield from _retryable_stop(subject, good, member)


def members_of(subject: Subject, good: Json) -> list[StateMember]:
    """The members of a success that hold a state and decide. NotChecked if no model has words for them."""
    services = _services(subject)
    if not services:
        raise NotChecked("left out: no service of the branch has a model with the words for a job's state")
    state = f"state {subject.branch.job_state!r}"
    if not _succeeds(subject, good):
        remedy = f"add the answer of {state} for a success to task_results"
        raise NotChecked(f"left out: no success of this job type is known, so its words cannot be tested; {remedy}")
    try:
        members = state_members(services, good)
    except ModelsMissing as missing:
        raise NotChecked(f"left out: {missing}") from missing
    if not members:
        raise NotChecked(f"left out: botocore has no enum for the state member in a success of {', '.join(services)}")
    return [member for member in members if not _succeeds(subject, member.with_word(good, _NEW_WORD))] or members[:1]


def _lost_in_the_branch(subject: Subject, good: Json) -> Iterator[Breach]:
    """The success of local_answer is SUCCEEDED, but not what the branch makes of it."""
    walked = walk_or_skip(subject, subject.cases[0])
    if walked.unanswered or walked.result.status != "SUCCEEDED" or _succeeds(subject, good):
        return
    answer = good_result(subject, subject.cases[0]) if subject.branch.job_state not in subject.task_results else good
    if answer != good and _succeeds(subject, answer):
        problem = f"a success is not SUCCEEDED after the branch: the branch turns {answer!r} into {good!r}"
        yield Breach("status(outcome)", problem, _KEEP)


_KEEP: Final = "keep all that status() reads in ResultSelector or Output, or remove it: then the whole result is passed on"


def _judged(subject: Subject, good: Json, member: StateMember) -> Iterator[Breach]:
    where = ".".join(member.path)
    if not member.known:
        remedy = "use the service's own word in status() and in local_answer() or task_results"
        problem = f"a success has {where} {member.word!r}, not a word of the service; its words: {_listed(member.words)}"
        yield Breach("status(outcome)", problem, remedy)
        return
    succeeding = [word for word in member.bad_words() if _succeeds(subject, member.with_word(good, word))]
    if succeeding:
        remedy = "return SUCCEEDED only for the word that means success: the service has other words, and gets new ones"
        yield Breach("status(outcome)", f"it returns SUCCEEDED for the result with {where} {_listed(succeeding)}", remedy)


def _retryable_stop(subject: Subject, good: Json, member: StateMember) -> Iterator[Breach]:
    """The machine's retry loop must not restart a job that a person stopped."""
    for word in sorted(member.words & _STOPS):
        stopped = member.with_word(good, word)
        outcome = Outcome.failed("States.TaskFailed", json.dumps(stopped))
        status: object = subject.status(outcome)
        if isinstance(status, JobStatus) and status.retryable:
            problem = f"{'.'.join(member.path)} {word!r} is retryable"
            yield Breach("status(outcome)", problem, "return verdicts.STOPPED for it: a person stopped the job")


def _listed(words: object) -> str:
    return ", ".join(map(repr, sorted(words))) if isinstance(words, frozenset | list) else repr(words)


def _services(subject: Subject) -> tuple[str, ...]:
    """The services that the branch calls, if a model describes their answers."""
    services = dict[str, None]()
    for _, state in every_state(subject.states):
        called = str(state.get("Resource", "")).partition(":::")[2].removeprefix("aws-sdk:").partition(":")[0]
        if state.get("Type") == "Task" and called and called not in _NO_MODEL:
            services[called] = None
    return tuple(services)


def good_end(subject: Subject) -> Json:
    """The value of ``$.job_result`` after a run that succeeds. If the branch loses it: the answer of local_answer()."""
    case = subject.cases[0]
    output = walk_or_skip(subject, case).result.output
    has_result = isinstance(output, dict) and "job_result" in output
    return output["job_result"] if has_result else good_result(subject, case)


def _succeeds(subject: Subject, result: Json) -> bool:
    try:
        status: object = subject.status(Outcome.succeeded(result))
    except RAISED as error:
        raise NotChecked(f"left out: status() raised {described(error)}, which another check reports") from error
    return isinstance(status, JobStatus) and status.state is JobState.SUCCEEDED
