"""`extract state`: what the tracking store holds of a table, and the changes that people make to its watermark."""

from __future__ import annotations

import getpass
import socket
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from extract_cli.complete import complete_table
from extract_cli.find_table import find_source, of_a_table, source_option
from extract_cli.options import examples, limit_option, local_option, pipeline_option, runs_of
from extract_cli.views.output import Column, echo, output_option, print_json, print_table
from extract_core.errors import TrackingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from extract_cli.pipeline_runs import PipelineRuns
    from extract_core.tracking.records import MarkChange, TableState

_EXAMPLES = {"int": "42", "decimal": "42.50", "date": "2026-03-01", "timestamp": "'2026-03-01 05:00:00'"}
_Options = Any  # a click decorator


def _changing(command: Callable[..., int]) -> Callable[..., int]:
    """The options of the commands that change a watermark."""
    options: list[_Options] = [
        click.option("--reason", required=True, help="Why. It is stored with the change."),
        click.option("--yes", is_flag=True, help="Do not ask for confirmation."),
        click.option(
            "--force", is_flag=True, help="Also if a run holds the table. What that run extracts is then not committed."
        ),
        source_option,
        local_option,
        pipeline_option,
        output_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def state() -> None:
    """The watermark of a table: show it, set it, reset it, list its changes."""


@state.command("show", epilog=examples("extract state show public.orders"))
@of_a_table
def show(runs: PipelineRuns, source: str, table: str, output: str) -> int:
    """Show the watermark of TABLE, the base of its next increment, the run that holds it, and its last end."""
    known = runs.tracking.states(source, [table])[table]
    alive = known.owner is not None and runs.engine.is_running(known.owner.execution_id)
    if output == "json":
        print_json({**asdict(known), "held": alive})
        return 0
    mark = f"{known.watermark!r} of {known.column} ({known.type}), version {known.version}" if known.watermark else "none"
    by_hand = ", set by hand" if known.set_by_hand else ""
    lines = [f"table      {source} {table}", f"watermark  {mark}{by_hand}", f"base       {known.base or 'none'}"]
    lines.append(f"last end   {_last(known)}")
    if known.owner is not None:
        lines.append(f"held by    run {known.owner.run_id} since {known.owner.started_at}{'' if alive else ', which has died'}")
    echo("\n".join(lines))
    return 0


@state.command("set", epilog=examples('extract state set public.orders 2026-03-01 --reason "read March again"'))
@click.argument("table", shell_complete=complete_table)
@click.argument("mark")
@click.option("--column", help="The column of the watermark. [default: its present column]")
@click.option("--type", "kind", help="Its type: int, decimal, date, timestamp, string. [default: its present type]")
@_changing
def set_mark(table: str, mark: str, column: str | None, kind: str | None, **options: Any) -> int:
    """Let the next incremental run of TABLE read the rows from MARK on, without a lag."""
    change = _Change(table, may_be_new=True, **options)
    column, kind = column or change.state.column, kind or change.state.type
    if column is None or kind is None:
        raise UsageError(f"table {table!r} has no watermark yet: give the --column and the --type of this one")
    _check(mark, kind)
    return change.make(mark, column, kind)


def _check(mark: str, kind: str) -> None:
    from extract_core.tracking import watermark

    try:
        of = watermark.kind(kind)
    except TrackingError as error:
        raise UsageError(str(error)) from error
    try:
        watermark.check(mark, kind)
    except TrackingError as error:
        raise UsageError(f"{error}; write it like {_EXAMPLES[of]}") from error


@state.command("reset", epilog=examples('extract state reset public.orders --reason "the table was rebuilt"'))
@click.argument("table", shell_complete=complete_table)
@_changing
def reset(table: str, **options: Any) -> int:
    """Remove the watermark of TABLE: its next run reads the table from the beginning."""
    change = _Change(table, may_be_new=False, **options)
    if change.state.watermark is None:
        raise UsageError(f"table {table!r} has no watermark: its next run reads it from the beginning already")
    return change.make(None, None, None)


@state.command("history", epilog=examples("extract state history public.orders"))
@of_a_table
@limit_option
def history(runs: PipelineRuns, source: str, table: str, limit: int, output: str) -> int:
    """List who changed the watermark of TABLE by hand, when and why, newest first. For runs, see: extract history."""
    changes = runs.tracking.mark_changes(source, table, limit)
    if output == "json":
        print_json([asdict(change) for change in changes])
    else:
        columns = [Column(name) for name in ("Changed", "By", "From", "To", "Reason")]
        print_table(
            columns,
            [(change.changed_at[:19], change.changed_by, change.before, change.mark, change.reason) for change in changes],
            title=table,
        )
    return 0


class _Change:
    """A change of a table's watermark that is about to be made."""

    def __init__(
        self,
        table: str,
        *,
        may_be_new: bool,
        reason: str,
        yes: bool,
        force: bool,
        source: str | None,
        local: bool,
        pipeline: Path | None,
        output: str,
    ) -> None:
        from extract_core.tracking.records import TableState

        self._runs = runs_of(pipeline, local=local)
        tracking = self._runs.tracking
        source = find_source(tracking, table, source, may_be_new=may_be_new)
        self.state: TableState = tracking.states(source, [table]).get(table) or TableState(source=source, table=table)
        self._reason, self._yes, self._force, self._output = reason, yes, force, output
        if not reason.strip():
            raise UsageError("--reason is empty: say why, for people who read the history later")

    def make(self, mark: str | None, column: str | None, kind: str | None) -> int:
        """Ask for confirmation, make the change, print it. Returns the exit code."""
        from datetime import UTC, datetime

        from extract_core.tracking.records import MarkChange

        was = self.state
        self._refuse_if_held()
        before, after_it = ("none" if value is None else repr(value) for value in (was.watermark, mark))
        what = f"{was.source} {was.table}: watermark {before} → {after_it}"
        if not self._yes and not _confirmed(what):
            return 1
        change = MarkChange(
            source=was.source,
            table=was.table,
            version=was.version + 1,
            changed_at=datetime.now(UTC).isoformat(),
            changed_by=f"{getpass.getuser()}@{socket.gethostname()}",
            reason=self._reason,
            before=was.watermark,
            mark=mark,
            column=column,
            type=kind,
        )
        after = self._runs.tracking.set_mark(change)
        self._print(change, after, what)
        return 0

    def _refuse_if_held(self) -> None:
        by = self.state.owner
        if by is not None and not self._force and self._runs.engine.is_running(by.execution_id):
            raise UsageError(
                f"table {self.state.table!r} is held by run {by.run_id!r} since {by.started_at}: wait for its end, or add "
                "--force; what that run extracts of the table is then not committed"
            )

    def _print(self, change: MarkChange, after: TableState, what: str) -> None:
        if self._output == "json":
            print_json({"change": asdict(change), "state": asdict(after)})
        else:
            echo(what)


def _confirmed(what: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(f"{what}: there is no terminal to ask for confirmation; add --yes")
    return click.confirm(f"{what}: change it?", err=True)


def _last(known: TableState) -> str:
    if known.last_run is None:
        return "none"
    failure = f" ({known.last_failure})" if known.last_failure else ""
    return f"{known.last_state}{failure} in run {known.last_run} at {known.last_at}"
