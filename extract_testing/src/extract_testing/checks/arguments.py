"""Checks of the arguments and the branch that reads them: every path has a value, every value fits the service's API."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from extract_core.sync_job.polled import PolledJob
from extract_testing.branch.paths import Read, reads
from extract_testing.branch.states import is_http, targets
from extract_testing.breaches import Breach, NotChecked
from extract_testing.check import check, check_after
from extract_testing.checks.language import branch_is_valid_asl, breach_of, findings, state_of
from extract_testing.services.constraints import Refusal, shown
from extract_testing.services.models import ModelsMissing, refusals_of
from extract_testing.subject.run import language, walk, walk_or_skip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_testing.subject.subject import Case, Subject

_ENDS_THE_RUN: Final = "a missing path ends the whole run, and no Catch handles it"


@check
def arguments_hold_what_the_branch_reads(subject: Subject) -> Iterator[Breach]:
    """Every path that a state reads has a value for every table, in `$.arguments` or in the item."""
    missing = list(_missing(subject))
    yield from missing
    if missing or any(finding.code == "RESULT_MEMBER" for finding in findings(subject)):
        return
    for case in subject.cases:  # only a run shows the effect of an InputPath or an inner state
        from asl_toolkit import DefinitionError

        try:
            walked = walk(subject, case)
        except DefinitionError as error:
            raise NotChecked("left out: the branch is not valid Amazon States Language, which another check reports") from error
        if walked.result.error in ("States.Runtime", "States.QueryEvaluationError"):
            place = f"branch(target), run with {case.label}"
            yield Breach(place, f"{walked.result.error}: {walked.result.cause}", f"add what it reads: {_ENDS_THE_RUN}")


def _missing(subject: Subject) -> Iterator[Breach]:
    """Without a run: states after a Choice may read values of some tables only, the others need values of every table."""
    always = _before_a_choice(subject)
    produced = set(_produced(subject))
    for name, state in subject.states.items():
        lacking = defaultdict[Read, list[str]](list)
        for case in subject.cases:
            for read in reads(state, jsonata=language(subject, state) == "JSONata"):
                if read.steps[0] not in produced and not read.is_in(dict(case.item)):
                    lacking[read].append(case.label)
        for read, labels in lacking.items():
            if name in always or len(labels) == len(subject.cases):
                yield _breach(subject, name, read, labels)


def _breach(subject: Subject, name: str, read: Read, labels: list[str]) -> Breach:
    place = f"branch(target), state {name!r}, {read.field}"
    if read.steps[0] == "arguments":
        never = len(labels) == len(subject.cases)
        returns = "never returns" if never else f"does not return for {labels[0]}"
        problem = f"it reads {read.path}, which arguments() {returns}"
        return Breach(place, problem, f"return a value for every table: {_ENDS_THE_RUN}")
    keys = ", ".join(sorted(subject.cases[0].item))
    return Breach(place, f"it reads {read.path}, which no item has", f"read one of the item's keys ({keys}): {_ENDS_THE_RUN}")


def _produced(subject: Subject) -> Iterator[str]:
    """Members of the item that states of the branch write."""
    yield from ("job_result", "job_error")
    for state in subject.states.values():
        for written in (state, *(state.get("Catch") or ())):
            path = written.get("ResultPath")
            if isinstance(path, str) and path.startswith("$."):
                yield path[2:].partition(".")[0].partition("[")[0]
        if language(subject, state) == "JSONata":
            # Only a run shows what Output adds.
            names = {str(read.steps[0]) for other in subject.states.values() for read in reads(other, jsonata=True)}
            yield from names - subject.cases[0].item.keys()
            return


def _before_a_choice(subject: Subject) -> set[str]:
    """The states that every table passes if no Task fails: from the start to the first Choice."""
    passed, name = set[str](), subject.branch.start
    while name in subject.states and name not in passed:
        passed.add(name)
        state = subject.states[name]
        if state.get("Type") == "Choice":
            break
        name = next(targets(state), "")
    return passed


@check_after(branch_is_valid_asl)
def requests_match_the_api(subject: Subject) -> Iterator[Breach]:
    """Every request has the members, JSON types, ranges, lengths and patterns of the service's API, by botocore's model."""
    left_out, seen, refused = dict[str, None](), set[str](), set[str]()
    for case in subject.cases:
        for request in walk_or_skip(subject, case).requests:
            seen.add(request.state_name)
            place = f"branch(target), state {request.state_name!r}, with {case.label}"
            try:
                refusals = refusals_of(request)
            except ModelsMissing as missing:
                left_out[str(missing)] = None
                continue
            refused |= {request.state_name} if refusals else set()
            for refusal in refusals:
                problem = f"{request.service}:{request.action} refuses the request: {refusal.text}"
                yield Breach(place, problem, _remedy(subject, refusal, case))
    for finding in findings(subject):  # states that no run entered, and values that the models do not refuse
        state = state_of(finding.pointer)
        known = refused if finding.code == "PARAMETER_VALUE" else seen
        if finding.code.startswith("PARAMETER_") and state not in known and not is_http(subject.states.get(state, {})):
            yield breach_of(finding)
    if left_out:
        raise NotChecked("left out: " + "; ".join(left_out))


def _remedy(subject: Subject, refusal: Refusal, case: Case) -> str:
    if getattr(type(subject.job_type), "local_id", None) is PolledJob.local_id and _LOCAL_ID.search(refusal.text):
        return _NO_ID
    if refusal.kind == "size" and any(shown(value) in refusal.text for value in case.table.job_arguments.values()):
        return _TOO_LONG
    return _REMEDIES[refusal.kind]


_TOO_LONG: Final = (
    "raise ArgumentsTooLong with the sizes in arguments(): with argument_encoding: json the core then puts them into an object"
)
_LOCAL_ID: Final = re.compile(r" is '[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}'")
_NO_ID: Final = "write local_id(): it makes an id of the service's form for a job on one machine; by default this is a UUID"
_SHORTEN: Final = (
    "let arguments() handle long and unusual names: replace characters that are not allowed, cut, and add a hash of the whole"
)
_REMEDIES: Final = {
    "form": "let arguments() build what the API requires (strings stay strings): Step Functions converts nothing",
    "number": "refuse it in settings() with Field(le=…) and the service's limit: the error then names its place in the config",
    "size": _SHORTEN,
    "characters": _SHORTEN,
}
