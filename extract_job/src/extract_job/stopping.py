"""SIGTERM and SIGINT: the job stops where it is, tidies up, and says so in its exit code."""

import signal
from types import FrameType


class Stopped(BaseException):
    """A signal asked the job to end. Not an `Exception`: nothing but the program's rim may catch it."""


class StopRequest:
    """Remembers the signal that asked this process to end; `signal` is None until then.

    The memory is needed beside the exception: raised while SQLite calls back into Python, the exception is lost and
    what comes out is SQLite's "interrupted".
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None

    def listen(self) -> None:
        """Take SIGTERM and SIGINT from now on; call it from the main thread."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        if self.signal is None:  # a second signal must not break the tidying up after the first
            self.signal = signal.Signals(number)
            raise Stopped
