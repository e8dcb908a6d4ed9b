"""Threads for handlers that block: started on demand up to a limit, and ended with the execution.

They are daemon threads: a handler that sleeps beyond its task's timeout must not keep the process alive.
"""

import threading
from collections.abc import Callable
from queue import SimpleQueue


class Workers:
    """A bounded pool that starts threads on demand."""

    def __init__(self, limit: int, name: str) -> None:
        self._limit = limit
        self._name = name
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._idle = 0
        self._waiting = 0

    def submit(self, job: Callable[[], None]) -> None:
        """Run `job` on a thread as soon as one is free; a job must not raise."""
        with self._lock:
            self._waiting += 1
            start = self._waiting > self._idle and self._threads < self._limit
            if start:
                self._threads += 1
        self._jobs.put(job)
        if start:
            threading.Thread(target=self._work, name=f"{self._name}-{self._threads}", daemon=True).start()

    def close(self) -> None:
        """Let every thread end after its job. Does not wait."""
        with self._lock:
            threads = self._threads
        for _ in range(threads):
            self._jobs.put(None)

    def _work(self) -> None:
        while True:
            with self._lock:
                self._idle += 1
            job = self._jobs.get()
            with self._lock:
                self._idle -= 1
                if job is not None:
                    self._waiting -= 1
            if job is None:
                return
            job()
            job = None  # an idle thread keeps nothing alive
