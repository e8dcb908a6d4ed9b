"""Records the ends of jobs that an execution's history has and tracking has not: the status handler gets their items again.

An item with the outcome of its job is the input of *Handle Extract Job Run Status*. If the handler failed, or the execution died
in it, the history still has that input. In a DISTRIBUTED Map it is in the history of the table's own execution.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from extract_core.errors import ObjectError, ObjectUnavailable, TrackingError, TrackingUnavailable, UsageError
from extract_core.plan.group import keys_of
from extract_core.registry.routing import HANDLE_STATUS, NOT_RECORDED, SLOT_ERROR
from extract_core.runs.items_in_history import item_in, key_of
from extract_core.runs.started_jobs import StartedJobs
from extract_core.status.record import record
from extract_core.wording import described

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts
    from extract_core.runs.items_in_history import Key
    from extract_core.runs.started_jobs import StartedJob
    from extract_core.tracking.records import RunRecord

log: Final = logging.getLogger("extract_core")

_OUTCOMES = ("job_result", "job_error", "later_error", "plan_error", SLOT_ERROR)


def replay(parts: Parts, run: RunRecord) -> Mapping[Key, StartedJob] | None:
    """Record the ends that the history of this run's execution has and tracking has not. Returns the jobs without an end.

    Returns None, with a line in the log, if the history can't be read: the tables then end as the execution did. Raises
    TrackingUnavailable.
    """
    started = StartedJobs()
    known = {(row.table, row.attempt) for row in parts.tracking.attempts(run.run_id)}
    try:
        items = outcomes(started.watching(parts.history(run.execution_id)))
    except TrackingUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - an engine's: the run is closed without its history
        log.warning("the history of the execution can't be read: %s", error, extra={"extract": {"run_id": run.run_id}})
        return None
    for key, item in items.items():
        if item.get("run_id") == run.run_id and not known.issuperset(keys_of(item)):
            _record(parts, key, item)
    return started.jobs


def _record(parts: Parts, key: Key, item: Mapping[str, Json]) -> None:
    """Record one end. If that fails, as it may have failed before, the table stays open.

    Raises TrackingUnavailable and ObjectUnavailable.
    """
    try:
        record(parts, item)
    except ObjectUnavailable:
        raise
    except TrackingUnavailable as error:
        if not isinstance(error.__cause__, ObjectError):  # else it is recorded, and the end of the run says what is not written
            raise
    except UsageError:
        pass  # a plugin's state has lost members of the item: nothing can be recorded
    except Exception as error:
        log.error(  # noqa: TRY400 - the words of a store say all: no lines of code in a terminal
            "the end of %s could not be recorded from the history: %s",
            key[0],
            described(error),
            exc_info=not isinstance(error, TrackingError),
            extra={"extract": {"run_id": item.get("run_id"), "table": key[0], "attempt": key[1]}},
        )


def outcomes(events: Iterable[Mapping[str, Any]]) -> dict[Key, Mapping[str, Json]]:
    """The input of the status handler, or of the state after it if it failed: one item per table and attempt."""
    items: dict[Key, Mapping[str, Json]] = {}
    for event in events:
        details = event.get("stateEnteredEventDetails")
        if isinstance(details, dict) and details.get("name") in (HANDLE_STATUS, NOT_RECORDED):
            item = item_in(details.get("input"))
            if item is not None and any(member in item for member in _OUTCOMES):
                items[key_of(item)] = item
    return items
