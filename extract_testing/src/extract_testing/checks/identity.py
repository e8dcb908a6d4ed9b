"""Checks of a job type's identity (name, title, contract version) and of the types that its methods return."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from extract_core.contract import LambdaFunction, Retry, Statement
from extract_core.errors import PluginError
from extract_core.registry.installed import Registry
from extract_core.registry.signatures import takes
from extract_testing.breaches import Breach, Fails, NotChecked
from extract_testing.check import check
from extract_testing.subject.calls import calling
from extract_testing.subject.run import good_result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from extract_testing.subject.subject import Subject

_LATER: Final = {"diagnose": (3, (1, 2)), "stop": (3, (1, 2)), "key": (3, (1, 2))}
"""Methods that got a parameter: how many they have with it, and the contract that added it."""


@check
def identity(subject: Subject) -> Iterator[Breach]:
    """The registry accepts name, title, api_version and the other attributes; no name is nearly one of SyncJob or JobType."""
    try:
        Registry.of(subject.job_type)
    except PluginError as error:
        yield Breach("class", str(error), "fix the class attributes; contract.py describes name, title and api_version")
        return
    required = tuple(int(part) for part in (subject.job_type.requires_contract or "1.0").split("."))
    for name, (parameters, since) in _LATER.items():
        method = getattr(subject.job_type, name, None)
        own = getattr(method, "__module__", "extract_core").partition(".")[0] != "extract_core"
        if method is not None and own and takes(method, parameters) and required < since:
            version = ".".join(map(str, since))
            problem = f"{name}() takes the deployment, which an older extract-sfn does not pass"
            yield Breach(
                "class, requires_contract", problem, f'write requires_contract = "{version}", or leave the parameter out'
            )


@check
def methods_return_the_right_types(subject: Subject) -> Iterator[Breach]:
    """Every method returns the type that the contract names, for every example."""
    calls: list[Callable[[], object]] = [
        lambda: subject.settings,
        lambda: subject.deployment,
        lambda: subject.branch,
        lambda: subject.cases,
    ]
    for call in calls:
        try:
            call()
        except Fails as failed:
            yield failed.breach
    yield from _elements("start_retries()", Retry, subject.job_type.start_retries)
    try:
        target = subject.target()
    except Fails as failed:
        yield failed.breach
    else:
        yield from _elements("permissions(target)", Statement, lambda: subject.job_type.permissions(target))
    yield from _elements("functions()", LambdaFunction, subject.job_type.functions)
    yield from _good_end(subject)
    if subject.refused:
        first, *others = subject.refused
        more = f" (and {len(others)} more)" if others else ""
        raise NotChecked(f"left out: tables that arguments() refuses, which is allowed: {first}{more}")


def _elements(place: str, kind: type, call: Callable[[], object]) -> Iterator[Breach]:
    try:
        with calling(place):
            returned = call()
            elements = list(returned) if isinstance(returned, Iterable) else None
    except Fails as failed:
        yield failed.breach
        return
    if elements is None:
        yield Breach(place, f"it returned {returned!r}", f"return a list of {kind.__name__}, or an empty list")
        return
    for element in elements:
        if not isinstance(element, kind):
            yield Breach(place, f"its list has {element!r}", f"return {kind.__name__} objects only")


def _good_end(subject: Subject) -> Iterator[Breach]:
    """Even if the job type cannot run on one machine, the kit needs local_answer() to know what a success looks like."""
    try:
        case = subject.cases[0]
    except Fails:  # reported above
        return
    try:
        with calling("local_command(arguments)"):
            runs_here = subject.job_type.local_command(case.arguments) is not None
    except Fails:  # local_command_carries_the_arguments reports it
        return
    try:
        if not runs_here:
            good_result(subject, case)
    except Fails as failed:
        yield failed.breach
