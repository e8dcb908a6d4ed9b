"""Runs several fibers at once and waits for all; the first that fails ends the others.

`gather` starts all of them. `Lanes` starts more only when the running ones wait, because ten thousand children that wait for
nothing need not be alive at once. The number of lanes may change while they run.
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
        self.running = 0
        self.fibers: list[Fiber[T]] = []
        self.over: Signal[BaseException | None] = Signal(loop)

    def start(self, starts: Sequence[Start[T]]) -> None:
        """Start one more of each coroutine."""
        self.running += len(starts)
        self.fibers += [self._loop.spawn(self._guard(start)) for start in starts]

    async def _guard(self, start: Start[T]) -> T:
        try:
            result = await start()
        except Exception as error:
            self.over.set(error)
            for fiber in self.fibers:  # now, because the others may take no other step
                fiber.cancel(self._loop)
            raise
        self.running -= 1
        if not self.running:
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


class Lanes:
    """Runs `lane` up to `most` times at once. `lane` gets this object; it ends if no work is left, or if `too_many` is true.

    A few start at once, and more whenever the loop is idle.
    """

    def __init__(self, loop: Loop, lane: Callable[["Lanes"], Coroutine[Signal[Any], None, None]], most: int) -> None:
        self._loop = loop
        self._lane = lane
        self._most = most
        self._group: _Group[None] = _Group(loop)
        self._no_work = False  # a lane that ended because no work is left is not started again

    @property
    def too_many(self) -> bool:
        """Whether more lanes run than are allowed now: a lane that sees this between two pieces of work must end."""
        return self._group.running > self._most

    def resize(self, most: int) -> None:
        """Allow `most` lanes from now on. Lanes that are too many end after their current piece of work."""
        self._most = most
        self._loop.when_idle(self._grow)

    async def run(self) -> None:
        """Run until all lanes have ended. Raises as `gather`."""
        self._grow()
        self._loop.when_idle(self._grow)
        await self._group.wait()

    def _grow(self) -> bool:
        over = self._no_work or self._group.over.is_set
        more = 0 if over else max(0, min(_STEP, self._most - self._group.running))
        self._group.start([self._one] * more)
        return more > 0

    async def _one(self) -> None:
        await self._lane(self)
        self._no_work = self._no_work or not self.too_many
