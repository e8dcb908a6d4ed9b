"""Results that take long to make: made in a separate thread, and kept for the next page."""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import Future, wait
from threading import Lock, Thread
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from extract_core.pausing import collector_paused

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")
_MOST: Final = 4
PATIENCE: Final = 1.0
"""Seconds that a page waits for a result, before it says that the result is being made."""


class BeingMade(Exception):  # noqa: N818 - not an error: the page comes back
    """The result takes longer than a page waits. The next page has it, or waits again."""


class Results(Generic[T]):
    """The last results, by a key that says all that they depend on. One is made at a time."""

    def __init__(self, patience: float = PATIENCE, most: int = _MOST) -> None:
        self._patience = patience
        self._most = most
        self._lock, self._turn = Lock(), Lock()
        self._made: OrderedDict[Hashable, Future[T]] = OrderedDict()

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        """The result of this key. Raises BeingMade, and what `make` raised: it is then tried again by the next page."""
        with self._lock:
            if key not in self._made:
                self._made[key] = Future()
                Thread(target=self._make, args=(self._made[key], make), name="make", daemon=True).start()
            self._made.move_to_end(key)
            future = self._made[key]
            for old in [old for old, result in self._made.items() if result.done()][: len(self._made) - self._most]:
                del self._made[old]
        wait([future], self._patience)
        if not future.done():
            raise BeingMade
        if future.exception() is not None:
            with self._lock:
                if self._made.get(key) is future:
                    del self._made[key]
        return future.result()

    def _make(self, future: Future[T], make: Callable[[], T]) -> None:
        try:
            with self._turn, collector_paused():  # to look for garbage among the parts of 100,000 tables takes half of the time
                future.set_result(make())
        except BaseException as error:  # noqa: BLE001 - raised again in the page
            future.set_exception(error)
