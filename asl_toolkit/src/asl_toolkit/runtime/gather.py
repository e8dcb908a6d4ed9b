"""Runs several fibers at once and waits for all; the first that fails ends the others.

`gather` starts all of them. `gather_growing` starts more only when the running ones wait, because ten thousand children that
wait for nothing need not be alive at once.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

from asl_toolkit.runtime.loop import Cancelled, Fiber, Loop, Signal

T = TypeVar("T")
_STEP = 64  # fibers that are started together
Start: TypeAlias = Callable[[], Coroutine[Signal[Any], None, T]]


class _Group(Generic[T]):
    """Fibers that end together when one of them fails."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._running = 0
        self.fibers: list[Fiber[T]] = []
        self.over: Signal[BaseException | None] = Signal(loop)

    def start(self, starts: Sequence[Start[T]]) -> None:
        """Start one more of each coroutine."""
        self._running += len(starts)
        self.fibers += [self._loop.spawn(self._guard(start)) for start in starts]

    async def _guard(self, start: Start[T]) -> T:
        try:
            result = await start()
        except Exception as error:
            self.over.set(error)
            for fiber in self.fibers:  # now, because the others may take no other step
                fiber.cancel(self._loop)
            raise
        self._running -= 1
        if not self._running:
            self.over.set(None)
        return result

    async def wait(self) -> None:
        """Wait until all have ended. Then raise the error of the first that failed."""
        error: BaseException | None = None
        try:
            if self.fibers:
                error = await self.over
        except Cancelled as cancelled:
            self.over.set(None)
            error = cancelled
        if error is not None:
            for fiber in self.fibers:
                fiber.cancel(self._loop)
            for fiber in self.fibers:
                await fiber.ended
            raise error


async def gather(loop: Loop, starts: Sequence[Start[T]]) -> list[T]:
    """The results, in order. If a fiber fails, its error is raised after the others have ended."""
    group: _Group[T] = _Group(loop)
    group.start(starts)
    await group.wait()
    return [fiber.result() for fiber in group.fibers]


async def gather_growing(loop: Loop, start: Start[T], most: int) -> None:
    """Run `start` up to `most` times at once, until all fibers have ended.

    A few start at once, and more whenever the loop is idle. Each must end when no work is left for it. Raises as `gather`.
    """
    group: _Group[T] = _Group(loop)

    def grow() -> bool:
        more = 0 if group.over.is_set else min(_STEP, most - len(group.fibers))
        group.start([start] * more)
        return more > 0

    grow()
    loop.when_idle(grow)
    await group.wait()
