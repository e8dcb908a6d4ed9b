"""The progress of a run, from its history events. It works the same for runs on this machine and on AWS."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from extract_core.registry.routing import CORE_STATES, HANDLE_STATUS, NOT_RECORDED, TAKE_SLOT

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGE: Final = 1_000
"""A run with more tables than this is shown in part."""
SUCCEEDED: Final = "SUCCEEDED"
NOT_RECORDED_STATE = "NOT_RECORDED"
_OVER = ("succeeded", "failed", "aborted", "timedOut")  # of DescribeMapRun's itemCounts


@dataclass(slots=True)
class Progress:
    """Counts of one run, as far as its events show them.

    `running` maps a table to its job type, `since` to its start, `ended` to its state, `attempts` to its present or next
    attempt if that is not the first. A table that is tried again is running. `failed` counts the ended tables without success,
    and `again` is the table that the last event sent to another attempt, if any. `counts` are those of a DISTRIBUTED Map, of
    whose tables not all are known by name: pending, running, succeeded, failed, aborted, timedOut, …. `for_slot` maps a table
    that waits for a slot to its pool.
    """

    planned: int | None = None
    running: dict[str, str] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    since: dict[str, datetime] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    for_slot: dict[str, str] = field(default_factory=dict)
    failed: int = 0
    again: str | None = None
    _table_of: dict[int, str] = field(default_factory=dict)  # event id → table, inherited along previousEventId
    _events_of: dict[str, list[int]] = field(default_factory=dict)  # the ids in it of a table that has not ended

    @property
    def done(self) -> int:
        """How many tables have ended. Not all of their names are known."""
        counted = sum(self.counts.get(name, 0) for name in _OVER)
        return max(counted, len(self.ended))

    @property
    def at_work(self) -> int:
        """How many tables run. Not all of their names are known. The counts of a Map may be older than the last table's end."""
        counted = self.counts.get("running", 0)
        return max(len(self.running), counted if self.planned is None else min(counted, self.planned - self.done))

    def feed(self, event: Mapping[str, Any]) -> list[str]:
        """Take one event. Returns the tables that it ended: several if they shared a job."""
        kind = event["type"]
        self.again = None
        if kind == "MapRunCounted":
            self.counts = dict(event["mapRunCountedEventDetails"])
            self.planned = self.counts.get("total") or self.planned
            return []
        ended: list[str] = []
        table = None if kind == "MapIterationStarted" else self._table_of.get(event.get("previousEventId", 0))
        if kind == "MapStateStarted" and self.planned is None:
            # 0 where a DISTRIBUTED Map has not read its items yet
            self.planned = event.get("mapStateStartedEventDetails", {}).get("length") or None
        elif kind.endswith("StateEntered"):
            table = self._entered(event, kind, table)
        elif kind.endswith("StateExited") and table is not None:
            details = event["stateExitedEventDetails"]
            if details["name"] == TAKE_SLOT:
                self.for_slot.pop(table, None)
            if details["name"] in (HANDLE_STATUS, NOT_RECORDED):
                ended = self._handled(table, _payload(details))
                table = self.again
        if table is not None:
            self._table_of[event["id"]] = table
            self._events_of.setdefault(table, []).append(event["id"])
        return ended

    def _handled(self, table: str, answer: Mapping[str, Any]) -> list[str]:
        """The status handler has answered. Returns the tables that have ended with it.

        A group's answer has the ends of several tables, and may go on with another one.
        """
        ended: dict[str, str] = answer.get("ended", {})
        if "retry_wait_seconds" in answer:
            self.again = str(answer["table"])
            self.attempts[self.again] = answer["attempt"]
        elif table not in ended:
            ended = {**ended, table: str(answer.get("status", "UNKNOWN"))}
        for name, state in ended.items():
            self._end(name, state)
        return list(ended)

    def _end(self, table: str, state: str) -> None:
        """The table has ended: its events are forgotten, so that memory does not grow with the events of a large run."""
        self.running.pop(table, None)
        self.failed += state != SUCCEEDED and table not in self.ended
        self.ended[table] = state
        for number in self._events_of.pop(table, ()):
            self._table_of.pop(number, None)

    def _entered(self, event: Mapping[str, Any], kind: str, table: str | None) -> str | None:
        """The table of an iteration. It becomes known at its job state, or at the handler if it has no job."""
        details = event["stateEnteredEventDetails"]
        name = details["name"]
        if name in CORE_STATES and name not in (HANDLE_STATUS, TAKE_SLOT):
            return table
        if table is None or (table not in self.running and name != HANDLE_STATUS):
            item = json.loads(details.get("input", "null"))
            if not isinstance(item, dict) or "table" not in item:
                return table
            table = str(item["table"])
            if name == TAKE_SLOT:
                self.for_slot[table] = str(item.get("pool"))
            if kind == "TaskStateEntered" and name not in CORE_STATES:
                self.running[table] = str(item.get("job_type"))
                if "timestamp" in event:
                    self.since[table] = moment(event)
        return table


def moment(event: Mapping[str, Any]) -> datetime:
    """When an event happened. The timestamp is a datetime, or text in a file of events."""
    return datetime.fromisoformat(str(event["timestamp"]))


def _payload(exited: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer of the status handler: a status, or the item of the next attempt."""
    if exited["name"] == NOT_RECORDED:
        return {"status": NOT_RECORDED_STATE}
    payload = json.loads(exited.get("output", "null"))
    return payload if isinstance(payload, dict) else {}


def lambda_message(cause: str | None) -> str | None:
    """The message in the report of Lambda about an exception."""
    try:
        decoded = json.loads(cause or "")
    except ValueError:
        return cause
    return str(decoded.get("errorMessage") or cause) if isinstance(decoded, dict) else cause


def held_up(event: Mapping[str, Any]) -> str | None:
    """Why a run waits for other runs before it is planned, or None if the event is about something else."""
    details = event.get("taskFailedEventDetails", {})
    return lambda_message(details.get("cause")) if details.get("error") == "TablesLocked" else None
