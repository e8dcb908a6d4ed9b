r"""Records to SQLite rows and back. Column order is that of the schema in `database`.

Text that UTF-8 can't carry (half of a surrogate pair, as a job's output may hold) is written as an escape: ``\ud800``.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import FailureClass, JobState
from extract_core.tracking.damaged import guarded
from extract_core.tracking.old_names import renamed
from extract_core.tracking.records import AttemptRow, MarkChange, Owner, Policy, RunRecord, Skipped, Slot, TableState
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


def marks(columns: str) -> str:
    """As many question marks as there are columns."""
    return ", ".join("?" * (columns.count(",") + 1))


def run_row(record: RunRecord) -> Row:
    """The columns of RUN."""
    return _utf8(
        (
            record.run_id,
            record.execution_id,
            record.source,
            record.started_at,
            _text(record.event),
            record.rerun_of,
            _text(record.versions),
            record.plan_uri,
            record.planned,
            policy_text(record.policy) if record.policy else None,
            skipped_text(record.skipped),
            record.refused,
            _text(record.summary),
        )
    )


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
    policy = _json(row[9])
    return RunRecord(
        run_id=row[0],
        execution_id=row[1],
        source=row[2],
        started_at=row[3],
        event=_json(row[4]),
        rerun_of=row[5],
        versions=_json(row[6]),
        plan_uri=row[7],
        planned=row[8],
        policy=Policy(**policy) if policy else None,
        skipped=tuple(Skipped(**table) for table in _json(row[10])),
        refused=row[11],
        summary=None if row[12] is None else renamed(_json(row[12])),
    )


def state_row(state: TableState) -> Row:
    """The columns of STATE."""
    by, slot = state.owner, state.slot
    return _utf8(
        (
            state.source,
            state.table,
            by and by.execution_id,
            by and by.run_id,
            by and by.started_at,
            by and by.bound,
            state.fencing,
            state.attempt,
            state.watermark,
            state.column,
            state.type,
            state.version,
            state.last_run,
            state.last_state,
            state.last_failure,
            state.last_at,
            int(state.set_by_hand),
            state.base,
            state.last_result,
            slot and slot.pool,
            slot and slot.number,
            slot and slot.execution_id,
            slot and slot.taken_at,
        )
    )


def _table_state(row: Row) -> TableState:
    """The state of a row of STATE."""
    owner = Owner(execution_id=row[2], run_id=row[3], started_at=row[4], bound=row[5]) if row[2] is not None else None
    slot = None
    if row[19] is not None:
        slot = Slot(
            pool=row[19],
            number=row[20],
            execution_id=row[21],
            run_id=row[3],
            source=row[0],
            table=row[1],
            taken_at=row[22],
        )
    return TableState(
        source=row[0],
        table=row[1],
        owner=owner,
        slot=slot,
        fencing=row[6],
        attempt=row[7],
        watermark=row[8],
        column=row[9],
        type=row[10],
        version=row[11],
        last_run=row[12],
        last_state=JobState(row[13]) if row[13] else None,
        last_failure=FailureClass(row[14]) if row[14] else None,
        last_at=row[15],
        set_by_hand=bool(row[16]),
        base=row[17],
        last_result=row[18],
    )


def attempt_row(row: AttemptRow) -> Row:
    """The columns of ATTEMPT."""
    return _utf8(
        (
            row.run_id,
            row.source,
            row.table,
            row.attempt,
            row.job_type,
            row.state,
            row.recorded_at,
            row.failure,
            int(row.retryable),
            row.message,
            row.job_run_id,
            row.log_url,
            row.started_at,
            row.ended_at,
            _text(row.cost_basis),
            row.rows,
            row.bytes,
            _text(row.files),
            row.watermark_low,
            row.watermark_high,
            row.extract_s3_uri,
            row.result_uri,
            _text(row.settings),
            row.message_uri,
            row.rows_without_watermark,
            row.fencing,
            row.mode,
            row.rows_in_the_future,
            row.rows_delivered_before,
            _text(row.schema_changes),
            _text(row.notes),
            _text(row.proof),
            row.waited_seconds,
            _text(row.shared),
        )
    )


def _attempt(row: Row) -> AttemptRow:
    """The attempt of a row of ATTEMPT."""
    return AttemptRow(
        run_id=row[0],
        source=row[1],
        table=row[2],
        attempt=row[3],
        job_type=row[4],
        state=JobState(row[5]),
        recorded_at=row[6],
        failure=FailureClass(row[7]) if row[7] else None,
        retryable=bool(row[8]),
        message=row[9],
        job_run_id=row[10],
        log_url=row[11],
        started_at=row[12],
        ended_at=row[13],
        cost_basis=_json(row[14]),
        rows=row[15],
        bytes=row[16],
        files=_json(row[17]),
        watermark_low=row[18],
        watermark_high=row[19],
        extract_s3_uri=row[20],
        result_uri=row[21],
        settings=_json(row[22]),
        message_uri=row[23],
        rows_without_watermark=row[24],
        fencing=row[25],
        mode=row[26],
        rows_in_the_future=row[27],
        rows_delivered_before=row[28],
        schema_changes=_json(row[29]),
        notes=_json(row[30]),
        proof=_json(row[31]),
        waited_seconds=row[32],
        shared=_json(row[33]),
    )


def change_row(change: MarkChange) -> Row:
    """The columns of CHANGE."""
    return _utf8(tuple(getattr(change, name) for name in MarkChange.__slots__))


def _mark_change(row: Row) -> MarkChange:
    """The change of a row of CHANGE."""
    return MarkChange(**dict(zip(MarkChange.__slots__, row, strict=True)))


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
