"""`extract status` and `extract runs`: what the tracking store knows of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from extract_cli.options import engine_of, local_option, pipeline_option
from extract_cli.views.output import Column, output_option, print_json, print_table
from extract_cli.views.report import find_run, run_json, run_state, show
from extract_cli.views.summary import is_large, show_summary

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("run", metavar="[RUN]", default="latest")
@click.option("--all", "all_tables", is_flag=True, help="Every table, of a run of more than 1,000 too.")
@local_option
@pipeline_option
@output_option
def status(run: str, all_tables: bool, local: bool, pipeline: Path | None, output: str) -> int:
    """How RUN went (default: the latest), table by table. Exit code 1 if it failed.

    A run of more than 1,000 tables that has ended is shown by its summary: counts, and the tables that failed. Of one that is
    alive the tables that failed and those that run are shown.
    """
    engine = engine_of(pipeline, local=local)
    record = find_run(engine.parts().tracking, run)
    state = run_state(engine, record)
    if is_large(record) and not all_tables:
        show_summary(engine, record, output=output)
    else:
        show(engine, record, state, output=output, every=all_tables)
    return 1 if state in ("FAILED", "STOPPED", "DIED") else 0


@click.command()
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@local_option
@pipeline_option
@output_option
def runs(limit: int, local: bool, pipeline: Path | None, output: str) -> int:
    """The latest runs, newest first."""
    engine = engine_of(pipeline, local=local)
    found = [run_json(engine, record) for record in engine.parts().tracking.runs(limit)]
    if output == "json":
        print_json(found)
    else:
        columns = [Column("Run"), Column("State"), Column("Started"), Column("Tables", right=True), Column("Rerun of")]
        print_table(columns, [(row["run_id"], row["state"], row["started_at"], row["planned"], row["rerun_of"]) for row in found])
    return 0
