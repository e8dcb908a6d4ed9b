"""Isolate plugins from each other: whatever a plugin raises becomes one exception with a readable cause."""

from __future__ import annotations

import io
import sys
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING

from extract_core.wording import described

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class PluginFault(Exception):  # noqa: N818 - never leaves the registry; its text becomes a cause
    """What is wrong with a plugin; `job_types` are those that it offers, as far as that is known."""

    def __init__(self, cause: str, job_types: Iterable[str] = ()) -> None:
        self.cause = cause
        self.job_types = tuple(job_types)
        super().__init__(cause)


@contextmanager
def isolated(doing: str) -> Iterator[None]:
    """Run a plugin's code; whatever it raises (SystemExit too, but not KeyboardInterrupt) becomes a PluginFault."""
    try:
        yield
    except (PluginFault, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise PluginFault(f"{doing} raised {described(error)}") from error


class _Output(io.TextIOBase):
    """In place of stdout: it passes the text to stderr, and keeps the first line."""

    def __init__(self) -> None:
        self.first = ""

    def write(self, text: str) -> int:
        self.first = self.first or text.strip().partition("\n")[0][:80]
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


@contextmanager
def output_to_stderr() -> Iterator[_Output]:
    """Run a plugin's code; what it prints goes to stderr, as stdout is for the data of a command. `first` is its first line."""
    output = _Output()
    with redirect_stdout(output):
        yield output
