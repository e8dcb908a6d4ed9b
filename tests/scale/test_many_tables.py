"""A source with very many tables runs to its end on this machine: some fail in every class, and a rerun extracts them.

`EXTRACT_SOAK_TABLES` is the number of tables (default 20,000). The figures of each run are in `figures.json` beside the project,
and in the output of `pytest -s`: seconds, processor seconds, the peak of memory in MB, MB on disk.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from shared_fixtures.shell_job import write_config, write_project

from extract_core import FailureClass

TESTS = Path(__file__).parents[1]
EVERY = 100
"""One table in this number fails, per class."""
NOT_BY_A_JOB = {FailureClass.CONFIG, FailureClass.CONFLICT, FailureClass.NOT_RECORDED}
"""Classes that the job of a table cannot end with: CONFIG is a wrong setting here, the others need another run or a fault."""
BY_A_JOB = [failure for failure in FailureClass if failure not in NOT_BY_A_JOB]


def plugin(folder: Path) -> None:
    """What pip leaves for a distribution whose plugin is `shell_job`."""
    info = folder / "acme_shell-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-shell\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[extract_core]\nshell = shared_fixtures.shell_job\n", encoding="utf-8")


def megabytes(folder: Path) -> float:
    """What the files in a folder take."""
    return round(sum(path.stat().st_blocks for path in folder.rglob("*") if path.is_file()) * 512 / 1e6, 1)


class Project:
    """The folder, and the command in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.figures: dict[str, dict[str, float]] = {}
        plugin(folder.parent / "site")

    def extract(self, name: str, *arguments: str) -> tuple[int, dict, str]:
        """Run the command in a process; return its code, its JSON and stderr. Its figures are kept under this name."""
        path = os.pathsep.join([str(self.folder.parent / "site"), str(TESTS), os.environ.get("PYTHONPATH", "")])
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", "from extract_cli import main; main()", *arguments, "--output", "json"],
            cwd=self.folder, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
        self.figures[name] = {
            "seconds": round(time.monotonic() - began), "processor": round(processor), "peak_mb": round(used.ru_maxrss / 1024),
            "executions_mb": megabytes(self.folder / ".extract"), "runs_mb": megabytes(self.folder / "runs"),
        }  # fmt: skip
        sys.stdout.write(f"{name}: {self.figures[name]}\n")
        (self.folder.parent / "figures.json").write_text(json.dumps(self.figures, indent=1), encoding="utf-8")
        return done.returncode, json.loads(done.stdout), done.stderr


def many(folder: Path, tables: int) -> Project:
    """Run so many tables, of which one in EVERY fails per class; then rerun them."""
    project = Project(folder)
    names = write_project(folder, tables, at_once=10)
    per_failure = max(1, tables // EVERY)
    broken = iter(names)
    failing = {failure: [next(broken) for _ in range(per_failure)] for failure in [*BY_A_JOB, FailureClass.CONFIG]}
    for failure in BY_A_JOB:
        for table in failing[failure]:
            (folder / "broken" / table).write_text(f"{failure}\n", encoding="utf-8")
    write_config(folder, {name: "{priority: high}" if name in failing[FailureClass.CONFIG] else "{}" for name in names})
    code, answer, stderr = project.extract("run", "run", "s", "--local", "--run-id", "one")
    assert code == 1, stderr
    assert Counter(row["failure"] for row in answer["tables"] if row["failure"]) == dict.fromkeys(failing, per_failure)
    assert Counter(row["state"] == "SUCCEEDED" for row in answer["tables"])[True] == tables - per_failure * len(failing)

    for path in (folder / "broken").iterdir():
        path.unlink()
    write_config(folder, dict.fromkeys(names, "{}"))
    code, answer, stderr = project.extract("rerun", "rerun", "one", "--local", "--run-id", "two")
    assert code == 0, stderr
    assert {row["table"] for row in answer["tables"]} == {table for tables in failing.values() for table in tables}
    starts = Counter(line.split()[1] for line in (folder / "started").read_text(encoding="utf-8").splitlines())
    assert {starts[name] for name in names if name not in failing[FailureClass.OUT_OF_MEMORY]} <= {1, 2}
    code, answer, stderr = project.extract("status", "status", "two", "--local")
    assert (code, answer["state"]) == (0, "SUCCEEDED")
    return project


@pytest.mark.soak
@pytest.mark.timeout(3 * 3600)
def test_twenty_thousand_tables(tmp_path):
    many(tmp_path / "p", int(os.environ.get("EXTRACT_SOAK_TABLES", "20000")))
