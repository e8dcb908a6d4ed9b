"""Draws a run as it goes, on stderr: a bar with counts, the tables that run, a line for each one that ended."""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from extract_core.cli.output import stderr_console
from extract_core.cli.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from extract_core.engine import RunningExecution

_MARKS: Final = {"SUCCEEDED": "[green]✓[/]"}
_SHOWN: Final = 4  # running tables named in the bar's line


def watch(execution: RunningExecution) -> None:
    """Follow an execution to its end. Ctrl-C or SIGTERM stops it in order; a second one leaves at once."""
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    progress = Progress()
    started: dict[str, float] = {}
    console = stderr_console()
    console.print(f"run [bold]{escape(execution.run_id)}[/]")
    columns = (TextColumn("  "), BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar, _stopping(execution):
        line = bar.add_task("planning", total=None)
        for event in execution.events():
            ended = progress.feed(event)
            for table in progress.running.keys() - started.keys():
                started[table] = time.monotonic()
            if ended is not None:
                state = progress.ended[ended]
                took = f" {time.monotonic() - started[ended]:5.1f} s" if ended in started else ""
                mark = _MARKS.get(state, "[red]✗[/]")
                bar.console.print(f"  {mark} {escape(ended):<32} {state:<10}{took}", highlight=False)
            names = sorted(progress.running)
            more = f" +{len(names) - _SHOWN}" if len(names) > _SHOWN else ""
            bar.update(
                line,
                total=progress.planned,
                completed=len(progress.ended),
                description=escape(", ".join(names[:_SHOWN]) + more) or ("summing up" if progress.ended else "planning"),
            )


@contextmanager
def _stopping(execution: RunningExecution) -> Iterator[None]:
    """The first Ctrl-C (or SIGTERM) ends the execution and goes on following it; a second one raises."""

    def stop(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.default_int_handler)
        stderr_console().print("stopping: the jobs are being ended (once more to leave at once)", style="yellow")
        execution.stop(f"stopped by {signal.Signals(number).name} at the command line")

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
