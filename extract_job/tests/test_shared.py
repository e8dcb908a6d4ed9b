"""A job that several tables share: each table has its own report, whatever becomes of the others."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from extract_job.program import run
from extract_job.stopping import StopRequest

TABLES = "CREATE TABLE a (id INTEGER PRIMARY KEY); INSERT INTO a VALUES (1); CREATE TABLE b AS SELECT * FROM a;"
LIMIT = 8
"""Seconds of a turn: enough for a table on a busy machine."""


@pytest.fixture
def shared(tmp_path, database):
    """Return a function that writes the arguments object of these tables and starts the job. `forever` waits for a lock."""
    database(TABLES)
    lock = sqlite3.connect(tmp_path / "locked.db", isolation_level=None)
    lock.execute("CREATE TABLE forever (id INTEGER)")
    lock.execute("BEGIN EXCLUSIVE")

    def start(*tables: str, **more: object) -> subprocess.Popen[str]:
        arguments = [
            {
                "extract_table": table, "run_id": "run-1", "attempt": "1", "db_engine": "sqlite",
                "db_name": "locked.db" if table == "forever" else "sales.db", "lock_wait_seconds": "600",
                "extract_s3_uri": (tmp_path / table).as_uri() + "/", "result_uri": (tmp_path / f"{table}.json").as_uri(),
            }
            for table in tables
        ]  # fmt: skip
        place = tmp_path / "arguments.json"
        place.write_text(json.dumps({"tables": arguments, **more}), encoding="utf-8")
        argv = [sys.executable, "-m", "extract_job", "--extract_arguments", place.as_uri()]
        return subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, cwd=tmp_path)

    yield start
    lock.close()


def report_of(tmp_path: Path, table: str):
    place = tmp_path / f"{table}.json"
    return json.loads(place.read_text(encoding="utf-8")) if place.exists() else None


def test_each_table_has_its_own_report(shared, tmp_path):
    done = shared("a", "missing", "b")
    _, errors = done.communicate(timeout=60)
    assert done.returncode == 1
    assert "extract_job: table 2 of 3: missing" in errors
    assert errors.splitlines()[-1] == "extract_job: shared job: 2 of 3 tables succeeded"
    for table in ("a", "b"):
        report = report_of(tmp_path, table)
        assert (report["rows"], report["table"]) == (1, table)
        assert report["turn"]["started_at"] <= report["turn"]["ended_at"]
        assert (tmp_path / table / report["files"][0]["name"]).is_file()
    error = report_of(tmp_path, "missing")["error"]
    assert (error["class"], error.get("alone")) == ("CONFIG", None)


def test_a_table_that_takes_too_long_is_sent_on_alone(shared, tmp_path):
    done = shared("a", "forever", "b", turn_seconds=LIMIT)
    _, errors = done.communicate(timeout=60)
    assert (done.returncode, report_of(tmp_path, "a")["rows"], report_of(tmp_path, "b")["rows"]) == (1, 1, 1)
    assert report_of(tmp_path, "forever")["error"] == {
        "class": "INTERRUPTED",
        "message": f"it took more than its {LIMIT} s, in a job that it shares with other tables: it runs alone next",
        "retryable": True,
        "alone": True,
    }
    assert "2 of 3 tables succeeded" in errors


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the child process in /proc")
def test_a_table_whose_process_is_killed_takes_no_other_with_it(shared, tmp_path):
    done = shared("a", "forever", "b")
    wait_for(done, "table 2 of 3", times=1)
    time.sleep(0.5)
    [child] = Path(f"/proc/{done.pid}/task/{done.pid}/children").read_text(encoding="ascii").split()
    os.kill(int(child), signal.SIGKILL)
    done.communicate(timeout=60)
    assert done.returncode == 1
    error = report_of(tmp_path, "forever")["error"]
    assert error["message"].startswith("signal 9 (SIGKILL) ended its process, in a job that it shares")
    assert error["alone"] is True
    assert report_of(tmp_path, "b")["rows"] == 1


def test_a_stopped_job_keeps_what_is_done_and_blames_no_table(shared, tmp_path):
    done = shared("a", "forever", "b")
    wait_for(done, "table 2 of 3", times=1)
    time.sleep(0.2)
    done.send_signal(signal.SIGTERM)
    _, errors = done.communicate(timeout=60)
    assert done.returncode == 143, errors
    assert report_of(tmp_path, "a")["rows"] == 1
    assert report_of(tmp_path, "forever") is None
    assert report_of(tmp_path, "b") is None


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"tables": []}, "must have tables: a list of objects of strings, at least one"),
        ({"tables": [{"extract_table": 1}]}, "must have tables: a list of objects of strings, at least one"),
        ({"tables": {"extract_table": "a"}}, "must have tables: a list of objects of strings, at least one"),
        ({"tables": [{"extract_table": "a"}], "turn_seconds": True}, "turn_seconds True must be a number of seconds above 0"),
        ({"tables": [{"extract_table": "a"}], "turn_seconds": 0}, "turn_seconds 0 must be a number of seconds above 0"),
    ],
)
def test_wrong_arguments_of_a_shared_job_are_refused(members, message, tmp_path, capsys):
    place = tmp_path / "arguments.json"
    place.write_text(json.dumps(members), encoding="utf-8")
    assert run(["--extract_arguments", place.as_uri()], StopRequest()) == 2
    assert message in capsys.readouterr().err


def wait_for(process: subprocess.Popen[str], text: str, *, times: int) -> None:
    """Wait until the job has written so many lines with this text."""
    for line in process.stderr:
        times -= text in line
        if not times:
            return
    raise AssertionError(f"the job ended with code {process.wait()} and did not write {text!r}")
