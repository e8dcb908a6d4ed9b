"""A project folder with a small source, and the command `extract` in it."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from extract_cli import main
from extract_local.demo import database, project

if TYPE_CHECKING:
    from collections.abc import Iterator


class Done(NamedTuple):
    """How a command ended."""

    code: int
    stdout: str
    stderr: str


@dataclass
class Project:
    """A folder as `extract demo` makes it. `python_path` holds modules of further plugins."""

    folder: Path
    python_path: list[Path] = field(default_factory=list)

    def environ(self) -> dict[str, str]:
        places = [*map(str, self.python_path), *filter(None, [os.environ.get("PYTHONPATH")])]
        return {**os.environ, "PYTHONPATH": os.pathsep.join(places), "COLUMNS": "200"}

    def command(self, *arguments: str) -> list[str]:
        """The command as a process: for signals, full disks, and streams that cannot be written."""
        return [sys.executable, "-c", "from extract_cli import main; main()", *arguments]

    def extract(self, *arguments: str, code: int = 0) -> Done:
        """The command in this process, with the exit code that it must have."""
        done = self.call(*arguments)
        assert done.code == code, f"exit code {done.code}\n{done.stdout}\n{done.stderr}"
        return done

    def call(self, *arguments: str) -> Done:
        """The command in this process."""
        stdout, stderr, code = Text(), Text(), -1
        with (
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(stdout),
            contextlib.redirect_stderr(stderr),
            self._modules(),
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

    def config(self, text: str, name: str = "sales") -> None:
        (self.folder / "config" / f"{name}.yml").write_text(text, encoding="utf-8")

    @contextlib.contextmanager
    def _modules(self) -> Iterator[None]:
        """Further plugins can be imported inside, and are imported anew each time."""
        path = [*sys.path]
        sys.path[:0] = map(str, self.python_path)
        importlib.invalidate_caches()
        try:
            yield
        finally:
            sys.path[:] = path
            for name, module in [*sys.modules.items()]:
                if any(Path(getattr(module, "__file__", None) or "/").is_relative_to(place) for place in self.python_path):
                    del sys.modules[name]


class Text(io.TextIOWrapper):
    """A stream in memory with a buffer of bytes below it, as a process has."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def text(self) -> str:
        return self.buffer.getvalue().decode()  # type: ignore[attr-defined] # of BytesIO


@pytest.fixture(scope="session")
def demo_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's database with 2,000 rows."""
    path = tmp_path_factory.mktemp("database") / project.DATABASE
    database.make_database(path, rows=2_000)
    return path


def make_project(folder: Path, demo_database: Path) -> Project:
    folder.mkdir()
    shutil.copy(demo_database, folder / project.DATABASE)
    project.write(folder)
    return Project(folder)


@pytest.fixture
def demo_project(tmp_path: Path, demo_database: Path) -> Project:
    """The demo's project with 2,000 rows."""
    return make_project(tmp_path / "a project", demo_database)


@pytest.fixture(scope="module")
def shared_project(tmp_path_factory: pytest.TempPathFactory, demo_database: Path) -> Project:
    """The demo's project for the tests of one module, which only read it."""
    return make_project(tmp_path_factory.mktemp("shared") / "a project", demo_database)
