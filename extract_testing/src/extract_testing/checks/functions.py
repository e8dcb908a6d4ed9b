"""Check of a plugin's Lambda functions: handlers, names, limits, rights, and the states that call them."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from typing import TYPE_CHECKING, Final

from extract_core.contract import LambdaFunction
from extract_testing.branch.states import every_state
from extract_testing.breaches import Breach, Fails, NotChecked
from extract_testing.check import check
from extract_testing.checks.permissions import exact
from extract_testing.subject.calls import calling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_testing.subject.subject import Subject

_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_MOST_CHARACTERS: Final = 40
"""Lambda allows 64; the machine's name comes before it."""
_HANDLER: Final = 'write a function that takes (event, context) as "package.module:function"'
_MOST_SECONDS, _MEMORY = 900, (128, 10_240)


@check
def functions_can_be_deployed(subject: Subject) -> Iterator[Breach]:
    """Each Lambda function has a handler of (event, context), a name, limits that Lambda takes, exact rights, and a state."""
    with calling("functions()"):
        returned: list[object] = list(subject.job_type.functions())
    functions = [function for function in returned if isinstance(function, LambdaFunction)]
    names = [function.name for function in functions]
    left_out = None
    text = json.dumps(subject.states) if functions else ""
    for function in functions:
        place = f"functions(), {function.name!r}"
        if names.count(function.name) > 1:
            yield Breach(place, f"{names.count(function.name)} functions have this name", "give each its own name")
        if not _NAME.fullmatch(function.name) or len(function.name) > _MOST_CHARACTERS:
            remedy = f"use letters, digits, - and _, at most {_MOST_CHARACTERS}: the machine's name is put before it"
            yield Breach(place, "Lambda does not take this name", remedy)
        if not 1 <= function.timeout_seconds <= _MOST_SECONDS:
            yield Breach(place, f"timeout_seconds is {function.timeout_seconds}", f"Lambda allows 1 to {_MOST_SECONDS}")
        if not _MEMORY[0] <= function.memory_mb <= _MEMORY[1]:
            yield Breach(place, f"memory_mb is {function.memory_mb}", f"Lambda allows {_MEMORY[0]} to {_MEMORY[1]:,}")
        yield from _handler(place, function.handler)
        if f'-{function.name}"' not in text:
            yield Breach(place, "no state calls it", "call it by target.function_arn, or leave it out")
        yield from _waits(subject, place, function)
        try:
            with calling(f"{place}, statements_for(target)"):
                own = [*function.statements, *(function.statements_for(subject.target()) if function.statements_for else ())]
            yield from exact(f"{place}, statements", own)
        except Fails as failed:
            yield failed.breach
        except NotChecked as error:
            left_out = error
    if left_out:
        raise left_out


def _handler(place: str, handler: str) -> Iterator[Breach]:
    module, _, attribute = handler.partition(":")
    try:
        function = getattr(importlib.import_module(module), attribute)
    except Exception as error:  # noqa: BLE001 - an import raises whatever the module raises
        yield Breach(place, f"its handler {handler!r} cannot be imported: {type(error).__name__}: {error}", _HANDLER)
        return
    if not callable(function):
        yield Breach(place, f"its handler {handler!r} is {function!r}, which is not callable", _HANDLER)
        return
    if inspect.iscoroutinefunction(function):
        yield Breach(place, f"its handler {handler!r} is async, and Lambda does not await it", _HANDLER)
    try:
        inspect.signature(function).bind({}, None)
    except TypeError as error:
        yield Breach(place, f"its handler {handler!r} cannot be called with (event, context): {error}", _HANDLER)
    except ValueError:  # a builtin has no signature
        return


def _waits(subject: Subject, place: str, function: LambdaFunction) -> Iterator[Breach]:
    for name, state in every_state(subject.states):
        limit = state.get("TimeoutSeconds")
        if isinstance(limit, int) and f'-{function.name}"' in json.dumps(state) and limit < function.timeout_seconds:
            problem = f"state {name!r} gives up after {limit} seconds, and the function may take {function.timeout_seconds}"
            yield Breach(place, problem, "let the state wait at least as long as the function")
