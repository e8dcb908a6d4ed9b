"""Check of the parser's success word against the service's own words: only those for success are green."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core.contract import JobState, JobStatus, Outcome
from extract_core.testing.broken import Breach, NotChecked, check
from extract_core.testing.checks.branch import every_state, walked_or_left_out
from extract_core.testing.machine import good_result
from extract_core.testing.service_models import ModelsMissing
from extract_core.testing.state_words import StateMember, state_members
from extract_core.told import RAISED, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.contract import Json
    from extract_core.testing.subject import Subject

_NEW_WORD: Final = "CONTRACT_KIT_NEW_WORD"
_NO_MODEL: Final = frozenset({"lambda", "sqs", "sns", "events", "http", "apigateway"})
"""Calls whose answers are the plugin's own affair: no model of the service describes what stands in them."""


@check
def only_success_words_are_green(subject: Subject) -> Iterator[Breach]:
    """A good end is SUCCEEDED, and with any other word of the service's state member (Stopped, InProgress) it is not."""
    services = _services(subject)
    if not services:
        raise NotChecked("left out: the branch calls no service whose model tells the words for a job's state")
    good = _good_end(subject)
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
