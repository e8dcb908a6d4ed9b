"""Calls methods of job types that take the deployment as their last parameter since contract 1.2, or were written before it."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME: Final = "deployment"


def takes(method: Callable[..., object], count: int) -> bool:
    """Whether a method takes the deployment after ``count - 1`` other arguments, by position or as ``deployment=``.

    A parameter of another name that has a default is the plugin's own: it may be older than contract 1.2.
    """
    return _by_name(method) or _by_position(method, count)


def with_deployment(method: Callable[..., Any], *arguments: object, deployment: Callable[[], object]) -> Any:  # Any: its own
    """Call a method with these arguments and the deployment, or without it if the method does not take it.

    `deployment` is called only if the method takes it.
    """
    if _by_name(method):
        return method(*arguments, deployment=deployment())
    return method(*arguments, deployment()) if _by_position(method, len(arguments) + 1) else method(*arguments)


def _by_name(method: Callable[..., object]) -> bool:
    parameter = _parameters(method).get(_NAME)
    return parameter is not None and parameter.kind is parameter.KEYWORD_ONLY


def _by_position(method: Callable[..., object], count: int) -> bool:
    for parameter in _parameters(method).values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            return True
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            count -= 1
            if not count:
                return parameter.default is parameter.empty or parameter.name == _NAME
    return False


def _parameters(method: Callable[..., object]) -> dict[str, inspect.Parameter]:
    """What a call must fit: the outermost decorator's, or the method's own if that passes everything on. Empty: not known."""
    try:
        outer = dict(inspect.signature(method, follow_wrapped=False).parameters)
        passes_on = any(parameter.kind is parameter.VAR_POSITIONAL for parameter in outer.values())
        return dict(inspect.signature(method).parameters) if passes_on else outer
    except (TypeError, ValueError):
        return {}
