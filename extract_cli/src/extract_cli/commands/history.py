"""`extract history` and `extract logs`: what happened to one table, over all runs or in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from extract_cli.complete import complete_run, complete_table
from extract_cli.find_run import find_run
from extract_cli.find_table import of_a_table
from extract_cli.options import examples, limit_option, local_option, pipeline_option, runs_of
from extract_cli.views.output import Column, echo, echo_link, output_option, print_json, print_reason, print_table
from extract_core.errors import ObjectError, UsageError
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from extract_cli.pipeline_runs import PipelineRuns
    from extract_core.tracking.records import AttemptRow


@click.command(epilog=examples("extract history public.orders --limit 5"))
@of_a_table
@limit_option
def history(runs: PipelineRuns, source: str, table: str, limit: int, output: str) -> int:
    """List the latest attempts at TABLE over all runs, newest first."""
    from extract_cli.views.attempts import notes_of, without_waits
    from extract_cli.views.run_json import attempt_json
    from extract_core.contract import JobState

    rows = runs.tracking.history(source, table, limit)
    if output == "json":
        print_json([attempt_json(row) for row in rows])
        return 0
    columns = [Column("Recorded"), Column("Run"), Column("Attempt", right=True), Column("State"), Column("Failure")]
    columns += [Column("Rows", right=True), Column("Waited", right=True), Column("From"), Column("To")]
    cells = [
        (row.recorded_at[:19], row.run_id, row.attempt, row.state.value, row.failure, row.rows, row.waited_seconds,
         row.watermark_low, row.watermark_high)
        for row in rows
    ]  # fmt: skip
    print_table(*without_waits(columns, cells, rows), title=table)
    for row in rows:
        for reason in notes_of(row) if row.state is JobState.SUCCEEDED else filter(None, [row.message]):
            print_reason(f"{row.run_id} attempt {row.attempt}", reason)
    return 0


@click.command(epilog=examples("extract logs public.orders", "extract logs sales-first public.orders --attempt 1"))
@click.argument("run", metavar="[RUN]", required=False, shell_complete=complete_run)
@click.argument("table", metavar="TABLE", required=False, shell_complete=complete_table)
@click.option("--attempt", type=click.IntRange(1), help="Which attempt. [default: the last one]")
@click.option("--whole", is_flag=True, help="If several tables shared the job: show the lines of the other tables too.")
@local_option
@pipeline_option
@output_option
def logs(
    run: str | None, table: str | None, attempt: int | None, whole: bool, local: bool, pipeline: Path | None, output: str
) -> int:
    """Show what TABLE's job in RUN (default: the latest run) printed, or the place of its log, and the reason of a failure."""
    from extract_cli.views.shared_log import log_of, where_in

    if run is None:
        raise click.UsageError("Missing argument 'TABLE'.")
    if table is None:
        run, table = "latest", run
    runs = runs_of(pipeline, local=local)
    record = find_run(runs.tracking, run, planned=True)
    ended = list(runs.tracking.attempts(record.run_id))
    rows = [row for row in ended if row.table == table]
    row = _row(rows, attempt)
    number = attempt or (row.attempt if row else 1)
    written = runs.engine.job_log(record.run_id, table, number)
    if row is None and written is None:
        which = f"attempt {number} at " if rows else ""
        hint = "" if rows else did_you_mean(table, {other.table for other in ended}, most=3)
        hint = hint or f"; see: extract status {record.run_id}"
        raise UsageError(f"run {record.run_id!r} has no {which}table {table!r} yet{hint}")
    message = _message(row) if row else None
    note = where_in(table, row) if row is not None and written is None else None
    if written is not None and not whole:
        part = log_of(table, written, row, show_all="`--whole` shows them")
        written, note = part.text, part.note
    if output == "json":
        about = {"run_id": record.run_id, "table": table, "attempt": number, "state": row and row.state, "message": message}
        print_json({**about, "log_url": row and row.log_url, "log": written, "note": note})
        return 0
    _print_log(row, table, written)
    if note:
        echo(f"note: {note}", err=True)
    if message:
        echo(f"{row.state if row else ''}: {message}", err=True)
    return 0


def _print_log(row: AttemptRow | None, table: str, written: str | None) -> None:
    """The log or its address on stdout, or on stderr why there is none."""
    from extract_cli.views.shared_log import has_job

    if written is not None:
        echo(written, nl=not written.endswith("\n"))
    elif row is not None and row.log_url:
        echo_link(row.log_url, row.log_url)
    elif row is not None and not has_job(row):
        echo(f"no job of table {table!r} is recorded, so there is no log", err=True)
    else:
        echo("the job left no log here", err=True)


def _row(rows: Sequence[AttemptRow], attempt: int | None) -> AttemptRow | None:
    if attempt is None:
        return rows[-1] if rows else None
    return next((row for row in rows if row.attempt == attempt), None)


def _message(row: AttemptRow) -> str | None:
    """The full reason, or the beginning of it that the row holds."""
    if row.message_uri is not None:
        from extract_core.objects.routed import open_objects

        try:
            return open_objects().read(row.message_uri).decode("utf-8", "replace")
        except ObjectError as error:
            echo(f"cannot read the full reason: {error}", err=True)
    return row.message
