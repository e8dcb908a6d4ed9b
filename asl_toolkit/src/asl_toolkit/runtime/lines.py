"""The lines of events of a Parallel's branches or a Map's iterations, and the events that are written when one fails.

As recorded on AWS (LocalStack's validated `test_service_lambda_map_timeout`) and measured (floci-io/floci,
AslExecutorParallelCutTest): if a line fails, every open line gets its end, in the order of branches or items. For an
iteration, this is MapIterationFailed or MapIterationAborted; then the event of its current state follows, if such a state
can be aborted (the failing Task is one of them). All these events follow the last event of the failing line, and so does the
failure of the Map or Parallel.
"""

from asl_toolkit.runtime.history import Cursor, Details


class Lines:
    """The lines of one attempt at a Parallel or Map; `about` of a line names its iteration (None: it is a branch)."""

    def __init__(self, parent: Cursor) -> None:
        self._parent = parent
        self._open: dict[int, tuple[Cursor, Details | None]] = {}
        parent.inner = self

    def open(self, place: int, cursor: Cursor, about: Details | None = None) -> None:
        """A branch or an iteration begins."""
        self._open[place] = cursor, about

    def close(self, place: int) -> None:
        """A line has succeeded."""
        del self._open[place]

    def over(self) -> None:
        """All lines have ended."""
        self._parent.inner = None

    def fail(self, place: int) -> int:
        """A line has failed: write the ends of all lines. Returns the id of the event that the failure follows."""
        failed, _ = self._open[place]
        self._write(failed.last, place)
        return failed.last

    def cut(self, previous: int) -> None:
        """The state around the lines ends, so they end too."""
        self._write(previous, None)

    def _write(self, previous: int, failed: int | None) -> None:
        for place in sorted(self._open):
            cursor, about = self._open[place]
            if about is not None:
                cursor.follow(previous, "MapIterationFailed" if place == failed else "MapIterationAborted", about)
            cursor.cut(previous)
        self._open.clear()
        self._parent.inner = None
