"""stdout and stderr: if they are closed, if their reader went away, if the terminal cannot show a character."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType

    from _typeshed import ReadableBuffer


def prepare_streams() -> None:
    """A closed stream becomes /dev/null; a character that the terminal cannot show is escaped and does not end the command.

    If a reader goes away (`extract … | head -1`), the command still runs to its end, and its exit code does not change.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - it lives as long as the process
        else:
            reconfigure = getattr(getattr(sys, name), "reconfigure", None)
            if reconfigure is not None:
                reconfigure(errors="backslashreplace")
    stdout = sys.stdout
    if stdout is not sys.__stdout__ or not isinstance(stdout, io.TextIOWrapper):
        return  # a stream that was replaced, for example by a test
    lasting = _Lasting(stdout.fileno(), "w", closefd=False)
    is_buffered = isinstance(stdout.buffer, io.BufferedWriter)  # not under PYTHONUNBUFFERED
    stdout.flush()
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(lasting) if is_buffered else lasting,
        encoding=stdout.encoding,
        errors=stdout.errors,
        line_buffering=stdout.line_buffering,
        write_through=not is_buffered,
    )
    sys.stdout = cast("TextIO", _DataOnly(sys.stdout))


class _DataOnly:
    """stdout for the data of the command: what a plugin prints goes to stderr, because it would be among the data.

    A plugin prints if the writer's nearest frame outside of libraries is not extract's, and extract's core called it. A command
    of a plugin is called by click: what it prints is its data.
    """

    def __init__(self, stdout: TextIO) -> None:
        self._stdout = stdout

    def write(self, text: str) -> int:
        """Write to stdout, or to stderr for a plugin."""
        return (sys.stderr if _a_plugin_writes() else self._stdout).write(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """As `write`."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stdout, name)


_CALLS_PLUGINS = frozenset({"extract_core", "extract_local", "extract_testing", "asl_generator", "asl_toolkit"})
_PASSES_ON = frozenset({"click", "contextlib", "logging", "pprint", "json", "rich", "traceback", "typing", "warnings"})
"""Packages whose frames are between the writer and the stream."""


def _a_plugin_writes() -> bool:
    frame = sys._getframe(2)  # noqa: SLF001 - the only way to the caller without the cost of inspect
    foreign = False
    caller: FrameType | None = frame
    while caller is not None:
        package = str(caller.f_globals.get("__name__", "")).partition(".")[0]
        if package == "extract_cli":
            return False
        if package in _CALLS_PLUGINS:
            return foreign
        if package == "click" and foreign:
            return False
        foreign = foreign or package not in _PASSES_ON
        caller = caller.f_back
    return False


def drop_stdout() -> None:
    """The buffered text cannot be written: keep the interpreter from trying again as it ends."""
    _to_nowhere(sys.stdout.fileno())


class _Lasting(io.FileIO):
    """A pipe that becomes /dev/null when its reader has gone."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            _to_nowhere(self.fileno())
            return super().write(data)


def _to_nowhere(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
