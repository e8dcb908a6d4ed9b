"""The lines of events of a Parallel's branches or a Map's iterations, and what is written when one of them fails.

As recorded on AWS (LocalStack's validated `test_service_lambda_map_timeout`) and measured (floci-io/floci,
AslExecutorParallelCutTest): when a line fails, each line that has not ended says so, in the order of branches or items, an
iteration by MapIterationFailed or MapIterationAborted, then the state that it stands in, if it is one that can be aborted (the
failing Task among them). All follow the failing line's last event, and so does the Map's or Parallel's own failure.
"""

from asl_toolkit.runtime.history import Cursor, Details


class Lines:
    """The lines of one attempt at a Parallel or Map; `about` of a line names its iteration (None: a branch)."""

    def __init__(self, parent: Cursor) -> None:
        self._parent = parent
        self._open: dict[int, tuple[Cursor, Details | None]] = {}
        parent.inner = self

    def open(self, place: int, cursor: Cursor, about: Details | None = None) -> None:
        """A branch or an iteration begins."""
        self._open[place] = cursor, about

    def close(self, place: int) -> None:
        """It has ended well."""
        del self._open[place]

    def over(self) -> None:
        """All have ended."""
        self._parent.inner = None

    def fail(self, place: int) -> int:
        """A line has failed: write how all end. The id of the event that the failure follows."""
        failed, _ = self._open[place]
        self._write(failed.last, place)
        return failed.last

    def cut(self, previous: int) -> None:
        """What holds the lines ends: so do they."""
        self._write(previous, None)

    def _write(self, previous: int, failed: int | None) -> None:
        for place in sorted(self._open):
            cursor, about = self._open[place]
            if about is not None:
                cursor.follow(previous, "MapIterationFailed" if place == failed else "MapIterationAborted", about)
            cursor.cut(previous)
        self._open.clear()
        self._parent.inner = None
