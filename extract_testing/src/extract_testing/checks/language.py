"""Checks of the branch as Amazon States Language, by the toolkit's checker: what Step Functions refuses, and what hurts later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_testing.broken import Breach, NotChecked, check
from extract_testing.machine import definition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asl_toolkit.check import Finding
    from extract_testing.subject import Subject

_TOLD_BY_OTHERS: Final = frozenset(
    {
        *("STATE_NAME", "DUPLICATE_STATE", "PARTITION", "RESULT_MEMBER", "MODELS_MISSING", "CHOICE_NO_DEFAULT"),
        "CHOICE_UNGUARDED",  # the item and the arguments are known here: what a Choice reads is looked for in them
    }
)
"""Findings that another check tells in the words of the contract; MODELS_MISSING is told where models are needed."""


@check
def branch_is_states_language(subject: Subject) -> Iterator[Breach]:
    """Step Functions takes it: fields, paths, expressions, targets; every state is led to, every choice guarded."""
    from asl_toolkit import DefinitionError, load

    found = [each for each in findings(subject) if each.code not in _TOLD_BY_OTHERS and not each.code.startswith("PARAMETER_")]
    for finding in found:
        yield breach_of(finding)
    if found:
        return
    try:
        load(definition(subject))
    except DefinitionError as error:
        for fault in error.findings:
            if fault.code not in _TOLD_BY_OTHERS:
                yield Breach(place_of(fault.pointer), f"{fault.message} [{fault.code}]", "mend it as the message says")


@check
def result_selectors_read_what_is_sent(subject: Subject) -> Iterator[Breach]:
    """No ResultSelector names a member that the service may leave out: a missing path there ends the whole run."""
    found = findings(subject)
    for finding in found:
        if finding.code == "RESULT_MEMBER":
            remedy = "leave ResultSelector out and let status() read the whole result: a missing path there ends the whole run"
            yield Breach(place_of(finding.pointer), finding.message, remedy)
    if any(finding.code == "MODELS_MISSING" for finding in found):
        raise NotChecked("left out: botocore is not installed, so nothing is known of the services' answers: pip install boto3")


def findings(subject: Subject) -> list[Finding]:
    """What the toolkit's checker says of the branch in a machine of its own."""
    from asl_toolkit.check import check as check_language

    return check_language(definition(subject))


def breach_of(finding: Finding) -> Breach:
    """A finding in the words of the kit."""
    remedy = finding.remedy[:1].lower() + finding.remedy[1:]
    return Breach(place_of(finding.pointer), f"{finding.message} [{finding.code}]", remedy)


def state_of(pointer: str) -> str:
    """The state that a JSON pointer is about: the outermost one."""
    steps = _steps(pointer)
    return steps[1] if len(steps) > 1 and steps[0] == "States" else ""


def place_of(pointer: str) -> str:
    """``/States/Farm Run/Parameters`` as people read it."""
    inside = "/".join(_steps(pointer)[2:])
    state = state_of(pointer)
    return "branch(target)" + (f", state {state!r}" if state else "") + (f", {inside}" if state and inside else "")


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
