"""A run as `status`, `watch`, `run` and `rerun` show it: its tables, why some failed, and how to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_cli.pipeline_runs import PipelineRuns
from extract_cli.views.attempts import print_attempts
from extract_cli.views.live import look
from extract_cli.views.output import echo, hint, print_json, print_json_line, print_json_rows
from extract_cli.views.progress import LARGE, lambda_message
from extract_cli.views.run_json import attempt_json, run_json
from extract_cli.views.shared_log import has_job
from extract_cli.views.summary import is_large, show_summary
from extract_core import errors
from extract_core.contract import JobState
from extract_core.errors import RunNotFound
from extract_core.runs.summary import last_attempts
from extract_core.runs.waiting import waiting_tables
from extract_core.wording import counted

if TYPE_CHECKING:
    from collections.abc import Collection

    from extract_core.runs.engine import Engine, ExecutionEnd
    from extract_core.tracking.records import AttemptRow, RunRecord


def report(engine: Engine, run_id: str, end: ExecutionEnd, *, output: str) -> int:
    """What `run` and `rerun` print at the end: the tables, and how to go on. Returns the exit code of the command."""
    runs = PipelineRuns.of(engine)
    try:
        record = runs.tracking.run(run_id)
    except RunNotFound:
        record = None
    if record is None or record.planned is None:
        # Nothing was planned, so there are no tables: only the config manager's message is left.
        message = lambda_message(end.cause) or end.error or end.status
        state = runs.state(record) if record is not None else "FAILED"
        refused = {"run_id": run_id, "state": state, "error": end.error, "message": message}
        if output == "jsonl":
            print_json_line(refused)
        elif output == "json":
            print_json({**refused, "tables": []})
        for line in message.splitlines():
            echo(f"extract: {line}", err=True)
        return _exit_code(end.error)
    if output == "jsonl":
        print_json_line(run_json(record, runs.state(record)))
    elif output == "text" and is_large(record):
        show_summary(record, output=output)
        _say_how_to_go_on(record, list(last_attempts(runs.tracking.attempts(run_id)).values()), " ".join(runs.options))
    else:
        show(runs, record, output=output)
    return 0 if end.status == "SUCCEEDED" else 1


def _exit_code(error: str | None) -> int:
    """The exit code of the exception with this name: 2 for wrong use."""
    raised = getattr(errors, error or "", None)
    return raised.exit_code if isinstance(raised, type) and issubclass(raised, errors.ExtractError) else 1


def show(runs: PipelineRuns, record: RunRecord, *, output: str, every: bool = True) -> None:
    """The tables of a run on stdout, and how to go on with failed ones on stderr.

    Without `every`, only the tables of a large run that did not succeed. A run that died is closed first.
    """
    record, state = runs.settled(record)
    last = last_attempts(runs.tracking.attempts(record.run_id))
    rows = list(last.values())
    waiting, live = frozenset[str](), None
    if state == "RUNNING":
        waiting = waiting_tables(runs.tracking, record, last)
        live = look(runs.engine, record, rows, waiting=waiting)
    shown = rows
    if not every and (record.planned or 0) > LARGE:
        shown = [row for row in rows if row.state is not JobState.SUCCEEDED]
    if output == "json":
        only = {} if shown is rows else {"tables_are": "those that did not succeed"}
        now = {"at_work": live.at_work, "running": [table.as_json() for table in live.running]} if live else {}
        head = {**run_json(record, state), **now, **only}
        print_json_rows(head, "tables", (attempt_json(row, waiting) for row in shown))
    else:
        title = f"run {record.run_id}: {state}"
        if state == "REFUSED":
            echo(title)
        else:
            running = live.running if live else ()
            print_attempts(shown, record.skipped, title=title, waiting=waiting, running=running)
    if record.refused is not None and record.planned is None:
        for line in record.refused.splitlines():
            echo(f"extract: {line}", err=True)
    if record.planned == 0 and record.summary is not None and record.summary.get("reason"):
        echo(f"extract: {record.summary['reason']}", err=True)
    if live is not None:
        hint(live.line(record.planned), "cyan")
    else:
        _say_how_to_go_on(record, rows, " ".join(runs.options))


def _say_how_to_go_on(record: RunRecord, rows: Collection[AttemptRow], options: str) -> None:
    failed = [row for row in rows if row.state is not JobState.SUCCEEDED]
    missing = max(0, (record.planned or 0) - len(rows))
    if not failed and not missing:
        return
    logs = f"What their jobs wrote: extract logs {record.run_id} TABLE {options}".rstrip()
    if not missing and not any(map(has_job, failed)):
        logs = "No job of them is recorded, so there is no log"
    hint(f"{len(failed) + missing} of {counted(record.planned or 0, 'table')} did not succeed. {logs}", "yellow")
    of_config = sum(row.failure == "CONFIG" for row in failed)
    only_config = of_config == len(failed) + missing
    if only_config and record.event.get("backfill") is not None:
        hint("What this run asked of these tables is not possible: fix the config, or start another run.", "yellow")
        return
    if only_config:
        hint("Fix the causes, then run just these again; the rerun reads the config as it is then:", "yellow")
    else:
        anew = "; for tables with CONFIG the rerun reads the config as it is then, so fix their causes first" if of_config else ""
        hint(f"Run just these again, with the settings of this run{anew}:", "yellow")
    hint(f"  extract rerun {record.run_id} {options}".rstrip())
