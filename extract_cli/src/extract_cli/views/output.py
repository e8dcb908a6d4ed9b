"""What the commands print: data to stdout as text or JSON, progress to stderr. rich is imported when something is drawn."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TextIO, cast

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.console import Console

PIPE_WIDTH: Final = 200  # columns of a table that nobody looks at

output_option: Callable[[Any], Any] = click.option(
    "--output", "output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What stdout gets."
)

_COLOURS: Final = {"SUCCEEDED": "green", "FAILED": "red", "RUNNING": "cyan"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: `right` for numbers."""

    title: str
    right: bool = False


class _Forgiving:
    """A stream whose reader may go away, or whose disk may be full: what can't be written is dropped."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def stderr_console() -> Console:
    """Where progress is drawn. A run goes on when nobody can see its progress any more."""
    from rich.console import Console

    return Console(file=cast("TextIO", _Forgiving(sys.stderr)), highlight=False, soft_wrap=True)


def plain(value: object, *, keep: str = "", most: int | None = None) -> str:
    """Text for a terminal: what would steer it (escape sequences, line breaks, turned directions) escaped; cut after `most`."""
    text = "".join(
        letter if letter.isprintable() or letter in keep else letter.encode("unicode_escape").decode("ascii")
        for letter in str(value)
    )
    return text if most is None or len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"


def print_json(value: object) -> None:
    """One JSON document on stdout, keys in the order given."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(columns: Sequence[Column], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """A table on stdout. None is an empty cell; a number gets thousands separators."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column.title, justify="right" if column.right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(value), style=_COLOURS.get(str(value), "")) for value in row))
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    Console(width=width, highlight=False).print(table)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.1f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return plain(value, keep="\n")
