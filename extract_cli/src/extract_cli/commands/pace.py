"""`extract pace`: changes how many tables of a running run are at work at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from extract_cli.complete import complete_run
from extract_cli.find_run import find_run
from extract_cli.options import examples, local_option, pipeline_option, runs_of
from extract_cli.views.output import echo, output_option, print_json
from extract_core.errors import UsageError
from extract_core.wording import counted

if TYPE_CHECKING:
    from pathlib import Path


@click.command(epilog=examples("extract pace latest 2", "extract pace sales-first 200"))
@click.argument("run", metavar="RUN", shell_complete=complete_run)
@click.argument("at_once", metavar="N", type=click.IntRange(1, 10_000))
@local_option
@pipeline_option
@output_option
def pace(run: str, at_once: int, local: bool, pipeline: Path | None, output: str) -> int:
    """Set how many tables of RUN are at work at once to N, from now to its end. RUN may be `latest`.

    If N is higher than before, more tables start now. If N is lower, no job is stopped: the next table starts when fewer than N
    are at work.
    """
    runs = runs_of(pipeline, local=local)
    record = find_run(runs.tracking, run)
    state = runs.state(record)
    if state == "DIED":
        again = " ".join(("extract reconcile", record.run_id, *runs.options))
        raise UsageError(f"run {record.run_id!r} has died; clean up with: {again}")
    if state != "RUNNING":
        raise UsageError(f"run {record.run_id!r} has ended ({state}); for the next one, use --max-concurrency")
    runs.engine.pace(record.run_id, at_once)
    if output == "json":
        print_json({"run_id": record.run_id, "max_concurrency": at_once})
    else:
        echo(f"run {record.run_id}: {counted(at_once, 'table')} at once from now on", err=True)
    return 0
