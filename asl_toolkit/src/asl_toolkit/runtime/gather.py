"""Runs several fibers at once and waits for all; the first that fails ends the others."""

from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from asl_toolkit.runtime.loop import Cancelled, Fiber, Loop, Signal

T = TypeVar("T")


async def gather(loop: Loop, coroutines: Sequence[Coroutine[Signal[Any], None, T]]) -> list[T]:
    """The results, in order. Raises what the first failing one raised, after the others have ended."""
    over: Signal[BaseException | None] = Signal(loop)
    left = len(coroutines)

    async def guard(coroutine: Coroutine[Signal[Any], None, T]) -> T:
        nonlocal left
        try:
            result = await coroutine
        except Exception as error:
            over.set(error)
            raise
        left -= 1
        if not left:
            over.set(None)
        return result

    fibers: list[Fiber[T]] = [loop.spawn(guard(coroutine)) for coroutine in coroutines]
    error: BaseException | None = None
    try:
        if fibers:
            error = await over
    except Cancelled as cancelled:
        error = cancelled
    if error is not None:
        for fiber in fibers:
            fiber.cancel(loop)
        for fiber in fibers:
            await fiber.ended
        raise error
    return [fiber.result() for fiber in fibers]
