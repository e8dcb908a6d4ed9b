"""Make `run_results.json` of a run: from its record, its attempts, its plan, and its history if there is one."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from shlex import join
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import JobState
from extract_core.runs.summary import last_attempts
from extract_core.runs.view.bill import bill
from extract_core.runs.view.document import VERSION, RunResults, Skipped, Totals
from extract_core.runs.view.earlier import comparison
from extract_core.runs.view.failures import failure_groups
from extract_core.runs.view.states import state_counts
from extract_core.runs.view.tables import table_results
from extract_core.runs.view.timeline import seconds_between, timeline
from extract_core.runs.waiting import waiting_tables
from extract_core.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from extract_core.objects.store import ObjectStore
    from extract_core.runs.view.document import Prices, RunState, TableResult
    from extract_core.tracking.records import RunRecord
    from extract_core.tracking.store import TrackingStore

_OPEN: Final = frozenset({"OPEN", "RETRYING"})


def run_results(  # noqa: PLR0913 - what a run is known from
    tracking: TrackingStore,
    objects: ObjectStore,
    record: RunRecord,
    state: RunState,
    *,
    history: Iterable[Mapping[str, Any]] | None = None,
    prices: Mapping[str, Prices] | None = None,
    options: Sequence[str] = (),
    now: datetime | None = None,
) -> RunResults:
    """The document of this run, which is in this state.

    `history` are the events of its execution, `prices` the price lists by job type, `options` what a command needs to find the
    run again (``--local``). Raises TrackingUnavailable. A plan that is gone is not an error.
    """
    prices = prices or {}
    made_at = now or datetime.now(UTC)
    rows = list(tracking.attempts(record.run_id))
    has_ended = state not in ("RUNNING", "DIED")
    waiting = frozenset() if has_ended else waiting_tables(tracking, record, last_attempts(rows))
    tables = table_results(tracking, objects, record, rows, waiting=waiting, has_ended=has_ended, prices=prices)
    totals = _totals(record, tables)
    summary: Mapping[str, Any] = record.summary or {}
    ended_at = summary.get("ended_at") if has_ended else None
    reason = record.refused if record.planned is None else None
    reason = reason or summary.get("reason")
    again = join(["extract", "rerun", record.run_id, *options]) if has_ended and totals.failed else None
    return RunResults(
        version=VERSION,
        made_at=made_at.isoformat(),
        run_id=record.run_id,
        source=record.source,
        state=state,
        verdict=_verdict(record, state, totals),
        reason=reason,
        started_at=record.started_at,
        ended_at=ended_at,
        seconds=seconds_between(record.started_at, ended_at or made_at.isoformat()),
        rerun_of=record.rerun_of,
        execution_id=record.execution_id,
        plan_uri=record.plan_uri,
        fail_when=record.policy.fail_when if record.policy else "any",
        event=dict(record.event),
        versions=dict(record.versions),
        rerun=again,
        totals=totals,
        tables=tables,
        skipped=[Skipped(table=skipped.table, reason=skipped.reason) for skipped in record.skipped],
        failures=failure_groups(table for table in tables if table.state not in _OPEN and table.state != JobState.SUCCEEDED),
        timeline=timeline(rows, record.started_at),
        bill=bill(rows, prices),
        comparison=comparison(tables),
        states=None if history is None else state_counts(history),
    )


def as_json(results: RunResults) -> dict[str, Any]:
    """The document as JSON values, members in the order of the schema."""
    return asdict(results)


def _totals(record: RunRecord, tables: Sequence[TableResult]) -> Totals:
    good = [table for table in tables if table.state == JobState.SUCCEEDED]
    still_open = sum(table.state in _OPEN for table in tables)
    planned = max(record.planned or 0, len(tables))
    nameless = planned - len(tables)  # planned, never recorded, and the plan is gone
    if record.summary is None:
        still_open += nameless
    return Totals(
        planned=planned,
        succeeded=len(good),
        failed=planned - len(good) - still_open,
        open=still_open,
        skipped=len(record.skipped),
        retried=sum(len(table.attempts) > 1 for table in tables),
        rows=sum(table.rows or 0 for table in good),
        bytes=sum(table.bytes or 0 for table in good),
        files=sum(table.files or 0 for table in good),
        rows_without_watermark=sum(table.rows_without_watermark or 0 for table in good),
        rows_in_the_future=sum(table.rows_in_the_future or 0 for table in good),
        rows_delivered_before=sum(table.rows_delivered_before or 0 for table in good),
        proved=dict(sorted(Counter(str(table.proof.get("verify")) for table in good if table.proof).items())),
    )


def _verdict(record: RunRecord, state: RunState, totals: Totals) -> str:
    """The result in one sentence."""
    done = f"{totals.succeeded:,} of {counted(totals.planned, 'table')} succeeded"
    failed = f"{totals.failed:,} did not"
    if record.planned is None:
        sentences = {"RUNNING": "The run is being planned.", "DIED": "The run died before it was planned."}
        return sentences.get(state, "Nothing was planned, so no table was extracted.")
    if state == "RUNNING":
        return f"{done} so far, {failed}, {totals.open:,} are open."
    if state in ("DIED", "STOPPED"):
        return f"The run {'died' if state == 'DIED' else 'was stopped'}: {done}, {failed}, {totals.open:,} are open."
    if totals.planned == 0:
        return "No table was extracted."
    if totals.failed == 0:
        return f"All {totals.planned:,} tables succeeded." if totals.planned > 1 else "The table succeeded."
    allowed = f" The run counts as succeeded, because of fail_when: {record.policy.fail_when}." if record.policy else ""
    return f"{done}, {failed}.{allowed if state == 'SUCCEEDED' else ''}"
