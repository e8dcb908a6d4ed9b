"""A history as lines that a person reads: seconds since the start, the event, the state, and what matters of it."""

from collections.abc import Iterator, Mapping, Sequence

from asl_toolkit.json_value import Json, dumps

_SHOWN = 70


def timeline(events: Sequence[Mapping[str, Json]]) -> Iterator[str]:
    """One line an event, indented by how deep it stands in Map and Parallel states."""
    if not events:
        return
    start = events[0]["timestamp"]
    names: dict[int, str] = {0: ""}
    depths: dict[int, int] = {0: 0}
    for event in events:
        number, previous, kind = event["id"], event["previousEventId"], event["type"]
        details: Mapping[str, Json] = next((value for name, value in event.items() if name.endswith("EventDetails")), {})
        names[number] = details.get("name") or names.get(previous, "")
        depths[number] = max(0, depths.get(previous, 0) + _deeper(kind, events, previous))
        passed = (event["timestamp"] - start).total_seconds()
        head = f"{passed:>9.3f} {number:>5} {'  ' * depths[number]}{kind}"
        yield f"{head:<58} {names[number]:<32} {_what(kind, details)}".rstrip()


def _deeper(kind: str, events: Sequence[Mapping[str, Json]], previous: int) -> int:
    """How much deeper an event stands than the one that it follows."""
    if kind in {"MapStateStarted", "ParallelStateStarted"}:
        return 0
    before = str(events[previous - 1]["type"]) if previous else ""
    if before in {"MapStateStarted", "ParallelStateStarted"} or kind == "MapRunStarted":
        return 1
    if kind in {"MapStateSucceeded", "MapStateFailed", "MapStateExited"} and before.startswith(("MapIteration", "MapRun")):
        return -1
    return 0


def _what(kind: str, details: Mapping[str, Json]) -> str:
    if "error" in details or "cause" in details:
        return f"{details.get('error', '')}: {details.get('cause', '')}"[:_SHOWN]
    if kind == "TaskScheduled":
        return f"{details['resourceType']}:{details['resource']}"
    if "index" in details:
        return f"#{details['index']}"
    shown = details.get("output", details.get("input", ""))
    return _short(shown if isinstance(shown, str) else dumps(shown))


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
