"""The Map Runs of a client, as listeners reported them."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from asl_toolkit.runtime.history import Event
from asl_toolkit.runtime.map_run_events import ChildExecution, ChildStart, MapRunLimits, MapRunStart


@dataclass(slots=True)
class MapRunRecord:
    """A started Map Run and its children, by ARN."""

    start: MapRunStart
    children: dict[str, ChildExecution] = field(default_factory=dict)


class MapRunBook:
    """The Map Runs of all executions of a client. Listeners write it from the threads of executions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[str, MapRunRecord] = {}
        self._of_child: dict[str, str] = {}

    def started(self, start: MapRunStart) -> None:
        """A Map Run starts, or has read its items.

        At a redrive, children that did not succeed are removed, because they run again.
        """
        with self._lock:
            record = self._runs.setdefault(start.arn, MapRunRecord(start))
            record.start = start
            record.children = {arn: child for arn, child in record.children.items() if child.status == "SUCCEEDED"}

    def update(self, record: MapRunRecord, limits: MapRunLimits) -> None:
        """Change the limits of a running Map Run."""
        with self._lock:
            record.start = replace(record.start, limits=limits)
            record.start.update(limits)

    def child_started(self, start: ChildStart) -> Callable[[Event], None]:
        """A child begins. Returns the listener of its events."""
        child = ChildExecution(start.map_run_arn, start.name, start.arn, "RUNNING", [], start.items)
        with self._lock:
            self._runs[start.map_run_arn].children[start.arn] = child
            self._of_child[start.arn] = start.map_run_arn
        return child.events.append

    def ended(self, child: ChildExecution) -> None:
        """A child has ended."""
        with self._lock:
            self._runs[child.map_run_arn].children[child.arn] = child
            self._of_child[child.arn] = child.map_run_arn

    def run(self, arn: str) -> MapRunRecord | None:
        """A Map Run by its ARN."""
        with self._lock:
            return self._runs.get(arn)

    def child(self, arn: str) -> tuple[MapRunRecord, ChildExecution] | None:
        """A child, and its Map Run."""
        with self._lock:
            run = self._runs.get(self._of_child.get(arn, ""))
            child = None if run is None else run.children.get(arn)
            return None if run is None or child is None else (run, child)

    def children(self, record: MapRunRecord) -> list[ChildExecution]:
        """The children of a Map Run, the newest first."""
        with self._lock:
            return [child for child in reversed(record.children.values()) if child.events]
