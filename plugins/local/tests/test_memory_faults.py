"""Nothing is lost and nothing runs twice: after kills at any moment and full disks, rerun and reconcile repair everything."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from extract_core import JobState
from extract_core.tracking.sqlite import SQLiteTracking
from extract_local.demo import verify

CONFIG = """
source_name: sales
extract:
  job_type: glue
  db_engine: sqlite
  db_name: sales.db
  job_types: {ecs: {task_definition: extract-job}}
  tables:
    public.categories: {}
    public.suppliers: {job_type: ecs}
    public.warehouses: {}
    public.orders: {extract_type: PE, hwm_col_name: updated_at, hwm_column_type: TimestampType}
"""
TABLES = {"public.categories", "public.suppliers", "public.warehouses", "public.orders"}


def ended(project, run) -> list:
    with SQLiteTracking(project.folder / ".extract/tracking.db") as tracking:
        return list(tracking.attempts(run))


def runs(project) -> list:
    with SQLiteTracking(project.folder / ".extract/tracking.db") as tracking:
        return list(reversed(tracking.runs(1000)))


def execute(project, *arguments, limit=None, kill_after=None) -> int:
    """The exit code of the command as a process. `limit`: maximum bytes per file, as on a full disk. `kill_after`: seconds."""

    def confine() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    process = subprocess.Popen(
        project.command(*arguments), cwd=project.folder, env=project.environ(), stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, preexec_fn=confine,  # noqa: PLW1509 - this process has no threads
    )  # fmt: skip
    if kill_after is not None:
        time.sleep(kill_after)
        process.send_signal(signal.SIGKILL)
    stderr = process.communicate(timeout=100)[1]
    assert "Traceback" not in stderr, stderr
    return process.returncode


def exit_code(project, *arguments) -> int:
    """The exit code of the command in this process."""
    code, _, _ = project.call(*arguments)
    return code


def until_all_succeeded(project, first) -> None:
    """What a user does: rerun the failed tables of the run, or the run itself if it has no plan."""
    known = {run.run_id: run for run in runs(project)}
    if first not in known or known[first].planned is None:
        exit_code(project, "reconcile", "--local")
        again = exit_code(project, "run", "sales", "--local")
    else:
        again = exit_code(project, "rerun", first, "--local")
    if again == 2:  # nothing was left to rerun
        assert {row.table for row in ended(project, first) if row.state is JobState.SUCCEEDED} == TABLES
    else:
        assert again == 0


def check(project, since: int) -> None:
    """Since this run: each table has succeeded once, and its files have the rows of the database."""
    rows = [row for run in runs(project)[since:] for row in ended(project, run.run_id)]
    good = [row for row in rows if row.state is JobState.SUCCEEDED]
    assert Counter(row.table for row in good) == dict.fromkeys(TABLES, 1)
    files = {row.table: [Path(unquote(urlsplit(row.extract_s3_uri).path)) / file["name"] for file in row.files] for row in good}
    wrong = [table.difference for table in verify.compare(project.folder / "sales.db", files) if not table.ok]
    assert wrong == []
    for row in good:
        manifest = project.folder / f".extract/data/sales/{row.table}/_committed"
        entries = [json.loads(path.read_text()) for path in manifest.glob("[0-9]*.json")]  # a kill may leave a temporary file
        assert sum((entry["run_id"], entry["attempt"]) == (row.run_id, row.attempt) for entry in entries) == 1
    with SQLiteTracking(project.folder / ".extract/tracking.db") as tracking:
        assert all(state.owner is None for state in tracking.states("sales", sorted(TABLES)).values())
        assert all(run.summary is not None for run in tracking.runs(1000) if run.planned is not None)


def reset(project) -> None:
    """The next run reads the incremental table from its beginning, so that each round compares all rows."""
    exit_code(project, "state", "reset", "public.orders", "--source", "sales", "--reason", "next round", "--yes", "--local")


def kill_runs(project, times: int, seed: int) -> None:
    """`seed` decides the moments. To repeat a failure, set EXTRACT_SEED in the environment."""
    seed = int(os.environ.get("EXTRACT_SEED", seed))
    sys.stderr.write(f"EXTRACT_SEED={seed}\n")  # pytest shows it where the test fails
    project.config(CONFIG)
    began = time.monotonic()
    assert execute(project, "run", "sales", "--local", "--run-id", "whole") == 0
    longest = time.monotonic() - began
    check(project, 0)
    chance = random.Random(seed)  # noqa: S311 - moments, no secrets
    for number in range(times):
        reset(project)
        since = len(runs(project))
        execute(project, "run", "sales", "--local", "--run-id", f"killed-{number}", kill_after=chance.uniform(0.2, longest))
        until_all_succeeded(project, f"killed-{number}")
        check(project, since)


def test_a_rerun_completes_a_killed_run(demo_project):
    kill_runs(demo_project, 4, seed=time.time_ns())


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_a_rerun_completes_two_hundred_killed_runs(demo_project):
    kill_runs(demo_project, 200, seed=20260301)


def fill_disk(project, limits) -> None:
    project.config(CONFIG)
    for number, limit in enumerate(limits):
        since = len(runs(project)) if (project.folder / ".extract/tracking.db").exists() else 0
        execute(project, "run", "sales", "--local", "--run-id", f"full-{number}", limit=limit)
        until_all_succeeded(project, f"full-{number}")
        check(project, since)
        reset(project)


def test_a_full_disk_loses_nothing(demo_project):
    """RLIMIT_FSIZE makes writes fail beyond this size in every file: events, plan, results, Parquet, SQLite."""
    fill_disk(demo_project, (0, 2_000, 9_000, 40_000))


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_a_disk_full_at_many_sizes_loses_nothing(demo_project):
    fill_disk(demo_project, [int(1.22**step) for step in range(2, 62)])
