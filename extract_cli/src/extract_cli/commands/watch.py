"""`extract watch`: follows a run that another process started, or draws one that has ended, from its history events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from extract_cli.complete import complete_run
from extract_cli.find_run import LATEST, find_run
from extract_cli.options import examples, local_option, pipeline_option, runs_of
from extract_cli.views.output import echo, lines_option, print_json_line

if TYPE_CHECKING:
    from pathlib import Path

    from extract_cli.views.reasons import Reasons
    from extract_core.runs.engine import Engine
    from extract_core.tracking.records import RunRecord


@click.command(epilog=examples("extract watch", "extract watch sales-first"))
@click.argument("run", metavar="[RUN]", default=LATEST, shell_complete=complete_run)
@local_option
@pipeline_option
@lines_option
def watch(run: str, local: bool, pipeline: Path | None, output: str) -> int:
    """Follow RUN (default: the latest run) to its end. If you leave, the run continues. Exit code 1 if it failed or you left.

    With --output jsonl (or json) each change is a line: {"planned"}, {"table", "started"}, {"table", "state"} with the failure
    and its message, and {"counts"} of a DISTRIBUTED Map, which names only some of its tables. The last line is the run.
    """
    from extract_cli.views.changes import echo_changes
    from extract_cli.views.reasons import Reasons
    from extract_cli.views.report import show
    from extract_cli.views.run_json import run_json

    runs = runs_of(pipeline, local=local)
    record = find_run(runs.tracking, run)
    reasons = Reasons(runs.tracking, record.source, record.run_id)
    try:
        if output != "text":
            for _ in echo_changes(runs.engine.watch(record.run_id), reasons):
                pass
        else:
            _draw(runs.engine, record, reasons)
    except KeyboardInterrupt:
        again = " ".join(("extract watch", record.run_id, *runs.options))
        echo(f"extract: left; the run goes on: {again}", err=True)
        return 1
    record = runs.tracking.run(record.run_id)
    state = runs.state(record)
    if output != "text":
        print_json_line(run_json(record, state))
    else:
        show(runs, record, output=output)
    return 0 if state in ("SUCCEEDED", "RUNNING") else 1


def _draw(engine: Engine, record: RunRecord, reasons: Reasons) -> None:
    from extract_cli.views.progress_view import draw

    draw(record.run_id, engine.watch(record.run_id), reasons)
