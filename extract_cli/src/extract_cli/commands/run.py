"""`extract run` and `extract rerun`: start a run, follow it, and show how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from extract_cli.complete import complete_run, complete_source, complete_table
from extract_cli.installed import print_trouble
from extract_cli.options import engine_of, examples, local_option, pipeline_option
from extract_cli.views.output import echo, lines_option
from extract_core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.runs.engine import Engine, Rehearsal


def _starting(command: Callable[..., int]) -> Callable[..., int]:
    """The options of the commands that start a run."""
    options: list[Any] = [  # click's decorators
        click.option(
            "--run-id", help="Name of the run and of the execution. It can be used once. [default: source, time, a few letters]"
        ),
        click.option(
            "--max-concurrency",
            type=click.IntRange(1, 10_000),
            metavar="N",
            help="Tables at once in this run. [default: max_concurrency of extract.toml]",
        ),
        click.option(
            "--inject",
            multiple=True,
            metavar="KIND:TABLE[:N]",
            help="On this machine: let the first N (default 1) jobs of a table fail. "
            "KIND: throttle, oom, interrupt, fail, timeout, question.",
        ),
        click.option(
            "--fast",
            type=click.FloatRange(1, 1_000_000),
            metavar="FACTOR",
            help="On this machine: make waits FACTOR times as fast; jobs take their normal time. "
            "[default: 60 with --inject, else 1]",
        ),
        local_option,
        pipeline_option,
        lines_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.command(
    epilog=examples(
        "extract run sales --local",
        "extract run sales public.orders 'crm.*' tag:large",
        "extract run sales public.orders --backfill-from 2026-01-01 --backfill-to 2026-02-01",
    )
)
@click.argument("source", shell_complete=complete_source)
@click.argument("tables", nargs=-1, shell_complete=complete_table)
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave these tables out.")
@click.option("--reingest", is_flag=True, help="Read incremental tables from their beginning.")
@click.option("--backfill-from", metavar="MARK", help="Read the rows above this mark again. No watermark moves.")
@click.option(
    "--backfill-to",
    metavar="MARK",
    help="Read the rows up to and including this mark. [default of --backfill-from: the beginning]",
)
@_starting
def run(
    source: str,
    tables: Sequence[str],
    exclude: Sequence[str],
    reingest: bool,
    backfill_from: str | None,
    backfill_to: str | None,
    **start: Any,
) -> int:
    """Extract TABLES (names or globs; default: all) of SOURCE, and follow the run to its end.

    Exit codes: 0 the run succeeded, 1 it failed or was stopped, 2 it could not be started.
    """
    if "/" in source or source.endswith((".yml", ".yaml")):
        name = source.rpartition("/")[2].removesuffix(".yaml").removesuffix(".yml")
        raise UsageError(f"SOURCE is the name of a source, not a file; did you mean {name!r}?")
    event: dict[str, Json] = {"source": source, "tables": list(tables) or "*"}
    if exclude:
        event["exclude"] = list(exclude)
    if reingest:
        event["reingest"] = True
    if backfill_to is not None:
        event["backfill"] = {"from": backfill_from, "to": backfill_to}
    elif backfill_from is not None:
        raise UsageError("--backfill-from needs --backfill-to, the mark up to which the rows are read again")
    return _follow(engine_of(start["pipeline"], local=start["local"]), event, start)


@click.command(epilog=examples("extract rerun sales-first --local", "extract rerun latest public.orders --local"))
@click.argument("run", metavar="RUN", shell_complete=complete_run)
@click.argument("tables", nargs=-1, shell_complete=complete_table)
@click.option("--failed", is_flag=True, help="All tables that did not succeed. This is the default.")
@click.option("--force", is_flag=True, help="Also tables that a later run has extracted.")
@_starting
def rerun(run: str, failed: bool, tables: Sequence[str], force: bool, **start: Any) -> int:
    """Run the failed tables of RUN again, or only TABLES, with the settings of its plan.

    A table that could not be planned is planned from the present config. Watermarks are read again. RUN may be `latest`.
    """
    from extract_cli.find_run import find_run

    if failed and tables:
        raise UsageError("--failed means all failed tables, and TABLES means some of them: give only one of the two")
    engine = engine_of(start["pipeline"], local=start["local"])
    record = find_run(engine.parts().tracking, run, planned=True)
    if record.plan_uri is None and record.summary is not None:
        new = " ".join(("extract run", record.source, *engine.options))
        raise UsageError(
            f"run {record.run_id!r} was never planned, so it has no tables to run again; start a new run: {new}\n"
            f"why it was not planned: {record.refused or record.summary.get('reason')}"
        )
    if record.summary is None:
        if engine.is_running(record.execution_id):
            raise UsageError(f"run {record.run_id!r} is still running; see: extract status {record.run_id}")
        engine.reconcile(record.run_id)
    event: dict[str, Json] = {"source": record.source, "rerun_of": record.run_id}
    if tables:
        event["tables"] = list(tables)
    if force:
        event["force"] = True
    return _follow(engine, event, start)


def _rehearsal(inject: Sequence[str], fast: float | None) -> Rehearsal | None:
    from extract_core.runs.engine import Rehearsal

    return Rehearsal(inject=tuple(inject), fast=fast) if inject or fast is not None else None


def _follow(engine: Engine, event: dict[str, Json], start: Mapping[str, Any]) -> int:
    """Start an execution, draw its progress, print its tables. Returns the exit code of the command."""
    if start["max_concurrency"] is not None:
        event["max_concurrency"] = start["max_concurrency"]
    from extract_cli.views.progress_view import run_and_watch
    from extract_cli.views.reasons import Reasons
    from extract_cli.views.report import report
    from extract_core.plan.execution import check_run_id, new_run_id

    name = check_run_id(start["run_id"]) if start["run_id"] else new_run_id(str(event["source"]))
    rehearsal = _rehearsal(start["inject"], start["fast"])
    print_trouble(engine.parts().registry)
    reasons = Reasons(engine.parts().tracking, str(event["source"]), name)
    as_lines = start["output"] == "jsonl"
    _, end = run_and_watch(lambda: engine.start(event, run_id=name, rehearsal=rehearsal), reasons, as_lines=as_lines)
    for note in end.notes:
        echo(f"note: {note}", err=True)
    return report(engine, name, end, output=start["output"])
