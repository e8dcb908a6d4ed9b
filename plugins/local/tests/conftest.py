"""A project folder with a small source, and the command run in it as a person would."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from extract_local.demo import database, project


@dataclass
class Project:
    """A folder as `extract demo` makes it."""

    folder: Path
    python_path: list[Path] = field(default_factory=list)

    def environ(self) -> dict[str, str]:
        places = [*map(str, self.python_path), *filter(None, [os.environ.get("PYTHONPATH")])]
        return {**os.environ, "PYTHONPATH": os.pathsep.join(places), "COLUMNS": "200"}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-c", "from extract_cli import main; main()", *arguments]

    def extract(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*arguments), cwd=self.folder, env=self.environ(), capture_output=True, text=True, check=False
        )
        assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    def config(self, text: str, name: str = "sales") -> None:
        (self.folder / "config" / f"{name}.yml").write_text(text, encoding="utf-8")


@pytest.fixture
def demo_project(tmp_path: Path) -> Project:
    """The demo's project with 2,000 rows."""
    folder = tmp_path / "a project"
    folder.mkdir()
    database.make_database(folder / project.DATABASE, rows=2_000)
    project.write(folder)
    return Project(folder)
