"""The history of an execution: events as GetExecutionHistory returns them, numbered in order."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol, TypeAlias

from asl_toolkit.clock import Clock
from asl_toolkit.errors import RuntimeFailure

Event: TypeAlias = dict[str, Any]  # the shape of botocore's HistoryEvent
Details: TypeAlias = dict[str, Any]

MOST_EVENTS = 25_000
_log = logging.getLogger(__name__)
_STATE_EVENTS = {"StateEntered": "stateEnteredEventDetails", "StateExited": "stateExitedEventDetails"}
NOT_TRUNCATED = {"truncated": False}


class History:
    """Collects events. Only the loop's thread adds; any thread may read a copy."""

    def __init__(self, clock: Clock, listener: Callable[[Event], None] | None) -> None:
        self._now = clock.now
        self._listener = listener
        self._events: list[Event] = []
        self._closed = False
        self._millisecond = -1
        self._moment = datetime.min.replace(tzinfo=UTC)

    def add(self, kind: str, previous: int, details: Details | None = None, *, last: bool = False) -> int:
        """Append an event and return its id. Raises RuntimeFailure for the 25,000th event, unless it ends the execution."""
        if self._closed:
            return previous
        events = self._events
        number = len(events) + 1
        if number >= MOST_EVENTS and not last:
            self.close()
            raise RuntimeFailure(f"The execution reached the maximum number of history events ({MOST_EVENTS}).", bare=True)
        millisecond = int(self._now() * 1000)  # as fine as GetExecutionHistory's timestamps are
        if millisecond != self._millisecond:
            self._millisecond = millisecond
            self._moment = datetime.fromtimestamp(millisecond / 1000, UTC)
        event: Event
        if details is None:
            event = {"timestamp": self._moment, "type": kind, "id": number, "previousEventId": previous}
        else:
            name = _names.get(kind) or _details_name(kind)
            event = {"timestamp": self._moment, "type": kind, "id": number, "previousEventId": previous, name: details}
        events.append(event)  # one thread appends; the methods of a list are atomic for readers
        if self._listener is not None:
            self._tell(event)
        return number

    def _tell(self, event: Event) -> None:
        """Call the listener; its exceptions must not end the execution."""
        assert self._listener is not None  # noqa: S101 - asked by the caller
        try:
            self._listener(event)
        except Exception:  # noqa: BLE001 - any fault of a listener
            _log.warning("the listener raised at the event %s", event["id"], exc_info=True)

    def close(self) -> None:
        """From now on, accept only the last event."""
        self._closed = True

    def reopen(self, clock: Clock, listener: Callable[[Event], None] | None) -> None:
        """The execution is redriven: accept events again."""
        self._now, self._listener, self._closed = clock.now, listener, False

    def end(self, kind: str, previous: int, details: Details) -> None:
        """The event that ends the execution."""
        self._closed = False
        self.add(kind, previous, details, last=True)
        self._closed = True

    @property
    def last(self) -> int:
        """The id of the newest event; 0 when there is none."""
        return len(self._events)

    def events(self) -> list[Event]:
        """All events so far."""
        return list(self._events)


_names: dict[str, str] = {}


def _details_name(kind: str) -> str:
    """`TaskScheduled` → `taskScheduledEventDetails`; all entered events share one name, and all exited events share another."""
    shared = next((value for suffix, value in _STATE_EVENTS.items() if kind.endswith(suffix)), None)
    name = _names[kind] = shared or f"{kind[0].lower()}{kind[1:]}EventDetails"
    return name


def named(error: str | None, cause: str | None) -> dict[str, str]:
    """Error and cause as details of an event; the history leaves out None."""
    return {name: text for name, text in (("error", error), ("cause", cause)) if text is not None}


class Cut(Protocol):
    """Work inside a state that a failure of another line may cut short."""

    def cut(self, previous: int) -> None:
        """Write how it ends; each event follows `previous`."""


class Cursor:
    """The position in one line of events: the id that the next event of this line follows.

    `aborted` is the event for the case that the state of this line is cut short (None: no such event), `inner` the running
    work inside that state.
    """

    __slots__ = ("_history", "aborted", "inner", "last")

    def __init__(self, history: History, last: int) -> None:
        self._history = history
        self.last = last
        self.aborted: str | None = None
        self.inner: Cut | None = None

    def add(self, kind: str, details: Details | None = None) -> int:
        """Append an event to this line."""
        self.last = self._history.add(kind, self.last, details)
        return self.last

    def beside(self, kind: str, details: Details | None = None) -> int:
        """Append an event that the next event of this line does not follow."""
        return self._history.add(kind, self.last, details)

    def follow(self, previous: int, kind: str, details: Details | None = None) -> int:
        """Append an event of this line that follows an event of another line."""
        return self._history.add(kind, previous, details)

    def cut(self, previous: int) -> None:
        """The line ends in its state: the events of this state, and of everything below it, follow `previous`."""
        if self.aborted is not None:
            self.follow(previous, self.aborted)
            self.aborted = None
        if self.inner is not None:
            self.inner.cut(previous)
            self.inner = None

    def fork(self, last: int | None = None) -> "Cursor":
        """A new line, from here or from another event."""
        return Cursor(self._history, self.last if last is None else last)
