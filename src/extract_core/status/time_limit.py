"""A call into a plugin that must not take for ever: it is left behind when its time is up."""

from __future__ import annotations

import threading
from contextvars import copy_context
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def within(seconds: float, call: Callable[[], T]) -> T:
    """What the call returns, or raises; TimeoutError where it has not ended after so many seconds (its thread then goes on)."""
    answered: list[T] = []
    raised: list[BaseException] = []

    def work() -> None:
        try:
            answered.append(call())
        except BaseException as error:  # noqa: BLE001 - raised again by the caller's thread
            raised.append(error)

    thread = threading.Thread(target=copy_context().run, args=(work,), name="call of a plugin", daemon=True)
    thread.start()
    thread.join(seconds)
    if raised:
        raise raised[0]
    if not answered:
        raise TimeoutError(f"no answer within {seconds:g} seconds")
    return answered[0]
