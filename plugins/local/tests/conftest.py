"""A project folder with a small source, and the command `extract` in it."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from shared_fixtures import command
from shared_fixtures.command import Done

from extract_local.demo import database, project


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
        return command.succeed(self.folder, *arguments, code=code, python_path=self.python_path)

    def call(self, *arguments: str) -> Done:
        """The command in this process."""
        return command.call(self.folder, *arguments, python_path=self.python_path)

    def config(self, text: str, name: str = "sales") -> None:
        (self.folder / "config" / f"{name}.yml").write_text(text, encoding="utf-8")


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
