"""A small pipeline on this machine, and a folder for distributions of other teams, as pip leaves them."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

TOML = '[pipeline]\nname = "hooked"\n\n[job_types.glue]\njob_name = "extract-jdbc"\n'
CONFIG = """
source_name: sales
extract:
  job_type: glue
  script_name: extract_job.py
  db_engine: sqlite
  db_name: sales.db
  tables: {accounts: {}, orders: {}}
"""


class Project:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = folder / "site"
        self.site.mkdir()
        (folder / "config").mkdir()
        (folder / "extract.toml").write_text(TOML)
        (folder / "config" / "sales.yml").write_text(CONFIG)
        with sqlite3.connect(folder / "sales.db") as database:
            for table in ("accounts", "orders"):
                database.execute(f"CREATE TABLE {table} (id INTEGER)")
                database.execute(f"INSERT INTO {table} VALUES (1)")  # noqa: S608 - our own names

    def install(self, name: str, source: str, groups: str | None = None) -> None:
        """Distribution acme-<name> 1.0 with module acme_<name>."""
        info = self.site / f"acme_{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: acme-{name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(groups or f"[extract_core]\n{name} = acme_{name}\n")
        (self.site / f"acme_{name}.py").write_text(dedent(source))

    def settings(self, section: str) -> None:
        """Write extract.toml with this section at its end."""
        (self.folder / "extract.toml").write_text(TOML + section)

    def extract(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from extract_cli import main; main()", *arguments]
        environ = {**os.environ, "PYTHONPATH": str(self.site)}
        done = subprocess.run(command, cwd=self.folder, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def run(self, run_id: str, code: int = 0) -> dict[str, dict]:
        """Run both tables here; the rows of the report by table."""
        done = self.extract("run", "sales", "--local", "--run-id", run_id, "--output", "json", code=code)
        return {row["table"]: row for row in json.loads(done.stdout)["tables"]}

    def plan(self, run_id: str) -> dict[str, dict]:
        """The items of a run's plan by table."""
        lines = (self.folder / ".extract" / "runs" / run_id / "plan.jsonl").read_text().splitlines()
        return {item["table"]: item for item in (json.loads(line)["item"] for line in lines)}


@pytest.fixture
def project(tmp_path) -> Project:
    return Project(tmp_path)
