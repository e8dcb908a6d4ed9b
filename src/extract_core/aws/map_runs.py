"""The children of a DISTRIBUTED Map: executions whose events belong among those of the execution that started them.

ListExecutions is eventually consistent (its API reference). So a child has ended when its own history says so, not when it
is no longer listed.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from extract_core.aws.history_reader import HistoryReader
from extract_core.runs.child_events import base_of, moved

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_stepfunctions.literals import ExecutionStatusType

    from extract_core.aws.client import StepFunctions
    from extract_core.contract import Json

log: Final = logging.getLogger("extract_core")

COUNTED: Final = "MapRunCounted"
"""Type of this project's event: the counts of DescribeMapRun, under ``mapRunCountedEventDetails``."""

READS: Final = 30
"""Histories of children read at one look; GetExecutionHistory refills 5 to 20 calls a second (Step Functions quotas)."""

MOST_READ: Final = 1_000
"""Children that succeeded, or that a watch has not met before the end, whose histories are read: a minute or two of calls."""

_UNSUCCESSFUL: Final[tuple[ExecutionStatusType, ...]] = ("RUNNING", "ABORTED", "FAILED", "TIMED_OUT", "PENDING_REDRIVE")


def map_run_of(event: Mapping[str, Json]) -> str | None:
    """The ARN of the map run that this event starts; None for other events, and for the redrive of a map run."""
    details = event.get("mapRunStartedEventDetails")
    arn = details.get("mapRunArn") if isinstance(details, dict) else None
    return arn if isinstance(arn, str) else None


def finished_children(states: StepFunctions, map_run: str, number: int = 0) -> Iterator[Mapping[str, Json]]:
    """The events of all children that did not succeed, then of those that did, up to MOST_READ of these.

    A child succeeds when its table's end is recorded, so reading these rarely adds anything. The log says how many were read.
    Raises TrackingUnavailable.
    """
    child = 0
    for status in _UNSUCCESSFUL:
        for arn in children(states, map_run, status):
            child += 1
            yield from _events(HistoryReader(states, arn), base_of(number, child))
    for read, arn in enumerate(children(states, map_run, "SUCCEEDED")):
        if read == MOST_READ:
            log.info("of the children of %s that succeeded, %d were read", map_run, MOST_READ)
            return
        child += 1
        yield from _events(HistoryReader(states, arn), base_of(number, child))


def children(states: StepFunctions, map_run: str, status: ExecutionStatusType, *, pages: int | None = None) -> Iterator[str]:
    """The ARNs of a map run's children in this status, newest first, from this number of pages of 1,000.

    Raises TrackingUnavailable.
    """
    token: Any = {}
    while pages is None or pages > 0:
        with states.asking(f"can't list the children of {map_run!r}"):
            page = states.client(map_run).list_executions(mapRunArn=map_run, statusFilter=status, maxResults=1000, **token)
        yield from (execution["executionArn"] for execution in page["executions"])
        if "nextToken" not in page:
            return
        token = {"nextToken": page["nextToken"]}
        pages = None if pages is None else pages - 1


class LiveMapRun:
    """A running map run, at which a watch looks again and again."""

    def __init__(self, states: StepFunctions, arn: str, number: int) -> None:
        self._states = states
        self._arn = arn
        self._number = number
        self._counted: object = None
        self._open: dict[str, _Child] = {}
        self._met: set[str] = set()

    def look(self, *, ended: bool = False) -> Iterator[Mapping[str, Json]]:
        """The changes: the counts, ends of known children, and the tables of new children.

        It reads no more than READS histories, so the tables of a wide Map come in several looks. `ended`: the last look,
        which also reads the children that no look has met. Raises TrackingUnavailable.
        """
        yield from self._counts()
        listed = list(children(self._states, self._arn, "RUNNING", pages=1))
        running = set(listed)
        left = READS
        gone = [arn for arn in self._open if arn not in running]
        for arn in [*gone, *(arn for arn in reversed(listed) if arn not in self._met)]:
            if left == 0 and not ended:
                return
            left -= left > 0
            yield from self._read(arn)
        if ended:
            yield from self._rest()

    def _counts(self) -> Iterator[Mapping[str, Json]]:
        with self._states.asking(f"cannot ask Step Functions about {self._arn!r}"):
            counts = self._states.client(self._arn).describe_map_run(mapRunArn=self._arn)["itemCounts"]
        if counts != self._counted:
            self._counted = counts
            now = datetime.now(UTC)
            event: Any = {"id": 0, "previousEventId": 0, "type": COUNTED, "timestamp": now, "mapRunCountedEventDetails": counts}
            yield event

    def _read(self, arn: str) -> Iterator[Mapping[str, Json]]:
        child = self._open.get(arn)
        if child is None:
            self._met.add(arn)
            child = self._open[arn] = _Child(HistoryReader(self._states, arn), base_of(self._number, len(self._met)))
        for event in _events(child.reader, child.base):
            if str(event["type"]) in _ENDS:
                self._open.pop(arn, None)
            yield event

    def _rest(self) -> Iterator[Mapping[str, Json]]:
        read = 0
        statuses: Sequence[ExecutionStatusType] = ("FAILED", "TIMED_OUT", "ABORTED", "SUCCEEDED")
        for status in statuses:
            for arn in children(self._states, self._arn, status):
                if arn not in self._met and read < MOST_READ:
                    read += 1
                    yield from self._read(arn)


class _Child:
    """A child whose end has not been read."""

    __slots__ = ("base", "reader")

    def __init__(self, reader: HistoryReader, base: int) -> None:
        self.reader = reader
        self.base = base


_ENDS: Final = ("ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut")


def _events(reader: HistoryReader, base: int) -> Iterator[Mapping[str, Json]]:
    """The new events of a child, with shifted ids."""
    return (moved(event, base) for event in reader.new())
