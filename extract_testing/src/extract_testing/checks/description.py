"""Check of the words of a SyncJob: its members and states are those of the service's description of a job."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from extract_core.sync_job.base import SyncJob
from extract_core.sync_job.paths import steps
from extract_core.sync_job.polled import PolledJob
from extract_core.wording import did_you_mean
from extract_testing.branch.states import call_of
from extract_testing.breaches import Breach, NotChecked
from extract_testing.check import check
from extract_testing.services.answers import enum_at, outputs_of
from extract_testing.services.descriptions import GOES_ON, descriptions, moments_of, words_of
from extract_testing.services.models import ModelsMissing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.sync_job.words import ServiceWords
    from extract_testing.services.descriptions import Members
    from extract_testing.subject.subject import Subject

_CALL: Final = re.compile(r"arn:[a-z0-9-]+:states:::(?:aws-sdk:)?([a-z0-9-]+):([A-Za-z0-9]+)(?:\.sync.*)?\Z")
_NEAR: Final = 0.8  # difflib.SequenceMatcher.ratio
_TIMES: Final = {"started_members": re.compile("Start|Began|Begin"), "ended_members": re.compile("End|Stop|Complet|Finish")}
_ENDED: Final = re.compile(
    r"(?i)(?:succe\w+|complete\w*|finished|failed|failure|fault|error|stopped|cancell?ed|aborted|timed?_?out|expired|terminated"
    r"|interrupted)\Z"
)
_REMEDY: Final = "write the service's own name, in PascalCase (its API reference)"


@check
def words_are_the_services(subject: Subject) -> Iterator[Breach]:
    """The service's description of a job (botocore) has the members and states of the class; the class has each end."""
    job_type = subject.job_type
    call = _CALL.match(str(subject.states[subject.branch.job_state].get("Resource", "")))
    if isinstance(job_type, PolledJob) and not job_type.done_member:
        yield from _words(job_type, _words_of_the_question(subject, job_type.loop_path()))
    if not isinstance(job_type, SyncJob) or not hasattr(job_type, "state_member") or call is None:
        return
    if job_type.fault_of_definition():
        raise NotChecked("left out: an attribute is missing or of the wrong kind, which another check reports")
    looks_itself = any(_overrides(job_type, method) for method in ("job_in", "described"))
    try:
        all_members = descriptions(call[1], call[2], nested=looks_itself)
    except ModelsMissing as missing:
        raise NotChecked(f"left out: {missing}") from missing
    described = [members for members in all_members if job_type.state_member in members]
    if not described:
        known = sorted({name for members in all_members for name in members})
        yield _no_member("state_member", job_type.state_member, known)
        return
    known = sorted({name for members in (all_members if looks_itself else described) for name in members})
    yield from _members(job_type, known)
    yield from _times(job_type, described, known)
    yield from _words(job_type, words_of(described, job_type.state_member))


def _words_of_the_question(subject: Subject, state_path: str) -> frozenset[str]:
    """The words of the state in the answer to a PolledJob's question; empty if there is no model, or no enum."""
    for state in subject.states.values():
        question = call_of(state) if str(state.get("ResultPath")) == "$.job_result" else None
        if question is not None:
            try:
                return enum_at(outputs_of(question.service, question.action, sync=False), tuple(steps(state_path)))
            except ModelsMissing as missing:
                raise NotChecked(f"left out: {missing}") from missing
    return frozenset()


def _overrides(job_type: object, method: str) -> bool:
    base = PolledJob if isinstance(job_type, PolledJob) else SyncJob
    return getattr(type(job_type), method) is not getattr(base, method)


def _no_member(attribute: str, name: str, known: list[str]) -> Breach:
    near = did_you_mean(name, known)
    has = near or f"; it has {', '.join(known)}"
    return Breach(f"class, {attribute}", f"the service's description of a job has no member {name!r}{has}", _REMEDY)


def _members(job_type: SyncJob, known: list[str]) -> Iterator[Breach]:  # type: ignore[type-arg] # whichever models it has
    if job_type.id_member not in known:
        yield _no_member("id_member", job_type.id_member, known)
    for attribute in ("known_by", "reason_members", "started_members", "ended_members"):
        names: list[str] = list(getattr(job_type, attribute))
        if getattr(job_type, attribute) is getattr(SyncJob, attribute):
            continue
        unknown = [name for name in names if name not in known]
        for name in unknown:  # one of several may be of a similar service
            if len(unknown) == len(names) or get_close_matches(name, set(known) - set(names), n=1, cutoff=_NEAR):
                yield _no_member(attribute, name, known)


def _times(job_type: SyncJob, described: list[Members], known: list[str]) -> Iterator[Breach]:  # type: ignore[type-arg] # see above
    """The default names of the times, if this service has others."""
    for attribute, words in _TIMES.items():
        if getattr(job_type, attribute) is not getattr(SyncJob, attribute) or set(getattr(SyncJob, attribute)) & set(known):
            continue
        others = sorted({name for members in described for name in moments_of(members) if words.search(name)})
        if others:
            problem = f"it has its default {getattr(SyncJob, attribute)!r}, which this service does not have"
            yield Breach(f"class, {attribute}", problem, f"name the member with the time: {' or '.join(others)}")


def _words(job_type: ServiceWords, words: frozenset[str]) -> Iterator[Breach]:
    if not words:
        return
    named = {"succeeded": [job_type.succeeded], "failures": list(job_type.failures), "not_ends": sorted(job_type.not_ends)}
    for attribute, states in named.items():
        for state in states:
            if state not in words:
                near = did_you_mean(state, words) or f"; its words: {', '.join(sorted(words))}"
                problem = f"{state!r} is not a word of the service for {job_type.state_member}{near}"
                yield Breach(f"class, {attribute}", problem, "write the service's own word: another one is never read")
    for state in sorted(word for word in job_type.not_ends if _ENDED.match(word)):
        problem = f"{state!r} is an end, and not a state of a job that goes on"
        yield Breach("class, not_ends", problem, "write it into failures, with the class that it means")
    twice = [state for state in job_type.failures if state == job_type.succeeded or state in job_type.not_ends]
    if twice and not _overrides(job_type, "status"):
        problem = f"{', '.join(map(repr, twice))} is also in succeeded or not_ends"
        yield Breach("class, failures", problem, "let each state have one meaning")
    missing = sorted(word for word in words - {state for states in named.values() for state in states} if not GOES_ON.match(word))
    if missing and not _overrides(job_type, "status"):
        problem = f"the service also has {', '.join(map(repr, missing))}, which means UNKNOWN here: no attempt follows"
        yield Breach("class, failures", problem, "add each to failures, or to not_ends if the job goes on")
