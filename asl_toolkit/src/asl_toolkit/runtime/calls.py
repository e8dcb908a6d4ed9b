"""Calls of handlers: on the loop's own thread as long as they are quick, and the loop moves on when one is not.

A thread for each call would cost several times what most handlers of tests and local runs do themselves. So the thread that
drives the loop calls them one after the other, and a second one watches: when a call has not come back in time, the second
takes the loop over, and the first, once its handler returns, only delivers the answer. A state whose handler took its time
is called on threads from then on, truly parallel, until its calls prove to be quick again. So no handler, whatever it waits
for, holds up timeouts, a stop or other branches for more than some milliseconds: 10 at a state's first call, 100 at a call
that is the first to be slow after many that were quick.
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
_TRUST = 0.05  # seconds to which the patience grows while calls are quick: each look takes the interpreter's lock away
_QUICK = 0.001  # seconds: what takes longer, twice in a row, gains by a thread of its own
_PROOF = 8  # quick calls in a row on threads until a state's handler counts as quick again


class Call(Protocol):
    """One call. `key` names the state, whose calls are taken to be alike; `over`: its answer is not needed any more."""

    @property
    def key(self) -> str: ...  # noqa: D102 - see above

    @property
    def over(self) -> bool: ...  # noqa: D102 - see above

    def make(self) -> object:
        """Call the handler, on any thread; must not raise."""

    def take(self, answer: object) -> None:
        """What `make` gave, on the loop's thread."""


class _Lead:
    """One thread's time at the head of the loop, seen by the thread that watches it.

    `_token` holds one thing while a call is made: whoever takes it out of there, the caller when it comes back or the watching
    thread when that takes too long, has the loop from then on. A deque's own methods are whole for other threads.
    """

    def __init__(self) -> None:
        self._token: deque[None] = deque()
        self._number = 0  # of calls so far
        self._key = ""  # of the state whose handler is being called
        self._over = False
        self._asleep = False
        self._wake = threading.Event()

    def begin(self, key: str, *, trusted: bool) -> None:
        """A call begins; `trusted`: the state's last one was quick."""
        self._number += 1
        self._key = key
        self._token.append(None)
        if self._asleep or not trusted:
            self._wake.set()

    def end(self) -> bool:
        """A call has come back; whether the loop is still this thread's."""
        try:
            self._token.pop()
        except IndexError:
            return False
        return True

    def wait_until_late(self) -> str | None:
        """For the thread that watches: the key of a call that takes its time, whose loop is taken; None when all is over."""
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
        """No call is under way: wait for the next one without looking every few milliseconds."""
        self._asleep = True
        if seen == self._number and not self._over:  # asked after `_asleep` is set: `begin` counts before it looks
            self._wake.wait()
        self._asleep = False
        self._wake.clear()

    def close(self) -> None:
        """Let the watching thread end."""
        self._over = True
        self._wake.set()


class Calls:
    """Calls handlers for one loop. `drive` runs the loop on the calling thread: it is what a thread that takes over does."""

    def __init__(self, loop: Loop, workers: Workers, drive: Callable[[], None], name: str) -> None:
        self._loop = loop
        self._workers = workers
        self._drive = drive
        self._name = name
        self._lead: _Lead | None = None
        self._slow: dict[str, int] = {}  # states → quick calls that are still to be proved
        self._trusted: set[str] = set()  # states whose last call was quick
        self._late: set[str] = set()  # states whose last call took its time

    def submit(self, call: Call) -> None:
        """Call it when its turn comes and take its answer on the loop; call this on the loop's thread."""
        self._loop.expect()
        self._loop.do(partial(self._one, call))

    def _one(self, call: Call) -> bool:
        """Do a call; whether this thread still drives the loop."""
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
        """One slow call proves nothing, because the computer may be busy; two in a row do."""
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
        call.take(answer)  # first: if a job goes on, no time passes between the call and the job
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
        """No call comes any more."""
        if self._lead is not None:
            self._lead.close()
        self._workers.close()
