"""The tables of a run: each planned table with its attempts, its window and its earlier end."""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from extract_core.contract import FailureClass, JobState
from extract_core.errors import ObjectError
from extract_core.plan.plan_file import read_plan
from extract_core.runs.view.bill import price_of
from extract_core.runs.view.document import Attempt, TableResult, Window
from extract_core.runs.view.earlier import earlier_ends

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from extract_core.objects.store import ObjectStore
    from extract_core.plan.line import PlannedTable
    from extract_core.runs.view.document import Costs, Earlier, Prices
    from extract_core.tracking.records import AttemptRow, RunRecord
    from extract_core.tracking.store import TrackingStore


def table_results(  # noqa: PLR0913 - the sources of what is known of a table
    tracking: TrackingStore,
    objects: ObjectStore,
    record: RunRecord,
    rows: Iterable[AttemptRow],
    *,
    waiting: Collection[str],
    has_ended: bool,
    prices: Mapping[str, Prices],
) -> list[TableResult]:
    """The planned tables, sorted. `waiting` are those that another attempt follows at.

    Tables that were never recorded come from the plan; without it, only tables with an attempt are there.
    """
    attempts: defaultdict[str, list[AttemptRow]] = defaultdict(list)
    for row in rows:
        attempts[row.table].append(row)
    planned = _planned(objects, record)
    names = sorted({*planned, *attempts})
    before = earlier_ends(tracking, record, names)
    results = []
    for name in names:
        line, own = planned.get(name), sorted(attempts[name], key=lambda row: row.attempt)
        if own:
            results.append(_ended(own, line, before.get(name), retrying=name in waiting, prices=prices))
        else:
            results.append(_unrecorded(name, line, before.get(name), has_ended=has_ended))
    return results


def _planned(objects: ObjectStore, record: RunRecord) -> dict[str, PlannedTable]:
    planned: dict[str, PlannedTable] = {}
    if record.plan_uri is not None:
        with suppress(ObjectError):  # plans are deleted after a while; the attempts are still known
            planned = {line.table: line for line in read_plan(objects, record.plan_uri)}
    return planned


def _ended(
    rows: Sequence[AttemptRow],
    line: PlannedTable | None,
    earlier: Earlier | None,
    *,
    retrying: bool,
    prices: Mapping[str, Prices],
) -> TableResult:
    last = rows[-1]
    cost: Counter[str] = Counter()
    usd = [price for row in rows if (price := price_of(row.job_type, row.cost_basis or {}, prices)) is not None]
    for row in rows:
        cost.update(row.cost_basis or {})
    seconds = [row.seconds for row in rows if row.seconds is not None]
    return TableResult(
        table=last.table,
        job_type=last.job_type,
        state="RETRYING" if retrying else last.state.value,
        failure=last.failure and last.failure.value,
        message=last.message,
        log_url=last.log_url,
        window=_window(line, last),
        rows=last.rows,
        bytes=last.bytes,
        files=None if last.files is None else len(last.files),
        seconds=round(sum(seconds), 3) if seconds else None,
        rows_without_watermark=last.rows_without_watermark,
        rows_in_the_future=last.rows_in_the_future,
        rows_delivered_before=last.rows_delivered_before,
        schema_changes=list(last.schema_changes or ()),
        notes=list(last.notes or ()),
        proof=last.proof,
        cost=_sorted(cost),
        usd=round(sum(usd), 6) if usd else None,
        attempts=[_attempt(row) for row in rows],
        earlier=earlier,
    )


def _unrecorded(name: str, line: PlannedTable | None, earlier: Earlier | None, *, has_ended: bool) -> TableResult:
    job_type = line.item.get("job_type") if line else None
    return TableResult(
        table=name,
        job_type=job_type if isinstance(job_type, str) else None,
        state=JobState.UNKNOWN.value if has_ended else "OPEN",
        failure=FailureClass.NOT_RECORDED.value if has_ended else None,
        window=_window(line, None),
        earlier=earlier,
    )


def _attempt(row: AttemptRow) -> Attempt:
    return Attempt(
        attempt=row.attempt,
        job_type=row.job_type,
        state=row.state.value,
        failure=row.failure and row.failure.value,
        retryable=row.retryable,
        message=row.message,
        message_uri=row.message_uri,
        job_run_id=row.job_run_id,
        log_url=row.log_url,
        started_at=row.started_at,
        ended_at=row.ended_at,
        seconds=row.seconds,
        recorded_at=row.recorded_at,
        cost=_sorted(row.cost_basis or {}),
        shared_by=_tables_of(row),
    )


def _tables_of(row: AttemptRow) -> int | None:
    tables = (row.shared or {}).get("tables")
    return tables if isinstance(tables, int) else None


def _window(line: PlannedTable | None, row: AttemptRow | None) -> Window | None:
    planned: Any = line.item.get("watermark") if line else None
    if not isinstance(planned, dict):
        return None if row is None else Window(low=row.watermark_low, high=row.watermark_high)
    return Window(
        mode=planned.get("mode") or "full",
        column=planned.get("column"),
        type=planned.get("type"),
        low=planned.get("low"),
        high=row.watermark_high if row and row.watermark_high is not None else planned.get("high"),
    )


def _sorted(units: Costs) -> dict[str, float]:
    return {unit: round(units[unit], 9) for unit in sorted(units)}
