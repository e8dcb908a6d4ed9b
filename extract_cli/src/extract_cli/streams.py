"""stdout and stderr: if they are closed, if their reader went away, if the terminal cannot show a character."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
