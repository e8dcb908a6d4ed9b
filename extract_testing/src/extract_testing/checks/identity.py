"""Checks of what a job type is: its name, title and contract, and that each of its methods answers in the right kind."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from extract_core.contract import JobStatus, LambdaFunction, Retry, Statement
from extract_core.errors import PluginError
from extract_core.registry.installed import Registry
from extract_testing.broken import Breach, Fails, NotChecked, check
from extract_testing.machine import good_result
from extract_testing.subject import asked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from extract_testing.subject import Subject


@check
def identity(subject: Subject) -> Iterator[Breach]:
    """Name, title and api_version are as the registry wants them: else the plugin would be listed as broken."""
    try:
        Registry.of(subject.job_type)
    except PluginError as error:
        yield Breach("class", str(error), "mend the class attributes; name, title and api_version are described in contract.py")


@check
def answers(subject: Subject) -> Iterator[Breach]:
    """Every method answers for every example, in the kind that the contract names."""
    asks: list[Callable[[], object]] = [
        lambda: subject.settings,
        lambda: subject.deployment,
        lambda: subject.branch,
        lambda: subject.cases,
    ]
    for ask in asks:
        try:
            ask()
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
    yield from _functions(subject)
    yield from _escalations(subject)
    if subject.refused:
        first, *others = subject.refused
        more = f" (and {len(others)} more)" if others else ""
        raise NotChecked(f"left out: tables that arguments() refuses, as it may: {first}{more}")


def _elements(place: str, kind: type, ask: Callable[[], object]) -> Iterator[Breach]:
    try:
        with asked(place):
            answered = ask()
            elements = list(answered) if isinstance(answered, Iterable) else None
    except Fails as failed:
        yield failed.breach
        return
    if elements is None:
        yield Breach(place, f"it returned {answered!r}", f"return a list of {kind.__name__}, empty for none")
        return
    for element in elements:
        if not isinstance(element, kind):
            yield Breach(place, f"it returned {element!r} among others", f"return {kind.__name__} objects alone")


def _good_end(subject: Subject) -> Iterator[Breach]:
    """Where no run on one machine asks it, local_answer() still tells the kit what a good end looks like."""
    try:
        case = subject.cases[0]
    except Fails:  # told above
        return
    try:
        with asked("local_command(arguments)"):
            runs_here = subject.job_type.local_command(case.arguments) is not None
    except Fails:  # local_command_carries_the_arguments tells
        return
    try:
        if not runs_here:
            good_result(subject, case)
    except Fails as failed:
        yield failed.breach


def _functions(subject: Subject) -> Iterator[Breach]:
    """A Lambda function's handler can be imported."""
    try:
        with asked("functions()"):
            answered: list[object] = list(subject.job_type.functions())
    except Fails:
        return
    for function in answered:
        if not isinstance(function, LambdaFunction):
            continue
        module, _, attribute = function.handler.partition(":")
        place = f"functions(), {function.name!r}"
        try:
            handler = getattr(importlib.import_module(module), attribute)
        except Exception as error:  # noqa: BLE001 - an import raises whatever the module raises
            yield Breach(place, f"its handler {function.handler!r} can't be imported: {type(error).__name__}: {error}", _HANDLER)
            continue
        if not callable(handler):
            yield Breach(place, f"its handler {function.handler!r} is {handler!r}, which can't be called", _HANDLER)


_HANDLER = 'name a function that takes (event, context), as "package.module:function"'


def _escalations(subject: Subject) -> Iterator[Breach]:
    """A bigger next attempt has settings of the same model, or none."""
    from extract_core.contract import FailureClass, JobState

    try:
        settings = subject.settings
    except Fails:
        return
    for number, each in enumerate(settings, start=1):
        for failure in FailureClass:
            status = JobStatus(state=JobState.FAILED, failure=failure)
            place = f"escalate() of settings example {number} after {failure}"
            try:
                with asked(place):
                    bigger = subject.job_type.escalate(each, status, 1)
            except Fails as failed:
                yield failed.breach
                continue
            if bigger is not None and not isinstance(bigger, subject.settings_model):
                yield Breach(place, f"it returned {bigger!r}", "return settings of your model, or None to keep them")
