"""What is said of a run: its state, its tables, why some failed, and how to go on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import click

from extract_cli.views.live import look
from extract_cli.views.output import Column, print_json, print_table, stderr_console
from extract_cli.views.progress import lambda_message
from extract_core import errors
from extract_core.errors import RunNotFound

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from extract_cli.views.live import RunningTable
    from extract_core.runs.engine import Engine, ExecutionEnd
    from extract_core.tracking.records import AttemptRow, RunRecord, Skipped
    from extract_core.tracking.store import TrackingStore

LATEST: Final = "latest"
LARGE: Final = 1_000
"""Tables of a run from which on nobody reads them all."""
_LOOK_BACK: Final = 100  # runs: among so many refused ones in a row nobody means the one before


def find_run(tracking: TrackingStore, run: str, *, planned: bool = False) -> RunRecord:
    """A run by its id, or the newest one for `latest`, without those that were refused; with `planned` the newest with a plan.

    Where all were refused, the newest of them.
    """
    if run != LATEST:
        return tracking.run(run)
    newest = tracking.runs(_LOOK_BACK)
    for record in newest:
        if record.planned is not None or (not planned and record.refused is None):
            return record
    if newest and not planned:
        return newest[0]
    raise RunNotFound("there is no run yet; start one: extract run SOURCE --local")


def run_state(engine: Engine, record: RunRecord) -> str:
    """SUCCEEDED, FAILED or STOPPED as summed up; else RUNNING, or DIED where its process or execution is gone."""
    if record.summary is not None:
        return str(record.summary.get("state", "FAILED"))
    return "RUNNING" if engine.is_running(record.execution_id) else "DIED"


def report(engine: Engine, run_id: str, end: ExecutionEnd, *, output: str) -> int:
    """What `run` and `rerun` print at the end: the tables, and how to go on. Their exit code comes back."""
    tracking = engine.parts().tracking
    try:
        record = tracking.run(run_id)
    except RunNotFound:
        record = None
    if record is None or record.planned is None:
        # Nothing was planned, so there are no tables: what the config manager said is all there is.
        message = lambda_message(end.cause) or end.error or end.status
        if output == "json":
            print_json({"run_id": run_id, "state": "FAILED", "error": end.error, "message": message, "tables": []})
        for line in message.splitlines():
            click.echo(f"extract: {line}", err=True)
        return _exit_code(end.error)
    show(engine, record, run_state(engine, record), output=output)
    return 0 if end.status == "SUCCEEDED" else 1


def _exit_code(error: str | None) -> int:
    """The exit code of the exception that a handler raised, by the name under which it is reported: 2 for wrong use."""
    raised = getattr(errors, error or "", None)
    return raised.exit_code if isinstance(raised, type) and issubclass(raised, errors.ExtractError) else 1


def show(engine: Engine, record: RunRecord, state: str, *, output: str, every: bool = True) -> None:
    """One run: its tables on stdout, the way on for failed ones on stderr. Not `every` one: of a large run those that failed."""
    tracking = engine.parts().tracking
    if state == "DIED":
        engine.reconcile(record.run_id)  # its open tables get an end, and the run a summary
        record = tracking.run(record.run_id)
        state = run_state(engine, record)
    rows = _latest(tracking.attempts(record.run_id))
    again, live = frozenset[str](), None
    if state == "RUNNING":
        again = _retrying(tracking, record, rows)
        live = look(engine, record, rows, retrying=again)
    told = rows if every or (record.planned or 0) <= LARGE else [row for row in rows if row.state != "SUCCEEDED"]
    if output == "json":
        only = {} if told is rows else {"tables_are": "those that did not succeed"}
        now = {"at_work": live.at_work, "running": [each.as_json() for each in live.running]} if live else {}
        print_json({**run_json(engine, record), **now, **only, "tables": [_table_json(row, again) for row in told]})
    else:
        running = live.running if live else ()
        print_attempts(told, record.skipped, title=f"run {record.run_id}: {state}", retrying=again, running=running)
    if record.refused is not None and record.planned is None:
        click.echo(f"extract: it was refused: {record.refused}", err=True)
    if record.planned == 0 and record.summary is not None and record.summary.get("reason"):
        click.echo(f"extract: {record.summary['reason']}", err=True)
    if live is not None:
        stderr_console().print(live.line(record.planned), style="cyan")
    else:
        _way_on(engine, record, rows)


def print_attempts(
    rows: Sequence[AttemptRow],
    skipped: Sequence[Skipped] = (),
    *,
    title: str | None = None,
    retrying: Collection[str] = (),
    running: Sequence[RunningTable] = (),
) -> None:
    """Attempts as a table on stdout, and below it why each one failed that did: reasons are too long for a cell.

    Which attempt a row is stands there only if one is not the first. `retrying` are tables that another attempt follows at,
    `running` those whose job is at work: their seconds are those so far.
    """
    columns = [Column("Table"), Column("Job type"), Column("State"), Column("Failure")]
    columns += [Column("Rows", right=True), Column("Seconds", right=True)]
    cells: list[tuple[object, ...]] = [
        (
            row.table,
            row.job_type,
            "RETRYING" if row.table in retrying else row.state.value,
            row.failure,
            row.rows,
            _seconds(row),
            row.attempt,
        )
        for row in rows
    ]
    cells += [(each.table, each.job_type, "RUNNING", None, None, each.seconds, each.attempt) for each in running]
    cells += [(each.table, None, "SKIPPED", None, None, None, None) for each in skipped]
    if any(row.attempt > 1 for row in rows) or any(each.attempt > 1 for each in running):
        columns.append(Column("Attempt", right=True))
    else:
        cells = [cell[:-1] for cell in cells]
    print_table(columns, cells, title=title)
    reasons = [
        (row.table, f"rows left out because their watermark is NULL: {row.rows_without_watermark:,}")
        for row in rows
        if row.state == "SUCCEEDED" and row.rows_without_watermark
    ]
    reasons += [(row.table, row.message or "no reason was given") for row in rows if row.state != "SUCCEEDED"]
    reasons += [(each.table, each.reason) for each in skipped]
    for table, reason in reasons:
        click.echo(f" {table}: {reason}")
    if reasons:
        click.echo()


def _way_on(engine: Engine, record: RunRecord, rows: Sequence[AttemptRow]) -> None:
    failed = sum(row.state != "SUCCEEDED" for row in rows)
    missing = (record.planned or 0) - len(rows)
    console = stderr_console()
    if failed or missing > 0:
        counted = f"{failed + max(missing, 0)} of {record.planned} tables did not succeed."
        console.print(
            f"{counted} What their jobs wrote: {engine.places(record.run_id)['job logs']}", style="yellow", markup=False
        )
        all_config = missing <= 0 and all(row.failure == "CONFIG" for row in rows if row.state != "SUCCEEDED")
        if all_config and record.event.get("backfill") is not None:
            console.print(
                "What this run asked of these tables can't be done: mend the config, or start another run.", style="yellow"
            )
            return
        mend = "Mend the config, then run" if all_config else "Run"
        console.print(f"{mend} just these again, with the settings of this run:", style="yellow")
        console.print(f"  {' '.join(('extract rerun', record.run_id, *engine.options))}")


def _retrying(tracking: TrackingStore, record: RunRecord, rows: Sequence[AttemptRow]) -> frozenset[str]:
    """The tables of a run that lives whose last recorded attempt is not their end."""
    failed = {row.table: row.attempt for row in rows if row.state != "SUCCEEDED"}
    states = tracking.states(record.source, list(failed)) if failed else {}
    return frozenset(
        table
        for table, each in states.items()
        if each.owner is not None and each.owner.run_id == record.run_id and each.attempt == failed[table] + 1
    )


def _latest(attempts: Any) -> list[AttemptRow]:  # Any: an iterator of rows, sorted here
    newest: dict[str, AttemptRow] = {}
    for row in sorted(attempts, key=lambda row: (row.table, row.attempt)):
        newest[row.table] = row
    return list(newest.values())


def _seconds(row: AttemptRow) -> float | None:
    if row.started_at is None or row.ended_at is None:
        return None
    return (datetime.fromisoformat(row.ended_at) - datetime.fromisoformat(row.started_at)).total_seconds()


def run_json(engine: Engine, record: RunRecord) -> dict[str, Any]:
    """A run as `--output json` shows it."""
    return {
        "run_id": record.run_id,
        "state": run_state(engine, record),
        "source": record.source,
        "started_at": record.started_at,
        "execution_id": record.execution_id,
        "rerun_of": record.rerun_of,
        "planned": record.planned,
        "plan_uri": record.plan_uri,
        "refused": record.refused,
        "skipped": [{"table": skipped.table, "reason": skipped.reason} for skipped in record.skipped],
        "summary": record.summary,
    }


def _table_json(row: AttemptRow, retrying: Collection[str]) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(row) | ({"retrying": True} if row.table in retrying else {})
