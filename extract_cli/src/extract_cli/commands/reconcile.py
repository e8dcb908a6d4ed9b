"""`extract reconcile`: cleans up after executions that were ended from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from extract_cli.complete import complete_run
from extract_cli.find_run import find_run
from extract_cli.options import examples, local_option, pipeline_option, runs_of
from extract_cli.views.output import Column, echo, output_option, print_json, print_table
from extract_core.errors import ExtractError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from extract_cli.pipeline_runs import PipelineRuns
    from extract_core.tracking.records import RunRecord, Slot

_LOOK_BACK = 200


@click.command(epilog=examples("extract reconcile", "extract reconcile sales-first --local"))
@click.argument("names", metavar="[RUN]...", nargs=-1, shell_complete=complete_run)
@local_option
@pipeline_option
@output_option
def reconcile(names: Sequence[str], local: bool, pipeline: Path | None, output: str) -> int:
    """Clean up after runs that died: end their open tables, stop their jobs, and write their summaries.

    Without RUN, it cleans up all of the last 200 runs that have no summary, and frees the slots of pools that dead executions
    hold. With RUN, it also adds the tables that the run committed to the manifests, if they are missing there. A run that is
    alive is not changed. It is safe to call this twice. Exit code 1 if something could not be cleaned up: the message says
    what.
    """
    runs = runs_of(pipeline, local=local)
    if names:
        records = [find_run(runs.tracking, name) for name in names]
    else:
        records = [record for record in runs.tracking.runs(_LOOK_BACK) if record.summary is None]
    results, failed = [], False
    for record in records:
        try:
            results.append(_reconciled(runs, record, publish=record.run_id in names))
        except ExtractError as error:
            if len(records) == 1:
                raise
            failed = True
            echo(f"run {record.run_id}: {error}", err=True)
    slots = _free_slots(runs) if not names else []
    for slot in slots:
        echo(f"slot {slot.number} of pool {slot.pool} is free again: it was held by {slot}", err=True)
    if output == "json":
        print_json(results)
    elif results or failed:
        _print(results)
    elif not slots:
        echo("there is nothing to clean up", err=True)
    return 1 if failed or any(result["manifests_missing"] for result in results) else 0


def _print(results: Sequence[Mapping[str, Any]]) -> None:
    columns = [Column("Run"), Column("Was"), Column("Is")]
    columns += [Column("Manifests added", right=True), Column("Jobs stopped", right=True)]
    print_table(columns, [[*list(result.values())[:4], len(result["stopped_jobs"])] for result in results])
    for table, problem in (missing for result in results for missing in result["manifests_missing"].items()):
        echo(f"{table} is committed, but its manifest can't be written: {problem}", err=True)
    for job in (job for result in results for job in result["stopped_jobs"] if job["error"]):
        what = f"the {job['job_type']} job of table {job['table']}, attempt {job['attempt']}"
        echo(f"{what}, could not be stopped and may still run: {job['error']}", err=True)


def _free_slots(runs: PipelineRuns) -> Sequence[Slot]:
    """Free the slots of pools that dead executions hold: of runs before the last 200, or whose tables have no name any more."""
    from extract_core.runs.slots import free_dead

    pools = runs.pipeline.pools if runs.pipeline is not None else {}
    return free_dead(runs.engine.parts(), pools) if pools else []


def _reconciled(runs: PipelineRuns, record: RunRecord, *, publish: bool) -> dict[str, Any]:
    """The states before and after, and what was done."""
    from extract_core.runs.summary import last_attempts
    from extract_core.status.manifest import publish_all

    before = runs.state(record)
    written, missing = 0, dict[str, str]()
    if before != "RUNNING":
        runs.engine.reconcile(record.run_id)
        record = runs.tracking.run(record.run_id)
        if publish:
            rows = last_attempts(runs.tracking.attempts(record.run_id)).values()
            published = publish_all(runs.engine.parts(), record, rows)
            written, missing = published.written, dict(published.failed)
    return {
        "run_id": record.run_id,
        "before": before,
        "after": runs.state(record),
        "manifests_added": written,
        "manifests_missing": missing,
        "stopped_jobs": list(_stopped_jobs(record)) if before == "DIED" else [],
    }


def _stopped_jobs(record: RunRecord) -> Sequence[Mapping[str, Any]]:
    """The jobs that a dead execution left and that were stopped: ``{table, attempt, job_type, known, error}`` each."""
    jobs = (record.summary or {}).get("stopped_jobs")
    return [job for job in jobs if isinstance(job, dict)] if isinstance(jobs, list) else []
