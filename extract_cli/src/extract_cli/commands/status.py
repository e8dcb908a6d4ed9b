"""`extract status` and `extract runs`: what the tracking store knows of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from extract_cli.commands.watch import watch
from extract_cli.complete import complete_run
from extract_cli.find_run import LATEST, find_run
from extract_cli.options import examples, limit_option, local_option, pipeline_option, runs_of
from extract_cli.views.output import Column, output_option, print_json, print_table
from extract_core.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


@click.command(epilog=examples("extract status", "extract status --watch", "extract status sales-first --output json"))
@click.argument("run", metavar="[RUN]", default=LATEST, shell_complete=complete_run)
@click.option("--all", "all_tables", is_flag=True, help="Show every table, also of a run of more than 1,000.")
@click.option("--watch", "follow", is_flag=True, help="Follow the run to its end first, as `extract watch` does.")
@local_option
@pipeline_option
@output_option
def status(run: str, all_tables: bool, follow: bool, local: bool, pipeline: Path | None, output: str) -> int:
    """Show how RUN went (default: the latest run), table by table. Exit code 1 if it failed.

    A run of more than 1,000 tables is shown in part: if it has ended, its counts and the tables that failed; if not, the tables
    that failed and those that run.
    """
    if follow:
        if all_tables:
            raise UsageError("--watch shows what `extract watch` shows; for all tables, see `extract status --all` after the end")
        code: int = click.get_current_context().invoke(watch, run=run, local=local, pipeline=pipeline, output=output)
        return code
    from extract_cli.views.report import show
    from extract_cli.views.summary import is_large, show_summary

    runs = runs_of(pipeline, local=local)
    record = find_run(runs.tracking, run)
    state = runs.state(record)
    if is_large(record) and not all_tables:
        show_summary(record, output=output)
    else:
        show(runs, record, output=output, every=all_tables)
    return 1 if state in ("FAILED", "REFUSED", "STOPPED", "DIED") else 0


@click.command(epilog=examples("extract runs", "extract runs --limit 5 --output json"))
@limit_option
@local_option
@pipeline_option
@output_option
def runs(limit: int, local: bool, pipeline: Path | None, output: str) -> int:
    """List the latest runs, newest first."""
    from extract_cli.views.run_json import run_json

    known = runs_of(pipeline, local=local)
    rows = [run_json(record, known.state(record)) for record in known.tracking.runs(limit)]
    if output == "json":
        print_json(rows)
    else:
        columns = [Column("Run"), Column("State"), Column("Started"), Column("Tables", right=True), Column("Rerun of")]
        print_table(columns, [[row[name] for name in ("run_id", "state", "started_at", "planned", "rerun_of")] for row in rows])
    return 0
