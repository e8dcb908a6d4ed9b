r"""Records to SQLite rows and back. Column order is that of the schema in `database`.

Text that UTF-8 can't carry (half of a surrogate pair, as a job's output may hold) is written as an escape: ``\ud800``.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from sys import intern
from typing import TYPE_CHECKING, Any, Final

from extract_core.tracking.flat import attempt_of, attempt_values, guarded, run_of, run_values, state_of, state_values
from extract_core.tracking.records import AttemptRow, MarkChange, Policy, RunRecord, Skipped, TableState
from extract_core.wording import encodable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core.contract import Json

Row = tuple[Any, ...]  # what sqlite3 gives: text, numbers, None

RUN: Final = (
    "run_id, execution_id, source, started_at, event, rerun_of, versions, plan_uri, planned, policy, skipped, refused, summary"
)
STATE: Final = (
    'source, "table", owner_execution, owner_run, owner_started_at, owner_bound, fencing, attempt, watermark, watermark_column, '
    "watermark_type, watermark_version, last_run, last_state, last_failure, last_at, set_by_hand, base, last_result, slot_pool, "
    "slot_number, slot_execution, slot_taken_at"
)
ATTEMPT: Final = (
    'run_id, source, "table", attempt, job_type, state, recorded_at, failure, retryable, message, job_run_id, log_url, '
    "started_at, ended_at, cost_basis, rows, bytes, files, watermark_low, watermark_high, extract_s3_uri, result_uri, settings, "
    "message_uri, rows_without_watermark, fencing, mode, rows_in_the_future, rows_delivered_before, schema_changes, notes, "
    "proof, waited_seconds, shared"
)
CHANGE: Final = 'source, "table", version, changed_at, changed_by, reason, mark_before, mark, watermark_column, watermark_type'


def _names(columns: str) -> tuple[str, ...]:
    """The names of the columns, interned: the members of a record are matched by them."""
    return tuple(map(intern, columns.replace('"', "").split(", ")))


_RUN, _STATE, _ATTEMPT = map(_names, (RUN, STATE, ATTEMPT))


def marks(columns: str) -> str:
    """As many question marks as there are columns."""
    return ", ".join("?" * (columns.count(",") + 1))


def run_row(record: RunRecord) -> Row:
    """The columns of RUN."""
    return _row({**run_values(record, _text), "skipped": skipped_text(record.skipped)}, _RUN)


def policy_text(policy: Policy) -> str:
    """The column `policy`."""
    return json.dumps(asdict(policy))


def summary_text(summary: Mapping[str, Json]) -> str:
    """The column `summary`."""
    return encodable(json.dumps(summary, ensure_ascii=False, sort_keys=True))


def skipped_text(skipped: Sequence[Skipped]) -> str:
    """The column `skipped`."""
    return encodable(json.dumps([asdict(table) for table in skipped], ensure_ascii=False))


def _run_record(row: Row) -> RunRecord:
    """The record of a row of RUN."""
    return run_of(dict(zip(_RUN, row, strict=True)), _json)


def state_row(state: TableState) -> Row:
    """The columns of STATE."""
    return _row(state_values(state), _STATE)


def _table_state(row: Row) -> TableState:
    """The state of a row of STATE."""
    return state_of(dict(zip(_STATE, row, strict=True)))


def attempt_row(row: AttemptRow) -> Row:
    """The columns of ATTEMPT."""
    return _row(attempt_values(row, _text), _ATTEMPT)


def _attempt(row: Row) -> AttemptRow:
    """The attempt of a row of ATTEMPT."""
    return attempt_of(dict(zip(_ATTEMPT, row, strict=True)), _json)


def change_row(change: MarkChange) -> Row:
    """The columns of CHANGE."""
    return _utf8(tuple(getattr(change, name) for name in MarkChange.__slots__))


def _mark_change(row: Row) -> MarkChange:
    """The change of a row of CHANGE."""
    return MarkChange(**dict(zip(MarkChange.__slots__, row, strict=True)))


def _row(values: Mapping[str, object], columns: Sequence[str]) -> Row:
    return _utf8(tuple(map(values.__getitem__, columns)))


def _utf8(row: Row) -> Row:
    return tuple(encodable(value) if isinstance(value, str) and not value.isascii() else value for value in row)


def _text(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _json(text: str | None) -> Any:
    return None if text is None else json.loads(text)


run_record = guarded("the record of a run", _run_record)
table_state = guarded("the state of a table", _table_state)
attempt = guarded("an attempt", _attempt)
mark_change = guarded("a change of a watermark", _mark_change)
