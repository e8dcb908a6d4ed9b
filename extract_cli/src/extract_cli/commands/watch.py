"""`extract watch`: follows a run that another process started, or draws one that has ended, from its history events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from extract_cli.complete import complete_run
from extract_cli.find_run import LATEST, find_run
from extract_cli.options import examples, local_option, pipeline_option, runs_of
from extract_cli.views.output import output_option
from extract_cli.views.progress import Progress, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from extract_core.contract import Json
    from extract_core.runs.engine import Engine
    from extract_core.tracking.records import RunRecord


@click.command(epilog=examples("extract watch", "extract watch sales-first"))
@click.argument("run", metavar="[RUN]", default=LATEST, shell_complete=complete_run)
@local_option
@pipeline_option
@output_option
def watch(run: str, local: bool, pipeline: Path | None, output: str) -> int:
    """Follow RUN (default: the latest run) to its end. Leaving does not stop it. Exit code 1 if it failed or you left.

    With --output json each change is a line: {"planned"}, {"table", "started"}, {"table", "state"}, and {"counts"} of a
    DISTRIBUTED Map, which names only some of its tables. The last line is the run.
    """
    from extract_cli.views.report import show
    from extract_cli.views.run_json import run_json

    runs = runs_of(pipeline, local=local)
    record = find_run(runs.tracking, run)
    try:
        if output == "json":
            for line in changes(runs.engine.watch(record.run_id)):
                click.echo(json.dumps(line, ensure_ascii=False))
        else:
            _draw(runs.engine, record)
    except KeyboardInterrupt:
        again = " ".join(("extract watch", record.run_id, *runs.options))
        click.echo(f"extract: left; the run goes on: {again}", err=True)
        return 1
    record = runs.tracking.run(record.run_id)
    state = runs.state(record)
    if output == "json":
        click.echo(json.dumps(run_json(record, state), ensure_ascii=False, default=str))
    else:
        show(runs, record, output=output)
    return 0 if state in ("SUCCEEDED", "RUNNING") else 1


def changes(events: Iterator[Mapping[str, Any]]) -> Iterator[dict[str, Json]]:
    """Each change of a run's progress that the events show."""
    progress = Progress()
    planned: int | None = None
    counts: dict[str, int] = {}
    running: set[str] = set()
    for event in events:
        ended = progress.feed(event)
        at = moment(event).isoformat()
        if progress.planned != planned:
            planned = progress.planned
            yield {"planned": planned, "at": at}
        if progress.counts != counts:
            counts = progress.counts
            yield {"counts": {**counts}, "at": at}
        if len(progress.running) != len(running):
            for table in sorted(progress.running.keys() - running):
                yield {"table": table, "started": at, "job_type": progress.running[table]}
            running = set(progress.running)
        if ended is not None:
            yield {"table": ended, "state": progress.ended.get(ended), "at": at}


def _draw(engine: Engine, record: RunRecord) -> None:
    from extract_cli.views.progress_view import draw

    draw(record.run_id, engine.watch(record.run_id))
