"""Calls methods of job types that take the deployment as their last parameter since contract 1.2, or were written before it."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def takes(method: Callable[..., object], count: int) -> bool:
    """Whether a method can be called with so many positional arguments."""
    try:
        inspect.signature(method).bind(*range(count))
    except (TypeError, ValueError):
        return False
    return True


def with_deployment(method: Callable[..., Any], *arguments: object, deployment: object) -> Any:  # Any: as the method returns
    """Call a method with these arguments and the deployment, or without it if the method does not take it."""
    return method(*arguments, deployment) if takes(method, len(arguments) + 1) else method(*arguments)
