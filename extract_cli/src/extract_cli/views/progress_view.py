"""Draws a run on stderr while it runs: a bar with counts, the tables that run, a line for each table that ended."""

from __future__ import annotations

import os
import queue
import signal
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from extract_cli.views.changes import echo_changes
from extract_cli.views.output import plain, stderr_console
from extract_cli.views.pace import Pace, duration
from extract_cli.views.progress import LARGE, SUCCEEDED, Progress, held_up, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import FrameType

    from rich.progress import Task

    from extract_cli.views.reasons import Reasons
    from extract_core.contract import Json
    from extract_core.runs.engine import ExecutionEnd, RunningExecution
    from extract_core.tracking.records import AttemptRow

_MARKS: Final = {SUCCEEDED: "[green]✓[/]"}
_HANGUP: Final[signal.Signals | None] = getattr(signal, "SIGHUP", None)  # Windows has none
_SHOWN: Final = 4  # running tables named in the bar's line
_REASON: Final = 120  # characters of the reason in the line of a failed table
_HEAD: Final = 45  # of them from its beginning; services put the cause at the end


def run_and_watch(
    start: Callable[[], RunningExecution], reasons: Reasons | None = None, *, as_lines: bool = False
) -> tuple[RunningExecution, ExecutionEnd]:
    """Start an execution and follow it to its end. Ctrl-C, SIGTERM or a closed terminal stops it; a second one leaves at once.

    `reasons` says why tables failed. With `as_lines`, each change is also a line of JSON on stdout.
    """
    with _stopping() as stopper:
        execution = start()
        stopper.take(execution)
        try:
            events = execution.events()
            draw(execution.run_id, echo_changes(events, reasons) if as_lines else events, reasons)
        except BaseException:
            if not execution.outlives:
                execution.stop("the command that followed it ended")
            raise
        return execution, execution.end()


def draw(run_id: str, events: Iterable[Mapping[str, Json]], reasons: Reasons | None = None) -> None:
    """Draw the run of these events until they end. The seconds of a table are those between its events.

    Each table that ended is a line; of a run of more than LARGE tables, only those that failed. `reasons` says why they failed.
    """
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar
    from rich.text import Text

    class Running(TextColumn):
        """The tables that run, drawn at each refresh, because time passes between events."""

        def render(self, task: Task) -> Text:
            return Text(running_line(progress, datetime.now(UTC), pace) if task.total is not None else task.description)

    progress, pace = Progress(), Pace()
    console = stderr_console()
    console.print(f"run [bold]{escape(plain(run_id))}[/]")
    columns = (TextColumn("  "), BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn(), Running(""))
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        line = bar.add_task("planning", total=None)
        for event in events:
            planned, done = progress.planned, progress.done
            ended_now = progress.feed(event)
            is_large = (progress.planned or 0) > LARGE
            if (reason := held_up(event)) is not None:
                bar.console.print(f"  waiting: {reason}", markup=False)
            if progress.again is not None and not is_large:
                table = progress.again
                bar.console.print(
                    f"  [yellow]↻[/] {escape(plain(table)):<32} attempt {progress.attempts[table]}", highlight=False
                )
            for ended in ended_now:
                if not is_large or progress.ended[ended] != SUCCEEDED:
                    why = reasons.of(ended) if reasons is not None and progress.ended[ended] != SUCCEEDED else None
                    bar.console.print(_ended_line(progress, ended, event, why), highlight=False)
            if (progress.planned, progress.done) != (planned, done):
                bar.update(line, total=progress.planned, completed=progress.done)
                at = moment(event).timestamp() if "timestamp" in event else None  # old events of a run come all at once
                if pace.feed(progress.done, progress.planned, at) and is_large and not console.is_terminal:
                    console.print(f"  {progress.done:,} of {progress.planned:,}, {counts_line(progress, pace)}", highlight=False)


def _ended_line(progress: Progress, table: str, event: Mapping[str, Json], why: AttemptRow | None) -> str:
    from rich.markup import escape

    from extract_cli.views.output import plain

    state = progress.ended[table]
    began = progress.since.pop(table, None)
    took = f" {(moment(event) - began).total_seconds():5.1f} s" if began is not None else ""
    mark = _MARKS.get(state, "[red]✗[/]")
    reason = "" if why is None else f"  {escape(_both_ends(plain(' '.join(filter(None, (why.failure, why.message))))))}"
    return f"  {mark} {escape(plain(table)):<32} {state:<10}{took}{reason}"


def _both_ends(reason: str) -> str:
    if len(reason) <= _REASON:
        return reason
    return f"{reason[:_HEAD]} … {reason[_HEAD - _REASON :]} ({len(reason):,} characters)"


def counts_line(progress: Progress, pace: Pace) -> str:
    """Failed tables, the rate, and how long the rest may take."""
    words = [f"{progress.failed:,} failed"] if progress.failed else []
    return ", ".join([*words, *pace.words()])


def running_line(progress: Progress, now: datetime, pace: Pace | None = None) -> str:
    """The tables that run with the time that they have taken, the longest first.

    The time left comes before them; of a large run, its counts.
    """
    since = {table: progress.since.get(table, now) for table in progress.running}
    names = sorted(since, key=lambda table: (since[table], table))
    shown = [f"{table} {elapsed(since[table], now)}" for table in names[:_SHOWN]]
    more = progress.at_work - len(shown)
    line = ", ".join(shown) + (f" +{more}" if more > 0 else "")
    if pace is not None:
        counts = counts_line(progress, pace) if (progress.planned or 0) > LARGE else "".join(pace.left())
        line = f"{counts}; {line}" if counts else line
    return line.strip() or ("summing up" if progress.done else "planning")


def elapsed(since: datetime, now: datetime) -> str:
    """A duration in words. It is 0 if a run with fast waits is ahead of this machine's clock."""
    return duration((now - since).total_seconds())


def _let_go_of_terminal() -> None:
    """A terminal that was closed refuses each write (EIO), which would end the command before its tables are recorded."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for output in (1, 2):
        if os.isatty(output):
            os.dup2(nowhere, output)
    os.close(nowhere)


class _Stopper:
    """Ends the execution at the first signal, also at one that came while it was being started.

    A signal handler runs in the middle of whatever the main thread does, so it may take no lock that the main thread may
    hold: it writes with os.write and hands over to another thread (SimpleQueue.put is reentrant by its documentation).
    """

    def __init__(self) -> None:
        self._execution: queue.SimpleQueue[RunningExecution | None] = queue.SimpleQueue()
        self._cause: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._wait, name="stop", daemon=True).start()

    def take(self, execution: RunningExecution) -> None:
        self._execution.put(execution)

    def signalled(self, number: int, _frame: FrameType | None) -> None:
        if number == _HANGUP:
            signal.signal(number, signal.SIG_IGN)  # the shell and the kernel both send it
            _let_go_of_terminal()
        else:
            signal.signal(number, signal.default_int_handler)
        with suppress(OSError):
            os.write(2, b"stopping: the jobs are being ended (once more to leave at once)\n")
        self._cause.put(f"stopped by {signal.Signals(number).name} at the command line")

    def close(self) -> None:
        self._cause.put(None)
        self._execution.put(None)

    def _wait(self) -> None:
        cause, execution = self._cause.get(), self._execution.get()
        if cause is not None and execution is not None:
            execution.stop(cause)


@contextmanager
def _stopping() -> Iterator[_Stopper]:
    """While it is open, SIGINT, SIGTERM and SIGHUP go to the stopper; a second one raises KeyboardInterrupt (SIGHUP: nothing).

    A SIGHUP that is ignored already (nohup) stays so.
    """
    stopper = _Stopper()
    numbers = [signal.SIGINT, signal.SIGTERM]
    if _HANGUP is not None and signal.getsignal(_HANGUP) != signal.SIG_IGN:
        numbers.append(_HANGUP)
    before = {number: signal.signal(number, stopper.signalled) for number in numbers}
    try:
        yield stopper
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        stopper.close()
