"""Runs several fibers at once and waits for all; the first that fails ends the others."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeAlias, TypeVar

from asl_toolkit.runtime.loop import Cancelled, Fiber, Loop, Signal

T = TypeVar("T")
Start: TypeAlias = Callable[[], Coroutine[Signal[Any], None, T]]


async def gather(loop: Loop, starts: Sequence[Start[T]]) -> list[T]:
    """The results, in order. Raises what the first failing one raised, after the others have ended."""
    over: Signal[BaseException | None] = Signal(loop)
    left = len(starts)
    fibers: list[Fiber[T]] = []

    async def guard(start: Start[T]) -> T:
        nonlocal left
        try:
            result = await start()
        except Exception as error:
            over.set(error)
            for fiber in fibers:  # at once: none of the others may take another step
                fiber.cancel(loop)
            raise
        left -= 1
        if not left:
            over.set(None)
        return result

    fibers += [loop.spawn(guard(start)) for start in starts]
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
