"""`extract pace`: changes how many tables of a running run are at work at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from extract_cli.complete import complete_run
from extract_cli.find_run import find_run
from extract_cli.options import examples, local_option, pipeline_option, runs_of
from extract_cli.views.output import echo, output_option, print_json
from extract_core.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


@click.command(epilog=examples("extract pace latest 2", "extract pace sales-first 200"))
@click.argument("run", metavar="RUN", shell_complete=complete_run)
@click.argument("at_once", metavar="N", type=click.IntRange(1, 10_000))
@local_option
@pipeline_option
@output_option
def pace(run: str, at_once: int, local: bool, pipeline: Path | None, output: str) -> int:
    """Let N tables of RUN be at work at once, from now to its end. RUN may be `latest`.

    More tables start at once. For fewer, no job is stopped: new ones start when fewer than N are left.
    """
    runs = runs_of(pipeline, local=local)
    record = find_run(runs.tracking, run)
    state = runs.state(record)
    if state == "DIED":
        again = " ".join(("extract reconcile", record.run_id, *runs.options))
        raise UsageError(f"run {record.run_id!r} has died: nothing of it runs any more; clean up: {again}")
    if state != "RUNNING":
        raise UsageError(f"run {record.run_id!r} has ended ({state}); for the next one, use --max-concurrency")
    runs.engine.pace(record.run_id, at_once)
    if output == "json":
        print_json({"run_id": record.run_id, "max_concurrency": at_once})
    else:
        echo(f"run {record.run_id}: {at_once:,} tables at once from now on", err=True)
    return 0
