"""A history as lines for people: seconds since the start, the event, the state, and its most important details.

State names are unique in a machine. So the depth of an event, and its Map and Parallel states, follow from its state: the
one that it names, or the one of the previous event.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from asl_toolkit.json_value import Json, dumps

if TYPE_CHECKING:
    from asl_toolkit.runtime.map_run_events import ChildExecution

_SHOWN = 70
_CONTAINERS = ("Map", "Parallel")
_OF_CONTAINERS = {
    f"{kind}State{what}": kind for kind in _CONTAINERS for what in ("Started", "Succeeded", "Failed", "Aborted", "Exited")
}
_INSIDE_AFTER = frozenset({"MapStateStarted", "ParallelStateStarted", "MapIterationStarted"})
_CLOSING = ("StateExited", "StateFailed", "StateAborted")


def timeline(events: Sequence[Mapping[str, Json]], children: Sequence["ChildExecution"] = ()) -> Iterator[str]:
    """One line per event, indented by its depth in Map and Parallel states; iterations are numbered, as in `Load [2]`.

    `children` of DISTRIBUTED Maps (from a child listener) are printed below the MapRunStarted of their Map Run.
    """
    if events:
        yield from _lines(events, children, events[0]["timestamp"], 0)


def _lines(events: Sequence[Mapping[str, Json]], children: Sequence["ChildExecution"], start: Json, indent: int) -> Iterator[str]:
    places = _Places()
    for event in events:
        details: Mapping[str, Json] = next((value for name, value in event.items() if name.endswith("EventDetails")), {})
        depth, name = places.of(event, details)
        passed = (event["timestamp"] - start).total_seconds()
        head = f"{passed:>9.3f} {event['id']:>5} {'  ' * (indent + depth)}{event['type']}"
        yield f"{head:<58} {name:<32} {_what(event['type'], details)}".rstrip()
        if event["type"] == "MapRunStarted":
            for child in children:
                if child.map_run_arn == details.get("mapRunArn"):
                    yield f"{'':>15} {'  ' * (indent + depth + 1)}child {child.name} {child.status}"
                    yield from _lines(child.events, children, start, indent + depth + 2)


class _State:
    """A state, as far as the events show it."""

    __slots__ = ("depth", "kind", "maps", "name", "parent")

    def __init__(self, name: str, kind: str, parent: "_State | None") -> None:
        self.name = name
        self.kind = kind
        self.parent = parent
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.maps: int = 0 if parent is None else parent.maps + (parent.kind == "Map")


class _Places:
    """The state and the iterations of each event."""

    def __init__(self) -> None:
        self._states: dict[str, _State] = {}
        self._of: dict[int, tuple[_State | None, tuple[int, ...], bool, bool]] = {0: (None, (), False, False)}
        self._open: dict[tuple[str, tuple[int, ...]], _State] = {}  # entered and not exited
        self._ending: tuple[int, ...] = ()  # the iteration that the last event ended with a failure

    def of(self, event: Mapping[str, Json], details: Mapping[str, Json]) -> tuple[int, str]:
        """The depth, and the name with the iterations."""
        kind = str(event["type"])
        state, iterations, inside, closed = self._of.get(event["previousEventId"], (None, (), False, False))
        if kind.endswith("StateEntered"):
            parent = state if inside else None if state is None else state.parent
            state = self._states.setdefault(details["name"], _State(details["name"], kind.removesuffix("StateEntered"), parent))
        elif kind.startswith("MapIteration"):
            state = self._states.get(details["name"], state)
            outer = iterations[: state.maps if state is not None else 0]
            iterations = (*outer, details["index"])
        elif kind.endswith("StateAborted"):
            state, iterations = self._aborted(kind.removesuffix("StateAborted"), state, iterations)
        else:
            state = self._named(kind, details, state, closed=closed)
        iterations = iterations[: self._most(state, kind)]
        self._note(kind, state, iterations)
        self._of[event["id"]] = (state, iterations, kind in _INSIDE_AFTER, kind.endswith(_CLOSING))
        if state is None:
            return 0, ""
        deeper = 1 if kind.startswith(("MapIteration", "MapRun")) else 0
        shown = f"{state.name} [{'.'.join(map(str, iterations))}]" if iterations else state.name
        return state.depth + deeper, shown

    def _aborted(self, kind: str, state: _State | None, iterations: tuple[int, ...]) -> tuple[_State | None, tuple[int, ...]]:
        """The state that was cut short: the first open one of its kind, in the iteration that has just ended, if any.

        The event names no state: it follows the failure elsewhere that cut the state.
        """
        ending = self._ending
        for (name, place), candidate in self._open.items():
            if candidate.kind == kind and place[: len(ending)] == ending:
                del self._open[name, place]
                return candidate, place
        return state, iterations

    def _note(self, kind: str, state: _State | None, iterations: tuple[int, ...]) -> None:
        if kind in {"MapIterationFailed", "MapIterationAborted"}:
            self._ending = iterations
        elif not kind.endswith("StateAborted"):
            self._ending = ()
        if state is not None and kind.endswith("StateEntered"):
            self._open[state.name, iterations] = state
        elif state is not None and kind.endswith(("StateExited", "StateFailed")):
            self._open.pop((state.name, iterations), None)

    def _named(self, kind: str, details: Mapping[str, Json], state: _State | None, *, closed: bool) -> _State | None:
        """The state of an event that does not enter a state."""
        if kind.startswith("Execution"):
            return None
        if "name" in details and details["name"] in self._states:
            return self._states[details["name"]]
        wanted = "Map" if kind.startswith("MapRun") else _OF_CONTAINERS.get(kind)
        if wanted is None or kind.endswith("Started"):
            return state
        if closed and state is not None:
            state = state.parent
        while state is not None and state.kind != wanted:
            state = state.parent
        return state

    @staticmethod
    def _most(state: _State | None, kind: str) -> int:
        """The number of Map states around an event."""
        if state is None:
            return 0
        return state.maps + kind.startswith("MapIteration")


def _what(kind: str, details: Mapping[str, Json]) -> str:
    if "error" in details or "cause" in details:
        return _short(": ".join(str(details[name]) for name in ("error", "cause") if details.get(name)))
    if kind == "TaskScheduled":
        return f"{details['resourceType']}:{details['resource']}"
    if kind == "MapRunStarted":
        return str(details["mapRunArn"]).rsplit(":", 1)[-1]
    if "index" in details:
        return f"#{details['index']}"
    shown = details.get("output", details.get("input", ""))
    return _short(shown if isinstance(shown, str) else dumps(shown))


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
