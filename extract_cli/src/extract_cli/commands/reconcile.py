"""`extract reconcile`: sets right what executions left that ended from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from extract_cli.options import engine_of, local_option, pipeline_option
from extract_cli.views.output import Column, output_option, print_json, print_table
from extract_cli.views.report import find_run, run_state

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from extract_core.tracking.records import RunRecord

_LOOK_BACK = 200


@click.command()
@click.argument("runs", metavar="[RUN]...", nargs=-1)
@local_option
@pipeline_option
@output_option
def reconcile(runs: Sequence[str], local: bool, pipeline: Path | None, output: str) -> int:
    """Give the tables that RUN left open an end, sum it up, and name in the manifests what it committed.

    Without RUN: of the last 200 runs all that have no summary. A run that is alive stays as it is; twice is once.
    """
    from extract_core.runs.summary import last_attempts
    from extract_core.status.manifest import publish_all

    engine = engine_of(pipeline, local=local)
    parts = engine.parts()
    if runs:
        records = [find_run(parts.tracking, run) for run in runs]
    else:
        records = [record for record in parts.tracking.runs(_LOOK_BACK) if record.summary is None]
    told = list[dict[str, Any]]()
    for record in records:
        before = run_state(engine, record)
        if before != "RUNNING":
            engine.reconcile(record.run_id)
            record = parts.tracking.run(record.run_id)  # noqa: PLW2901 - as it stands now
        named = 0
        if before != "RUNNING" and record.run_id in runs:
            named = publish_all(parts, record, last_attempts(parts.tracking.attempts(record.run_id)).values())
        told.append(
            {
                "run_id": record.run_id,
                "before": before,
                "after": run_state(engine, record),
                "manifests_added": named,
                "stopped_jobs": list(_stopped_jobs(record)) if before == "DIED" else [],
            }
        )
    if output == "json":
        print_json(told)
    elif told:
        columns = [
            Column("Run"),
            Column("Was"),
            Column("Is"),
            Column("Manifests added", right=True),
            Column("Jobs stopped", right=True),
        ]
        print_table(columns, [[*list(each.values())[:4], len(each["stopped_jobs"])] for each in told])
        for job in (job for each in told for job in each["stopped_jobs"] if job["error"]):
            what = f"the {job['job_type']} job of table {job['table']}, attempt {job['attempt']}"
            click.echo(f"{what}, could not be stopped and may still run: {job['error']}", err=True)
    else:
        click.echo("there is nothing to set right", err=True)
    return 0


def _stopped_jobs(record: RunRecord) -> Sequence[Mapping[str, Any]]:
    """The jobs that a dead execution left and that were stopped: ``{table, attempt, job_type, known, error}`` each."""
    found = (record.summary or {}).get("stopped_jobs")
    return [job for job in found if isinstance(job, dict)] if isinstance(found, list) else []
