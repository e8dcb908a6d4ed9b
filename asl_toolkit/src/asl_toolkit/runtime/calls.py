"""Calls handlers on the loop's own thread while they are quick. If a call is slow, another thread continues the loop.

A thread per call would cost several times as much as most handlers of tests and local runs. So the thread that drives the
loop calls the handlers, and a second thread watches it. If a call does not return in time, the second thread takes the loop
over, and the first thread only delivers the answer when its handler returns. After a slow call, the handler of this state is
called on separate threads, in parallel, until its calls are quick again. So no handler delays timeouts, a stop or other
branches by more than some milliseconds: 10 at the first call of a state, 100 at the first slow call after many quick ones.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Protocol

from asl_toolkit.runtime.loop import Loop
from asl_toolkit.runtime.workers import Workers

_PATIENCE = 0.005  # seconds after which the loop moves on, at most twice that
_TRUST = 0.05  # seconds: the patience grows to this while calls are quick, because each look takes the interpreter's lock
_QUICK = 0.001  # seconds: a handler that takes longer twice in a row gets a separate thread
_PROOF = 8  # quick calls in a row until a slow handler counts as quick again


class Call(Protocol):
    """One call. `key` names the state, whose calls are assumed to be alike; `over`: its answer is no longer needed."""

    @property
    def key(self) -> str: ...  # noqa: D102 - see above

    @property
    def over(self) -> bool: ...  # noqa: D102 - see above

    def make(self) -> object:
        """Call the handler, on any thread. It must not raise."""

    def take(self, answer: object) -> None:
        """Accept the result of `make`, on the loop's thread."""


class _Lead:
    """The time in which one thread drives the loop, as the watching thread sees it.

    `_token` has one element during a call. The thread that removes it owns the loop: the caller when the call returns, or
    the watching thread when the call is late. The methods of a deque are atomic.
    """

    def __init__(self) -> None:
        self._token: deque[None] = deque()
        self._number = 0  # of calls so far
        self._key = ""  # of the state whose handler is being called
        self._over = False
        self._asleep = False
        self._wake = threading.Event()

    def begin(self, key: str, *, trusted: bool) -> None:
        """A call begins; `trusted`: the last call of this state was quick."""
        self._number += 1
        self._key = key
        self._token.append(None)
        if self._asleep or not trusted:
            self._wake.set()

    def end(self) -> bool:
        """A call has returned. Whether this thread still owns the loop."""
        try:
            self._token.pop()
        except IndexError:
            return False
        return True

    def wait_until_late(self) -> str | None:
        """For the watching thread: take the loop from a late call and return the call's key. None at the end of the execution."""
        patience = _PATIENCE
        while not self._over:
            seen = self._number
            if self._wake.wait(patience):
                self._wake.clear()
                patience = _PATIENCE
            elif seen != self._number:
                patience = min(2 * patience, _TRUST)
            elif self.end():
                return self._key
            else:
                self._sleep(seen)
                patience = _PATIENCE
        return None

    def _sleep(self, seen: int) -> None:
        """Wait for the next call without a check every few milliseconds."""
        self._asleep = True
        if seen == self._number and not self._over:  # checked after `_asleep` is set, because `begin` counts before it checks
            self._wake.wait()
        self._asleep = False
        self._wake.clear()

    def close(self) -> None:
        """Let the watching thread end."""
        self._over = True
        self._wake.set()


class Calls:
    """Calls handlers for one loop. `drive` runs the loop on the calling thread; a thread that takes the loop over calls it."""

    def __init__(self, loop: Loop, workers: Workers, drive: Callable[[], None], name: str) -> None:
        self._loop = loop
        self._workers = workers
        self._drive = drive
        self._name = name
        self._lead: _Lead | None = None
        self._slow: dict[str, int] = {}  # states → quick calls until the handler counts as quick
        self._trusted: set[str] = set()  # states whose last call was quick
        self._late: set[str] = set()  # states whose last call was slow

    def submit(self, call: Call) -> None:
        """Call it in its turn and pass its answer to the loop. Call this on the loop's thread."""
        self._loop.expect()
        self._loop.do(partial(self._one, call))

    def _one(self, call: Call) -> bool:
        """Make one call. Whether this thread still drives the loop."""
        loop, key = self._loop, call.key
        if call.over:
            loop.arrived()
            return True
        if key in self._slow:
            self._workers.submit(partial(self._outside, call))
            return True
        lead = self._lead or self._new_lead()
        lead.begin(key, trusted=key in self._trusted)
        started = time.perf_counter()
        answer = call.make()
        late = time.perf_counter() - started > _QUICK
        if not lead.end():
            loop.post(lambda: self._arrive(call, answer))
            return False
        if late:
            self._was_late(key)
        elif key not in self._trusted:
            self._trusted.add(key)
            self._late.discard(key)
        self._arrive(call, answer)
        return True

    def _was_late(self, key: str) -> None:
        """One slow call proves nothing, because the computer may be busy. Two in a row do."""
        self._trusted.discard(key)
        if key in self._late:
            self._slow[key] = _PROOF
        self._late.add(key)

    def _outside(self, call: Call) -> None:
        key, started = call.key, time.perf_counter()
        answer = call.make()
        late = time.perf_counter() - started > _QUICK

        def arrive() -> None:
            left = _PROOF if late else self._slow.get(key, 0) - 1
            if left > 0:
                self._slow[key] = left
            else:
                self._slow.pop(key, None)
            self._arrive(call, answer)

        self._loop.post(arrive)

    def _arrive(self, call: Call, answer: object) -> None:
        call.take(answer)  # before `arrived`: if the call started a job, the clock stands still until the job is counted
        self._loop.arrived()

    def _new_lead(self) -> _Lead:
        lead = self._lead = _Lead()
        threading.Thread(target=self._watch, args=(lead,), name=f"{self._name}-next", daemon=True).start()
        return lead

    def _watch(self, lead: _Lead) -> None:
        key = lead.wait_until_late()
        if key is not None:
            self._lead = None
            self._slow[key] = _PROOF
            self._drive()

    def close(self) -> None:
        """No more calls."""
        if self._lead is not None:
            self._lead.close()
        self._workers.close()
