"""SIGTERM and SIGINT: the job stops at once, cleans up, and reports the signal in its exit code."""

import signal
from types import FrameType


class Stopped(BaseException):
    """A signal asked the job to end. Not an `Exception`: only `program.run` may catch it."""


class StopRequest:
    """Remembers the signal that asked this process to end; `signal` is None until then.

    The exception alone is not enough: if it is raised while SQLite calls back into Python, it is
    lost, and SQLite reports "interrupted" instead.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None

    def listen(self) -> None:
        """Handle SIGTERM and SIGINT from now on; call it from the main thread."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        if self.signal is None:  # a second signal must not interrupt the cleaning up after the first
            self.signal = signal.Signals(number)
            raise Stopped
