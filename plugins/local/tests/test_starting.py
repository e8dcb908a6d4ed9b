"""Jobs that are forked from one process behave as separate processes."""

from __future__ import annotations

import inspect
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from extract_core import LocalCommand, Outcome
from extract_local.jobs import starting
from extract_local.jobs.orphans import stop_orphan
from extract_local.jobs.starting import ForkedJob, JobStarter

ROWS = 300_000


@pytest.fixture(autouse=True)
def own_server(monkeypatch):
    """The commands of other tests share one forking process; here each starter has its own."""
    monkeypatch.setattr(starting, "_Server", inspect.unwrap(starting._Server))


@pytest.fixture
def starter(tmp_path):
    starter = JobStarter(tmp_path)
    yield starter
    starter.close()


@pytest.fixture
def database(tmp_path):
    with sqlite3.connect(tmp_path / "source.db") as connection:
        connection.execute("CREATE TABLE small (id INTEGER)")
        connection.execute("INSERT INTO small VALUES (1)")
        connection.execute(
            "CREATE TABLE large AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n LIMIT ?) "
            "SELECT id, hex(randomblob(50)) AS text FROM n",
            (ROWS,),
        )
    connection.close()


def command(folder: Path, table="small", env=None, **more) -> LocalCommand:
    pairs = {
        "extract_table": table, "run_id": "r", "attempt": "1", "extract_s3_uri": (folder / f"out/{table}").as_uri(),
        "result_uri": (folder / f"out/{table}.json").as_uri(), "db_engine": "sqlite", "db_name": "source.db", **more,
    }  # fmt: skip
    words = [word for key, value in pairs.items() for word in (f"--{key}", value)]
    return LocalCommand(argv=[sys.executable, "-P", "-m", "extract_job", *words], env=env or {})


def started(starter, folder, **more) -> ForkedJob:
    job = starter.start(command(folder, **more), folder / "job.log")
    assert isinstance(job, ForkedJob)
    return job


def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.usefixtures("database")
def test_a_job_ends_with_its_exit_code_its_log_and_its_result(starter, tmp_path):
    assert started(starter, tmp_path).wait(30) == 0
    assert json.loads((tmp_path / "out/small.json").read_bytes())["rows"] == 1
    assert started(starter, tmp_path, table="missing").wait(30) == 1
    assert started(starter, tmp_path, attempt="none").wait(30) == 2
    log = (tmp_path / "job.log").read_text(encoding="utf-8")
    assert "small: 1 rows" in log
    assert "missing" in log
    assert "--attempt" in log


@pytest.mark.usefixtures("database")
def test_jobs_run_at_the_same_time_each_in_a_session_of_its_own(starter, tmp_path):
    jobs = [started(starter, tmp_path, table="large", result_uri=(tmp_path / f"{number}.json").as_uri()) for number in range(3)]
    assert len({job.pid for job in jobs}) == 3
    assert all(os.getsid(job.pid) == job.pid for job in jobs)
    assert [job.wait(60) for job in jobs] == [0, 0, 0]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_a_signal_ends_a_job(starter, tmp_path, number, code):
    job = started(starter, tmp_path, table="large")
    until(lambda: [*tmp_path.glob("out/large/.*.tmp")])
    with pytest.raises(subprocess.TimeoutExpired):
        job.wait(0.001)
    os.killpg(job.pid, number)
    assert job.wait(30) == code
    assert started(starter, tmp_path).wait(30) == 0


@pytest.mark.usefixtures("database")
def test_environment_and_folder_are_those_of_the_job(starter, tmp_path, monkeypatch):
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    job = started(starter, tmp_path, db_engine="postgres", db_name="none", env={"PGPORT": "1", "PGUSER": "somebody"})
    assert job.wait(30) == 1
    log = (tmp_path / "job.log").read_text(encoding="utf-8")
    assert "127.0.0.1" in log
    assert "port 1 " in log


@pytest.mark.usefixtures("database")
def test_the_folder_of_the_project_is_not_code(starter, tmp_path):
    for name in ("extract_job.py", "sqlite3.py", "pyarrow.py"):
        (tmp_path / name).write_text("raise SystemExit('the project ran as code')", encoding="utf-8")
    assert started(starter, tmp_path).wait(30) == 0
    assert started(starter, tmp_path, table="missing").wait(30) == 1
    assert "as code" not in (tmp_path / "job.log").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "command_",
    [
        LocalCommand(argv=[sys.executable, "-c", "print('mine')"]),
        LocalCommand(argv=[sys.executable, "-P", "-m", "extract_job"], env={"PYTHONDEVMODE": "1"}),
    ],
    ids=["another program", "variables of the interpreter"],
)
def test_other_commands_are_processes_of_this_one(starter, tmp_path, command_):
    job = starter.start(command_, tmp_path / "job.log")
    assert isinstance(job, subprocess.Popen)
    job.wait(30)
    assert (tmp_path / "job.log").stat().st_size


@pytest.mark.usefixtures("database")
def test_jobs_start_as_processes_once_the_forking_process_is_gone(starter, tmp_path):
    job = started(starter, tmp_path, table="large")
    until(lambda: [*tmp_path.glob("out/large/.*.tmp")])
    parent = int(Path(f"/proc/{job.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    os.kill(parent, signal.SIGKILL)
    with pytest.raises(OSError, match="has ended"):  # its end is unknown, so it is not a success
        job.wait(30)
    os.killpg(job.pid, signal.SIGKILL)
    next_job = starter.start(command(tmp_path), tmp_path / "job.log")
    assert isinstance(next_job, subprocess.Popen)
    assert next_job.wait(30) == 0


@pytest.mark.usefixtures("database")
def test_a_forked_job_whose_runner_died_is_stopped_and_no_other_process(tmp_path):
    starter = JobStarter(tmp_path)
    log = tmp_path / "job.log"
    job = started(starter, tmp_path, table="large")
    submitted = {"ProcessId": job.pid, "Command": job.args, "Log": str(log)}
    until(lambda: [*tmp_path.glob("out/large/.*.tmp")])
    starter.close()
    assert stop_orphan(Outcome.succeeded({**submitted, "Log": str(tmp_path / "other.log")})) is False
    assert stop_orphan(Outcome.succeeded(submitted)) is True
    until(lambda: not Path(f"/proc/{job.pid}/fd/1").exists())
    assert json.loads((tmp_path / "out/large.json").read_bytes())["error"]["class"] == "INTERRUPTED"
