"""Checks of the arguments against the branch that reads them: every path is built, every value has the service's JSON type."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from extract_testing.broken import Breach, NotChecked, check
from extract_testing.checks.branch import walked_or_left_out
from extract_testing.checks.language import breach_of, findings, state_of
from extract_testing.constraints import shown
from extract_testing.machine import language, walk
from extract_testing.paths import Read, reads, targets
from extract_testing.service_models import ModelsMissing, faults_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_testing.subject import Case, Subject

_UNCATCHABLE: Final = "a missing path ends the whole run, and nothing catches it"


@check
def arguments_hold_what_the_branch_reads(subject: Subject) -> Iterator[Breach]:
    """Every ``$.arguments.x`` of the branch is in what arguments() returns; every other ``$.x`` is the item's."""
    found = list(_missing(subject))
    yield from found
    if found or any(finding.code == "RESULT_MEMBER" for finding in findings(subject)):
        return
    for case in subject.cases:  # what only a run can tell: an InputPath, an inner state
        from asl_toolkit import DefinitionError

        try:
            walked = walk(subject, case)
        except DefinitionError as error:
            raise NotChecked("left out: the branch is no Amazon States Language, which another check tells") from error
        if walked.result.error in ("States.Runtime", "States.QueryEvaluationError"):
            place = f"branch(target), run with {case.label}"
            yield Breach(place, f"{walked.result.error}: {walked.result.cause}", f"build what it reads: {_UNCATCHABLE}")


def _missing(subject: Subject) -> Iterator[Breach]:
    """By looking: states behind a Choice may read what only some tables have, the others what every table has."""
    always = _before_a_choice(subject)
    produced = set(_produced(subject))
    for name, state in subject.states.items():
        lacking = defaultdict[Read, list[str]](list)
        for case in subject.cases:
            for read in reads(state, jsonata=language(subject, state) == "JSONata"):
                if read.steps[0] not in produced and not read.found_in(dict(case.item)):
                    lacking[read].append(case.label)
        for read, labels in lacking.items():
            if name in always or len(labels) == len(subject.cases):
                yield _breach(subject, name, read, labels)


def _breach(subject: Subject, name: str, read: Read, labels: list[str]) -> Breach:
    place = f"branch(target), state {name!r}, {read.field}"
    if read.steps[0] == "arguments":
        never = len(labels) == len(subject.cases)
        builds = "builds for no table" if never else f"does not build for {labels[0]}"
        problem = f"it reads {read.path}, which arguments() {builds}"
        return Breach(place, problem, f"give it a value for every table: {_UNCATCHABLE}")
    keys = ", ".join(sorted(subject.cases[0].item))
    return Breach(place, f"it reads {read.path}, which no item has", f"read one of the item's keys ({keys}): {_UNCATCHABLE}")


def _produced(subject: Subject) -> Iterator[str]:
    """Members of the item that the branch's own states write."""
    yield from ("job_result", "job_error")
    for state in subject.states.values():
        for written in (state, *(state.get("Catch") or ())):
            path = written.get("ResultPath")
            if isinstance(path, str) and path.startswith("$."):
                yield path[2:].partition(".")[0].partition("[")[0]
        if language(subject, state) == "JSONata":
            # What Output adds can't be told by looking: a run tells.
            named = {str(read.steps[0]) for each in subject.states.values() for read in reads(each, jsonata=True)}
            yield from named - subject.cases[0].item.keys()
            return


def _before_a_choice(subject: Subject) -> set[str]:
    """The states that every table comes through, as long as no Task fails: from the start up to the first Choice."""
    found, name = set[str](), subject.branch.start
    while name in subject.states and name not in found:
        found.add(name)
        state = subject.states[name]
        if state.get("Type") == "Choice":
            break
        name = next(targets(state), "")
    return found


@check
def requests_have_the_services_types(subject: Subject) -> Iterator[Breach]:
    """Each Task's request has the members, JSON types, lengths and patterns of the service's API, by botocore's model of it."""
    left_out, seen = dict[str, None](), set[str]()
    for case in subject.cases:
        for request in walked_or_left_out(subject, case).requests:
            seen.add(request.state_name)
            place = f"branch(target), state {request.state_name!r}, with {case.label}"
            try:
                faults = faults_of(request)
            except ModelsMissing as missing:
                left_out[str(missing)] = None
                continue
            for fault in faults:
                yield Breach(place, f"{request.service}:{request.action} refuses the request: {fault}", _remedy(fault, case))
    for finding in findings(subject):  # what stands in states that no run came to, and words that are not allowed
        if finding.code == "PARAMETER_VALUE" or (finding.code.startswith("PARAMETER_") and state_of(finding.pointer) not in seen):
            yield breach_of(finding)
    if left_out:
        raise NotChecked("left out: " + "; ".join(left_out))


def _remedy(fault: str, case: Case) -> str:
    if fault.endswith("is the most that is taken"):
        return _BOUND
    if fault.endswith("are taken") and any(shown(value) in fault for value in case.table.job_arguments.values()):
        return _TOO_LONG
    return _CUT if fault.endswith("are taken") or "does not match" in fault else _AS_THE_API


_AS_THE_API: Final = "build it in arguments() as the API wants it (text stays text): Step Functions converts nothing"
_BOUND: Final = "refuse it in settings(), by Field(le=…) with the service's limit: then it is told with its place in the config"
_TOO_LONG: Final = (
    "raise ArgumentsTooLong with the figures in arguments(): with argument_encoding: json the core puts them into an object then"
)
_CUT: Final = "build it in arguments() for long and odd names too: replace what is not taken, cut, and add a hash of the whole"
