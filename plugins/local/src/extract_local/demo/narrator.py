"""The demo's output: step titles, sentences and tables on stdout, progress on stderr."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from extract_cli.views.attempts import print_attempts
from extract_cli.views.output import PIPE_WIDTH, Column, print_table, stderr_console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from extract_core.tracking.records import AttemptRow

_NUMBERS: Final = ("Rows in the database", "Rows in Parquet")


class Narrator:
    """Prints the story. `quiet` (for JSON on stdout) prints only the progress."""

    def __init__(self, *, quiet: bool = False) -> None:
        from rich.console import Console

        self._quiet = quiet
        self._console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
        self._steps = 0

    def step(self, title: str, command: str | None) -> None:
        """Begin a step. `command` is what a user would type for it."""
        self._steps += 1
        if not self._quiet:
            self._console.print(f"\n[bold]{self._steps}. {title}[/]")
            if command:
                self._console.print(f"   [dim]$ {command}[/]")

    def say(self, sentence: str) -> None:
        """One sentence."""
        if not self._quiet:
            self._console.print(sentence, markup=False)

    def table(self, titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A table."""
        if not self._quiet:
            print_table([Column(title, right=title in _NUMBERS) for title in titles], rows)

    def attempts(self, rows: Sequence[AttemptRow]) -> None:
        """The tables of a run, as `extract status` shows them."""
        if not self._quiet:
            print_attempts(rows)

    @contextmanager
    def working(self, what: str, total: int | None) -> Iterator[Callable[[str, int], None]]:
        """A progress bar on stderr. Call the value with a text and the units since the last call."""
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        console = stderr_console()
        columns = (TextColumn("  "), BarColumn(30), TimeElapsedColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
            line = bar.add_task(what, total=total)
            yield lambda done, units: bar.update(line, advance=units, description=f"{what}: {done}")
