"""Ends of jobs that stand in an execution's history but were never recorded: the status handler is given their items again.

An item with the outcome of its job is the input of *Handle Extract Job Run Status*. Where the handler failed, or the execution
died in it, the history still has that input; of a DISTRIBUTED Map, the history of the table's own execution, which comes with it.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from extract_core.errors import TrackingUnavailable, UsageError
from extract_core.registry.routing import HANDLE_STATUS, NOT_RECORDED
from extract_core.runs.items_in_history import item_in, key_of
from extract_core.runs.started_jobs import StartedJobs
from extract_core.status.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts
    from extract_core.runs.items_in_history import Key
    from extract_core.runs.started_jobs import StartedJob
    from extract_core.tracking.records import RunRecord

log: Final = logging.getLogger("extract_core")

_OUTCOMES = ("job_result", "job_error", "plan_error")


def replay(parts: Parts, run: RunRecord) -> Mapping[Key, StartedJob] | None:
    """Record the ends that the history of this run's execution has and tracking has not; the jobs without an end come back.

    None: the history can't be read, as the log tells, and the tables end as the execution did. Raises TrackingUnavailable.
    """
    started = StartedJobs()
    known = {(row.table, row.attempt) for row in parts.tracking.attempts(run.run_id)}
    try:
        items = outcomes(started.watching(parts.history(run.execution_id)))
    except TrackingUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - an engine's: whatever it is, the run is closed without it
        log.warning("the history of the execution can't be read: %s", error, extra={"extract": {"run_id": run.run_id}})
        return None
    for key, item in items.items():
        if key not in known and item.get("run_id") == run.run_id:
            with suppress(UsageError):  # a plugin's state that lost half of the item: nothing can be recorded
                record(parts, item)
    return started.jobs


def outcomes(events: Iterable[Mapping[str, Any]]) -> dict[Key, Mapping[str, Json]]:
    """What the status handler was given, or what came past it when it failed: an item for each table and attempt."""
    items: dict[Key, Mapping[str, Json]] = {}
    for event in events:
        details = event.get("stateEnteredEventDetails")
        if isinstance(details, dict) and details.get("name") in (HANDLE_STATUS, NOT_RECORDED):
            item = item_in(details.get("input"))
            if item is not None and any(member in item for member in _OUTCOMES):
                items[key_of(item)] = item
    return items
