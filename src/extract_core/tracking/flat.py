"""Records as flat values by name, and back: the columns of SQLite and the attributes of DynamoDB have the same names.

Values that are JSON in both stores are encoded and decoded by the store, with `text` and `value_of`. On the way back, a value
that is None or missing is not known.

A row that cannot be read, because it is damaged or a newer version wrote it, does not hide the others.
"""

from __future__ import annotations

import logging
from dataclasses import asdict
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, TypeVar

from extract_core.contract import FailureClass, JobState
from extract_core.errors import TrackingError
from extract_core.tracking.old_names import renamed
from extract_core.tracking.records import AttemptRow, Owner, Policy, RunRecord, Skipped, Slot, TableState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

Row = TypeVar("Row")
Record = TypeVar("Record")

log: Final = logging.getLogger("extract_core")

_FAULTS: Final = (ValueError, LookupError, TypeError, AttributeError, RecursionError, StopIteration)

ATTEMPT_JSON: Final = ("cost_basis", "files", "settings", "schema_changes", "notes", "proof", "shared")
"""The members of an attempt that are JSON in a store."""
_members: Final = attrgetter(*AttemptRow.__slots__)


def run_values(record: RunRecord, text: Callable[[object], object]) -> dict[str, object]:
    """The values of a run, without its skipped tables: they may be too many for a store."""
    return {
        "run_id": record.run_id,
        "execution_id": record.execution_id,
        "source": record.source,
        "started_at": record.started_at,
        "event": text(record.event),
        "rerun_of": record.rerun_of,
        "versions": text(record.versions),
        "plan_uri": record.plan_uri,
        "planned": record.planned,
        "policy": text(asdict(record.policy)) if record.policy else None,
        "refused": record.refused,
        "summary": text(record.summary),
    }


def run_of(values: Mapping[str, Any], value_of: Callable[[Any], Any]) -> RunRecord:
    """The run of these values."""
    policy, summary = value_of(values.get("policy")), value_of(values.get("summary"))
    return RunRecord(
        run_id=values["run_id"],
        execution_id=values["execution_id"],
        source=values["source"],
        started_at=values["started_at"],
        event=value_of(values.get("event")),
        rerun_of=values.get("rerun_of"),
        versions=value_of(values.get("versions")),
        plan_uri=values.get("plan_uri"),
        planned=values.get("planned"),
        policy=Policy(**policy) if policy else None,
        skipped=tuple(Skipped(**table) for table in value_of(values.get("skipped")) or ()),
        refused=values.get("refused"),
        summary=None if summary is None else renamed(summary),
    )


def state_values(state: TableState) -> dict[str, object]:
    """The values of a table's state."""
    by, slot = state.owner, state.slot
    return {
        "source": state.source,
        "table": state.table,
        "owner_execution": by and by.execution_id,
        "owner_run": by and by.run_id,
        "owner_started_at": by and by.started_at,
        "owner_bound": by and by.bound,
        "fencing": state.fencing,
        "attempt": state.attempt,
        "watermark": state.watermark,
        "watermark_column": state.column,
        "watermark_type": state.type,
        "watermark_version": state.version,
        "last_run": state.last_run,
        "last_state": state.last_state,
        "last_failure": state.last_failure,
        "last_at": state.last_at,
        "set_by_hand": state.set_by_hand,
        "base": state.base,
        "last_result": state.last_result,
        "slot_pool": slot and slot.pool,
        "slot_number": slot and slot.number,
        "slot_execution": slot and slot.execution_id,
        "slot_taken_at": slot and slot.taken_at,
    }


def state_of(values: Mapping[str, Any]) -> TableState:
    """The state of these values."""
    owner = slot = None
    if values.get("owner_execution") is not None:
        owner = Owner(
            execution_id=values["owner_execution"],
            run_id=values["owner_run"],
            started_at=values["owner_started_at"],
            bound=values["owner_bound"],
        )
    if values.get("slot_pool") is not None:
        slot = Slot(
            pool=values["slot_pool"],
            number=values["slot_number"],
            execution_id=values["slot_execution"],
            run_id=values["owner_run"],
            source=values["source"],
            table=values["table"],
            taken_at=values["slot_taken_at"],
        )
    last_state, last_failure = values.get("last_state"), values.get("last_failure")
    return TableState(
        source=values["source"],
        table=values["table"],
        owner=owner,
        slot=slot,
        fencing=values["fencing"],
        attempt=values["attempt"],
        watermark=values.get("watermark"),
        column=values.get("watermark_column"),
        type=values.get("watermark_type"),
        version=values["watermark_version"],
        last_run=values.get("last_run"),
        last_state=JobState(last_state) if last_state else None,
        last_failure=FailureClass(last_failure) if last_failure else None,
        last_at=values.get("last_at"),
        set_by_hand=bool(values.get("set_by_hand")),
        base=values.get("base"),
        last_result=values.get("last_result"),
    )


def attempt_values(row: AttemptRow, text: Callable[[object], object]) -> dict[str, object]:
    """The values of an attempt."""
    values = dict(zip(AttemptRow.__slots__, _members(row), strict=True))
    for name in ATTEMPT_JSON:
        if values[name] is not None:
            values[name] = text(values[name])
    return values


def attempt_of(values: dict[str, Any], value_of: Callable[[Any], Any]) -> AttemptRow:
    """The attempt of these values, which are changed: a run has very many."""
    for name in ATTEMPT_JSON:
        if values.get(name) is not None:
            values[name] = value_of(values[name])
    failure = values.get("failure")
    values["state"] = JobState(values["state"])
    values["failure"] = FailureClass(failure) if failure else None
    values["retryable"] = bool(values.get("retryable"))
    values.setdefault("job_type")
    return AttemptRow(**values)


class DamagedRow(TrackingError):  # noqa: N818 - what it is
    """A row of the tracking store that can't be read; the message says which kind, and what to do."""


def guarded(what: str, read: Callable[[Row], Record]) -> Callable[[Row], Record]:
    """The same reader, which raises DamagedRow for a row that is not `what`."""

    def guarded_read(row: Row) -> Record:
        try:
            return read(row)
        except _FAULTS as error:
            raise DamagedRow(
                f"{what} in the tracking store is damaged, or was written by a newer version ({type(error).__name__}: {error}): "
                "upgrade extract-sfn, or restore the store from a backup"
            ) from error

    return guarded_read


def readable(read: Callable[[Row], Record], rows: Iterable[Row]) -> Iterator[Record]:
    """The records of the rows that can be read. The log names each of the others."""
    for row in rows:
        try:
            yield read(row)
        except DamagedRow as error:
            log.warning("left out: %s", error)
