"""The command `extract` in the process of the tests: a separate process costs half a second per call."""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from extract_cli import main
from extract_local.jobs import starting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


starting._Server = cache(starting._Server)  # type: ignore[assignment, misc, unused-ignore]
"""All commands of this process fork their jobs from one process: it imports Arrow once, and not per test."""


class Done(NamedTuple):
    """How a command ended."""

    code: int
    stdout: str
    stderr: str


def call(folder: Path, *arguments: str, python_path: Sequence[Path] = ()) -> Done:
    """Run the command in this folder. Modules of further plugins are on `python_path`, and are imported anew each time."""
    stdout, stderr, code = _Text(), _Text(), -1
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
        _modules(python_path),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("COLUMNS", "200")
        try:
            main(arguments)
        except SystemExit as ended:
            code = int(ended.code or 0)
    done = Done(code, stdout.text(), stderr.text())
    assert "Traceback" not in done.stderr
    return done


def succeed(folder: Path, *arguments: str, code: int = 0, python_path: Sequence[Path] = ()) -> Done:
    """Run the command; it must end with this exit code."""
    done = call(folder, *arguments, python_path=python_path)
    assert done.code == code, f"exit code {done.code}\n{done.stdout}\n{done.stderr}"
    return done


class _Text(io.TextIOWrapper):
    """A stream in memory over a buffer of bytes, as the streams of a process are."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, encoding="utf-8", write_through=True)

    def text(self) -> str:
        return self._bytes.getvalue().decode()


@contextlib.contextmanager
def _modules(places: Sequence[Path]) -> Iterator[None]:
    path = [*sys.path]
    sys.path[:0] = map(str, places)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:] = path
        for name, module in [*sys.modules.items()]:
            if any(Path(getattr(module, "__file__", None) or "/").is_relative_to(place) for place in places):
                del sys.modules[name]
