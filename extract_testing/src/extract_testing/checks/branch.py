"""Checks of the branch: its state names, that every table reaches the status handler, and that it fits any partition."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Final

from extract_core.registry.loading import discover
from extract_core.registry.routing import CORE_STATES, HANDLE_STATUS, MAX_STATE_NAME, start_state
from extract_testing.branch.states import every_state
from extract_testing.breaches import Breach, NotChecked
from extract_testing.check import check
from extract_testing.subject.run import JOB_FAILED, language, walk_or_skip

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extract_core.registry.values import InstalledJobType
    from extract_testing.subject.subject import Case, Subject
    from extract_testing.subject.walk import Walk

_RUNS: Final = ("Task", "Map", "Parallel")


@check
def state_names_fit(subject: Subject) -> Iterator[Breach]:
    """State names are unique in the whole machine, begin with the title, and have at most 80 characters."""
    title, seen = subject.job_type.title, set[str]()
    others = _starts_of_others(subject)
    for name, _ in every_state(subject.states):
        place = f"branch(target), state {name!r}"
        if name in CORE_STATES:
            yield Breach(place, "the machine itself has a state of this name", f"begin the name with {title!r}")
        elif name in others:
            yield Breach(place, f"the installed job type {others[name]!r} has a state of this name", "change `title`")
        elif name != title and not name.startswith(f"{title} "):
            yield Breach(place, f"its name does not begin with the title {title!r}", f"call it {f'{title} {name}'!r}")
        if len(name) > MAX_STATE_NAME:
            problem = f"its name has {len(name)} characters, but Step Functions allows {MAX_STATE_NAME}"
            yield Breach(place, problem, "shorten it")
        if name in seen:
            remedy = "rename one: names are unique in the whole machine, including Map and Parallel"
            yield Breach(place, "two states have this name", remedy)
        seen.add(name)


def _starts_of_others(subject: Subject) -> dict[str, str]:
    """The first states of the other installed job types, each with its job type."""
    mine = subject.job_type.name
    return {start_state(entry.job_type.title): name for name, entry in _installed().items() if name != mine}


@cache
def _installed() -> Mapping[str, InstalledJobType]:
    return discover().job_types


@check
def branch_keeps_the_item(subject: Subject) -> Iterator[Breach]:
    """However the job ends, the item reaches the status handler with `$.job_result` or `$.job_error`."""
    losses = list(_losses(subject))
    yield from losses
    if losses:
        return
    left_out = None
    for case in subject.cases:
        try:
            yield from _arrives(case, _walked(subject, case, fail_the_job=False), "job_result")
            failing = _walked(subject, case, fail_the_job=True)
            if subject.branch.job_state in failing.visited:  # another state may start a variant of the job
                yield from _arrives(case, failing, "job_error")
        except NotChecked as error:
            left_out = error
    if left_out:
        raise left_out


def _losses(subject: Subject) -> Iterator[Breach]:
    """Losses that need no run: an end that is not recorded, an item that is replaced."""
    branch = subject.branch
    kind = subject.states[branch.job_state].get("Type")
    if kind != "Task":
        yield Breach(f"branch(target), job_state {branch.job_state!r}", f"it is a {kind}", "name the Task that starts the job")
    for name, state in subject.states.items():
        place = f"branch(target), state {name!r}"
        kind, jsonata = state.get("Type"), language(subject, state) == "JSONata"
        if kind in ("Succeed", "Fail") or "End" in state:
            what = f"it is a {kind}" if kind in ("Succeed", "Fail") else "it has End"
            remedy = "leave out Next and End: the next state is then the status handler"
            yield Breach(place, f"{what}, so the table's end is not recorded", remedy)
        if kind == "Choice" and "Default" not in state:
            remedy = f"add a Default; {HANDLE_STATUS!r} leads to the status handler"
            yield Breach(place, "it has no Default: a table that matches no rule stops all other tables", remedy)
        if kind in _RUNS and jsonata and "Output" not in state:
            remedy = 'add "Output": "{% $merge([$states.input, {\'job_result\': $states.result}]) %}"'
            yield Breach(place, "it has no Output, so its result replaces the item", remedy)
        if kind in _RUNS and not jsonata and state.get("ResultPath", "$") == "$":
            remedy = 'add "ResultPath": "$.job_result" (or another path)'
            yield Breach(place, "it has no ResultPath, so its result replaces the item", remedy)
        if state.get("OutputPath", "$") != "$":
            remedy = "use ResultSelector and ResultPath"
            yield Breach(place, "its OutputPath drops the item", remedy)
        for catcher in state.get("Catch") or ():
            keeps = "Output" in catcher if jsonata else catcher.get("ResultPath", "$") not in ("$", None)
            if not keeps:
                remedy = 'add "ResultPath": "$.job_error"' if not jsonata else "add an Output that merges $states.input"
                yield Breach(place, "it has a Catch whose error replaces the item", remedy)


def _walked(subject: Subject, case: Case, *, fail_the_job: bool) -> Walk:
    walked = walk_or_skip(subject, case, fail_the_job=fail_the_job)
    if walked.unanswered:
        names = ", ".join(map(repr, sorted(set(walked.unanswered))))
        raise NotChecked(f"left out: the branch cannot run to its end; add the answers of {names} to task_results")
    return walked


def _arrives(case: Case, walked: Walk, member: str) -> Iterator[Breach]:
    result = walked.result
    ended = "job that succeeded" if member == "job_result" else "job that failed"
    place = f"branch(target), run with {case.label} and a {ended}"
    if result.status != "SUCCEEDED":
        problem = f"it ended {result.status}: {result.error}: {result.cause}"
        yield Breach(place, problem, "let every error and every choice lead to the status handler")
        return
    output = result.output if isinstance(result.output, dict) else {}
    lost = [key for key, value in case.item.items() if output.get(key) != value]
    if lost:
        remedy = "keep the whole input: ResultPath in each state, Output with $states.input in JSONata"
        yield Breach(place, f"the item has lost or changed {', '.join(lost)}", remedy)
    if member not in output:
        path = f"$.{member}"
        yield Breach(place, f"{path} is missing, but the status parser reads it", f"let the last state write {path}")
    elif member == "job_error" and _error_of(output[member]) != JOB_FAILED:
        yield Breach(place, f"$.job_error is {output[member]!r}", "keep the caught error unchanged, with Error and Cause")


def _error_of(value: object) -> object:
    return value.get("Error") if isinstance(value, dict) else None


@check
def branch_fits_any_partition(subject: Subject) -> Iterator[Breach]:
    """Every ARN takes its partition from the target, so that the branch works in AWS China and GovCloud."""
    for partition in ("aws-cn", "aws-us-gov"):
        for name, state in every_state(json.loads(json.dumps(subject.branch_in(partition).states))):
            for arn in _arns(state):
                if not arn.startswith(f"arn:{partition}:") and not subject.is_of_the_deployment(arn):
                    place = f"branch(target) for partition {partition!r}, state {name!r}"
                    yield Breach(place, f"it names {arn!r}", 'write f"arn:{target.partition}:…"')


def _arns(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in ("States", "Comment"):
                yield from _arns(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _arns(inner)
    elif isinstance(value, str) and value.startswith("arn:"):
        yield value
