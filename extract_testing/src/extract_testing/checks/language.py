"""Checks of the branch with the toolkit's checker of Amazon States Language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_testing.breaches import Breach, NotChecked
from extract_testing.check import check
from extract_testing.subject.run import definition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asl_toolkit.check import Finding
    from extract_testing.subject.subject import Subject

_OF_OTHER_CHECKS: Final = frozenset(
    {
        *("STATE_NAME", "DUPLICATE_STATE", "PARTITION", "RESULT_MEMBER", "MODELS_MISSING", "CHOICE_NO_DEFAULT"),
        "CHOICE_UNGUARDED",  # arguments_hold_what_the_branch_reads compares reads with the real item
    }
)
"""Findings that another check reports in the words of the contract."""


@check
def branch_is_valid_asl(subject: Subject) -> Iterator[Breach]:
    """Step Functions accepts the branch: fields, paths, expressions and targets are valid, and every state can be reached."""
    from asl_toolkit import DefinitionError, load

    own = [
        finding
        for finding in findings(subject)
        if finding.code not in _OF_OTHER_CHECKS and not finding.code.startswith("PARAMETER_")
    ]
    for finding in own:
        yield breach_of(finding)
    if own:
        return
    try:
        load(definition(subject))
    except DefinitionError as error:
        for fault in error.findings:
            if fault.code not in _OF_OTHER_CHECKS:
                yield Breach(place_of(fault.pointer), f"{fault.message} [{fault.code}]", "fix it as the message says")


@check
def result_selectors_read_required_members(subject: Subject) -> Iterator[Breach]:
    """No ResultSelector reads a member that the service may leave out."""
    reported = findings(subject)
    for finding in reported:
        if finding.code == "RESULT_MEMBER":
            remedy = "leave ResultSelector out and let status() read the whole result: a missing path there ends the whole run"
            yield Breach(place_of(finding.pointer), finding.message, remedy)
    if any(finding.code == "MODELS_MISSING" for finding in reported):
        raise NotChecked("left out: botocore is not installed, so the members of answers are not known: pip install boto3")


def findings(subject: Subject) -> list[Finding]:
    """The findings of the toolkit's checker for the branch in a small machine."""
    from asl_toolkit.check import check as check_language

    return check_language(definition(subject))


def breach_of(finding: Finding) -> Breach:
    """A finding as a breach."""
    remedy = finding.remedy[:1].lower() + finding.remedy[1:]
    return Breach(place_of(finding.pointer), f"{finding.message} [{finding.code}]", remedy)


def state_of(pointer: str) -> str:
    """The outermost state of a JSON pointer."""
    steps = _steps(pointer)
    return steps[1] if len(steps) > 1 and steps[0] == "States" else ""


def place_of(pointer: str) -> str:
    """``/States/Farm Run/Parameters`` in readable form."""
    inside = "/".join(_steps(pointer)[2:])
    state = state_of(pointer)
    return "branch(target)" + (f", state {state!r}" if state else "") + (f", {inside}" if state and inside else "")


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
