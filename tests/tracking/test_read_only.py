"""A store that is only looked at: nothing appears beside it, and nothing in it changes."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from extract_core.errors import TrackingError
from extract_core.tracking.open import open_tracking
from extract_core.tracking.records import RunRecord
from extract_core.tracking.sqlite import SQLiteTracking

RUN = RunRecord(run_id="r-1", execution_id="e-1", source="sales", started_at="2026-03-01T06:00:00+00:00")

RECORDED = Path(__file__).parents[1] / "recorded" / "tracking_0_1_0.db"
"""Of schema version 3."""


def seen(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_nobody_else_has_it_open(tmp_path):
    path = tmp_path / "tracking.db"
    with SQLiteTracking(path) as store:
        store.start_run(RUN)
    before = seen(tmp_path)
    with open_tracking(str(path), read_only=True) as store:
        assert store.run("r-1") == RUN
        with pytest.raises(TrackingError):
            store.start_run(RunRecord(run_id="r-2", execution_id="e-2", source="sales", started_at=RUN.started_at))
    assert seen(tmp_path) == before


def test_while_another_process_writes(tmp_path):
    path = tmp_path / "tracking.db"
    with SQLiteTracking(path) as writer:
        writer.start_run(RUN)
        before = seen(tmp_path)
        assert "tracking.db-wal" in before
        with open_tracking(f"sqlite://{path}", read_only=True) as store:
            assert store.run("r-1") == RUN
            with pytest.raises(TrackingError):
                store.refuse_run("r-1", "no")
        assert seen(tmp_path) == before


def test_after_a_process_was_killed(tmp_path):
    path = tmp_path / "tracking.db"
    code = (
        "import os; from pathlib import Path; from extract_core.tracking.records import RunRecord\n"
        "from extract_core.tracking.sqlite import SQLiteTracking\n"
        f"SQLiteTracking(Path({str(path)!r})).start_run(RunRecord(run_id='r-1', execution_id='e-1', source='sales', "
        f"started_at={RUN.started_at!r}))\n"
        "os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    before = seen(tmp_path)
    assert "tracking.db-wal" in before
    with open_tracking(str(path), read_only=True) as store:
        assert store.run("r-1") == RUN
    assert seen(tmp_path) == before


def test_one_that_is_not_there_is_empty_and_stays_away(tmp_path):
    with open_tracking(str(tmp_path / "none" / "tracking.db"), read_only=True) as store:
        assert list(store.runs()) == []
    assert seen(tmp_path) == {}


def test_a_file_of_an_older_version_is_read_and_stays_as_it_is(tmp_path):
    path = shutil.copy(RECORDED, tmp_path / "tracking.db")
    before = seen(tmp_path)
    with open_tracking(str(path), read_only=True) as store:
        assert [(run.run_id, run.source) for run in store.runs()] == [("run-2", "sales"), ("run-1", "sales")]
        with pytest.raises(TrackingError):
            store.refuse_run("run-2", "no")
    assert seen(tmp_path) == before


def test_a_file_of_an_older_version_that_another_process_has_open_stays_as_it_is(tmp_path):
    path = shutil.copy(RECORDED, tmp_path / "tracking.db")
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("UPDATE runs SET refused = 'written into the -wal file' WHERE run_id = 'run-2'")
        writer.commit()
        before = seen(tmp_path)
        assert "tracking.db-wal" in before
        with open_tracking(str(path), read_only=True) as store:
            assert store.run("run-2").refused == "written into the -wal file"
            assert store.run("run-2").source == "sales"
        assert seen(tmp_path) == before


def test_an_empty_file_is_an_empty_store_and_stays_empty(tmp_path):
    path = tmp_path / "tracking.db"
    path.touch()
    with open_tracking(str(path), read_only=True) as store:
        assert list(store.runs()) == []
    assert seen(tmp_path) == {"tracking.db": b""}
