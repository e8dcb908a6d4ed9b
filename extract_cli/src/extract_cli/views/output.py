"""What the commands print: data to stdout as text or JSON, progress to stderr. rich is imported only to draw on a terminal."""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TextIO, cast

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from rich.console import Console

PIPE_WIDTH: Final = 200  # columns of text that is not on a terminal
_MOST_DRAWN: Final = 300  # rows of a table that rich lays out

output_option: Callable[[Any], Any] = click.option(
    "--output", "output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Format of stdout."
)

lines_option: Callable[[Any], Any] = click.option(
    "--output",
    "output",
    type=click.Choice(["text", "json", "jsonl"]),
    default="text",
    show_default=True,
    help="Format of stdout. jsonl: a line per change while the run runs, and the run as the last line.",
)

_STEERING: Final = re.compile("[\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON leaves as it is and a terminal obeys: control characters, marks that turn the direction of text, half characters."""
_ADDRESS: Final = re.compile("(?:https|file)://[!-~]+")
_COLOURS: Final = {"SUCCEEDED": "green", "FAILED": "red", "RUNNING": "cyan", "REFUSED": "yellow"}


@dataclass(frozen=True)
class Column:
    """One column of a table: `right` for numbers."""

    title: str
    right: bool = False


class _Forgiving:
    """A stream whose reader may go away, or whose disk may be full: what cannot be written is dropped."""

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
    """Where progress is drawn. A run goes on if its progress cannot be shown any more."""
    from rich.console import Console

    return Console(file=cast("TextIO", _Forgiving(sys.stderr)), highlight=False, soft_wrap=True)


def echo(text: object = "", *, err: bool = False, nl: bool = True) -> None:
    """Text on stdout or stderr. What would steer the terminal is escaped: names and reasons may come from anywhere."""
    click.echo(plain(text, keep="\n\t"), err=err, nl=nl)


def echo_link(text: object, address: str) -> None:
    """A line on stdout that a terminal opens at a click (OSC 8). Other readers, and NO_COLOR, get the text alone.

    rich writes no link for TERM=dumb. An address that would steer the terminal is not a link.
    """
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or not _ADDRESS.fullmatch(address):
        echo(text)
        return
    from rich.console import Console
    from rich.style import Style
    from rich.text import Text

    Console(highlight=False).print(Text(plain(text), style=Style(link=address)), soft_wrap=True)


def hint(text: str, colour: str | None = None) -> None:
    """One line for people on stderr. It is dropped if stderr cannot be written."""
    stream = cast("TextIO", _Forgiving(sys.stderr))
    click.echo(_coloured(plain(text, keep="\n\t"), colour), file=stream)


def print_reason(about: str, reason: str) -> None:
    """``about: reason`` on stdout, with the further lines of the reason indented below."""
    echo(f" {about}: " + reason.replace("\n", "\n   "))


def plain(value: object, *, keep: str = "", most: int | None = None) -> str:
    """Text for a terminal, cut after `most` characters. What would steer the terminal is escaped.

    That is escape sequences, line breaks and marks that turn the direction of text; `keep` are characters to leave.
    """
    text = str(value)
    if not text.isprintable():
        text = re.sub(rf"[^ -~{keep}]", _escaped, text)
    return text if most is None or len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"


def _escaped(match: re.Match[str]) -> str:
    return match[0] if match[0].isprintable() else match[0].encode("unicode_escape").decode("ascii")


def print_json(value: object) -> None:
    """One JSON document on stdout, keys in their order."""
    click.echo(json_text(value))


def json_text(value: object, indent: int | None = 2) -> str:
    """The value as JSON. Letters of any language stand as they are; what would steer a terminal is escaped as JSON does it."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=str)
    return text if text.isascii() else _STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def print_json_line(value: object) -> None:
    """A line of JSON Lines on stdout. It is written at once, since a program waits for it."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


def print_json_rows(
    head: Mapping[str, object],
    name: str,
    rows: Iterable[object],
    tail: Callable[[], Mapping[str, object]] = dict,
) -> None:
    """A JSON object on stdout: the members of `head`, a list `name` with one row per line, the members of `tail`.

    Rows are written as they come; `tail` is called after the last one.
    """
    click.echo(json_text({**head, name: []}).removesuffix("]\n}"), nl=False)
    separator = "\n    "
    for row in rows:
        click.echo(separator + json_text(row, indent=None), nl=False)
        separator = ",\n    "
    click.echo("]" if separator == "\n    " else "\n  ]", nl=False)
    last = json_text(tail()).removeprefix("{").removesuffix("}").rstrip("\n")
    click.echo(f",{last}\n}}" if last else "\n}")


def print_table(columns: Sequence[Column], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """A table on stdout. None is an empty cell; a number gets thousands separators.

    On a terminal, cells of a short table are folded to its width; a long table, or one for a pipe, has lines of any length.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    if sys.stdout.isatty() and len(cells) <= _MOST_DRAWN:
        _draw(columns, cells, title)
        return
    if title is not None:
        echo(f"{title}\n")
    widths = [_width(column.title) for column in columns]
    for row in cells:
        for index, cell in enumerate(row):
            widths[index] = max(widths[index], *map(_width, cell.split("\n")))
    rule = "─" if (sys.stdout.encoding or "").lower().startswith("utf") else "-"
    _print_line(columns, widths, [column.title for column in columns])
    click.echo(" " + rule * (sum(widths) + 3 * (len(widths) - 1)))
    for row in cells:
        height = max(cell.count("\n") for cell in row) + 1
        parts = [cell.split("\n") for cell in row]
        for index in range(height):
            _print_line(columns, widths, [part[index] if index < len(part) else "" for part in parts])
    click.echo()


def _print_line(columns: Sequence[Column], widths: Sequence[int], cells: Sequence[str]) -> None:
    padded = []
    for column, width, cell in zip(columns, widths, cells, strict=True):
        room = " " * (width - _width(cell))
        text = _coloured(cell, _COLOURS[cell]) if cell in _COLOURS else cell
        padded.append(room + text if column.right else text + room)
    click.echo((" " + "   ".join(padded)).rstrip())


def _draw(columns: Sequence[Column], cells: Sequence[Sequence[str]], title: str | None) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column.title, justify="right" if column.right else "left", overflow="fold")
    for row in cells:
        table.add_row(*(Text(cell, style=_COLOURS.get(cell, "")) for cell in row))
    Console(highlight=False).print(table)


def _coloured(text: str, colour: str | None) -> str:
    """Click removes the colour if the stream is not a terminal."""
    return text if colour is None or os.environ.get("NO_COLOR") else click.style(text, fg=colour)


def _width(text: str) -> int:
    """Columns of a terminal that this line takes."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.1f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return plain(value, keep="\n")
