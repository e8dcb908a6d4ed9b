"""Copies several parts at once, in threads."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from queue import Empty, SimpleQueue
from threading import Event
from typing import Protocol, TypeVar

AGAIN_SECONDS = 1


class Worker(Protocol):
    """Copies one part after another. `cancel` may be called by another thread: it makes the present copy fail soon."""

    @property
    def cancel(self) -> Callable[[], None]:
        """The function to call."""


AnyWorker = TypeVar("AnyWorker", bound=Worker)


def at_once(workers: Sequence[AnyWorker], numbers: Sequence[int], copy: Callable[[AnyWorker, int], None], halt: Event) -> None:
    """Copy the parts with these numbers: in a thread per worker, or in this one if there is one worker.

    If one part fails, or a signal stops the job, `halt` is set and the others are given up; the first error is raised when they
    have ended.
    """
    if len(workers) == 1:
        for number in numbers:
            copy(workers[0], number)
        return
    waiting: SimpleQueue[int] = SimpleQueue()
    for number in numbers:
        waiting.put(number)

    def work(worker: AnyWorker) -> None:
        while not halt.is_set():
            try:
                number = waiting.get_nowait()
            except Empty:
                return
            copy(worker, number)

    with ThreadPoolExecutor(len(workers), "reader") as threads:
        futures = [threads.submit(work, worker) for worker in workers]
        try:
            ended = wait(futures, return_when=FIRST_EXCEPTION).done
        finally:
            halt.set()
            _give_up(workers, futures)
        errors = [error for future in ended if (error := future.exception()) is not None]
        if errors:
            raise errors[0]


def _give_up(workers: Sequence[Worker], futures: "Sequence[Future[None]]") -> None:
    """Cancel all copies that run. A copy that was about to begin does not notice, so it is cancelled again."""
    while not all(future.done() for future in futures):
        for worker, future in zip(workers, futures, strict=True):
            if not future.done():
                worker.cancel()
        wait(futures, AGAIN_SECONDS)
