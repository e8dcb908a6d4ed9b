"""Operations on Map Runs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from asl_toolkit.client.model import Request
from asl_toolkit.client.operation import Part, Response, operation
from asl_toolkit.client.pages import page
from asl_toolkit.client.registry import Registry
from asl_toolkit.runtime.history import Event
from asl_toolkit.runtime.map_run_events import MapRunLimits

_ENDS = {"MapRunSucceeded": "SUCCEEDED", "MapRunFailed": "FAILED", "MapRunAborted": "ABORTED"}


@dataclass(frozen=True, slots=True)
class Course:
    """The course of a Map Run, read from the history of its execution."""

    arn: str
    status: Literal["RUNNING", "SUCCEEDED", "FAILED", "ABORTED"]
    started: datetime
    stopped: datetime | None
    redriven: datetime | None
    redrives: int


def courses(events: Sequence[Event]) -> Iterator[Course]:
    """The Map Runs of a history, in the order in which they started."""
    ends = {event["previousEventId"]: event for event in events if event["type"] in _ENDS}
    redrives: dict[str, list[Event]] = {}
    for event in events:
        if event["type"] == "MapRunRedriven":
            redrives.setdefault(event["mapRunRedrivenEventDetails"]["mapRunArn"], []).append(event)
    for event in events:
        if event["type"] != "MapRunStarted":
            continue
        arn = event["mapRunStartedEventDetails"]["mapRunArn"]
        again = redrives.get(arn, [])
        last = again[-1] if again else event
        end = ends.get(last["id"])
        status: Any = "RUNNING" if end is None else _ENDS[end["type"]]
        stopped = None if end is None else end["timestamp"]
        yield Course(arn, status, event["timestamp"], stopped, last["timestamp"] if again else None, len(again))


def _counts(ended: Counter[str], total: int, course: Course) -> dict[str, int]:
    """Counts in the form of DescribeMapRun, by the children's statuses.

    What had not started when the Map Run ended stays pending (measured: floci-io/floci, pull 2694: a Map of five that failed at
    its first failure has `pending` 1, one that was aborted has `aborted` 1 and `pending` 2).
    """
    over = course.status != "RUNNING"
    aborted = ended["aborted"] + (ended["running"] if over else 0)
    running = 0 if over else ended["running"]
    return {
        "failuresNotRedrivable": 0,
        "pendingRedrive": 0,
        "pending": max(0, total - ended["succeeded"] - ended["failed"] - aborted - running),
        "running": running,
        "succeeded": ended["succeeded"],
        "failed": ended["failed"],
        "timedOut": 0,
        "aborted": aborted,
        "total": total,
        "resultsWritten": ended["succeeded"] + ended["failed"] if course.status == "SUCCEEDED" else 0,
    }


class MapRuns(Part):
    """The Map Runs of DISTRIBUTED Maps."""

    @operation("ListMapRuns")
    def list_map_runs(self, request: Request) -> Response:
        """The Map Runs of an execution, in the order in which they started."""
        arn = request["executionArn"]
        machine = ":".join(arn.split(":")[:5])
        listed = []
        for course in courses(events_of(self._registry, arn, "ListMapRuns")):
            label = course.arn.split(":")[6]
            entry = {
                "executionArn": arn,
                "mapRunArn": course.arn,
                "stateMachineArn": f"{machine}:stateMachine:{label}",
                "startDate": course.started,
            }
            listed.append(entry if course.stopped is None else {**entry, "stopDate": course.stopped})
        return page(listed, request, "mapRuns", self._registry.exceptions, "ListMapRuns")

    @operation("DescribeMapRun")
    def describe_map_run(self, request: Request) -> Response:
        """The status of a Map Run, its limits, and the counts of its items and children."""
        registry, arn = self._registry, request["mapRunArn"]
        registry.require(arn, "DescribeMapRun", "mapRun")
        execution_arn, course = find_map_run(registry, arn, "DescribeMapRun")
        record = registry.map_runs.run(arn)
        children = [] if record is None else registry.map_runs.children(record)
        items, executions = Counter[str](), Counter[str]()
        for child in children:
            items[child.status.lower()] += child.items
            executions[child.status.lower()] += 1
        start = None if record is None else record.start
        limits = MapRunLimits(0) if start is None else start.limits
        total = 0 if start is None else start.items or 0
        batched = any(child.items > 1 for child in children)
        answer: Response = {
            "mapRunArn": arn,
            "executionArn": execution_arn,
            "status": course.status,
            "startDate": course.started,
            "maxConcurrency": limits.max_concurrency,
            "toleratedFailureCount": limits.tolerated_count or 0,
            "toleratedFailurePercentage": float(limits.tolerated_percentage or 0),
            "itemCounts": _counts(items, total, course),
            "executionCounts": _counts(executions, len(children) if batched else total, course),
            "redriveCount": course.redrives,
        }
        dates = {"stopDate": course.stopped, "redriveDate": course.redriven}
        return answer | {name: moment for name, moment in dates.items() if moment is not None}

    @operation("UpdateMapRun")
    def update_map_run(self, request: Request) -> Response:
        """Change the concurrency and the tolerances of a running Map Run.

        Children that are too many end first. A lower tolerance counts at the next failure.
        """
        registry, arn = self._registry, request["mapRunArn"]
        registry.require(arn, "UpdateMapRun", "mapRun")
        _, course = find_map_run(registry, arn, "UpdateMapRun")
        record = registry.map_runs.run(arn)
        if record is None or course.status != "RUNNING":
            message = f"Map Run is {course.status} and cannot be updated: '{arn}'"
            raise registry.error("ValidationException", message, "UpdateMapRun")
        registry.map_runs.update(record, replace(record.start.limits, **_limits(request)))
        return {}


def _limits(request: Request) -> dict[str, Any]:
    """The members of UpdateMapRun that a request has, as fields of MapRunLimits."""
    names = {
        "max_concurrency": "maxConcurrency",
        "tolerated_count": "toleratedFailureCount",
        "tolerated_percentage": "toleratedFailurePercentage",
    }
    return {field: request[member] for field, member in names.items() if member in request}


def find_map_run(registry: Registry, arn: str, name: str) -> tuple[str, Course]:
    """The execution of a Map Run, and its course; ResourceNotFound. A Map Run is there before its items are read."""
    record = registry.map_runs.run(arn)
    known = [record.start.execution_arn] if record is not None else list(registry.executions)
    for execution_arn in known:
        for course in courses(events_of(registry, execution_arn, name)):
            if course.arn == arn:
                return execution_arn, course
    raise registry.error("ResourceNotFound", f"Resource not found: '{arn}'", name)


def events_of(registry: Registry, arn: str, name: str) -> list[Event]:
    """The history of an execution, or of a child of a Map Run that has ended; ExecutionDoesNotExist."""
    child = registry.map_runs.child(arn)
    if child is not None:
        return child[1].events
    return registry.execution(arn, name).execution.events()
