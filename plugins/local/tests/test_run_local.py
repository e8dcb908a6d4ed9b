"""`extract run --local` as a person uses it: wrong input, stops, crashes, and the way back from each."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
import time

import pytest

SLEEPER = """
source_name: sales
extract:
  job_type: glue
  db_engine: sqlite
  db_name: sales.db
  tables:
    public.categories: {}
    public.customers: {}
    public.suppliers: {job_type: ecs}
"""


def tables(done) -> dict[str, str]:
    return {row["table"]: row["state"] for row in json.loads(done.stdout)["tables"]}


def test_a_run_of_some_tables(demo_project):
    done = demo_project.extract("run", "sales", "public.cat*", "crm.contacts", "--local", "--output", "json")
    assert tables(done) == {"crm.contacts": "SUCCEEDED", "public.categories": "SUCCEEDED"}
    run = json.loads(done.stdout)
    assert run["state"] == "SUCCEEDED"
    assert "✓ public.categories" in done.stderr
    shown = demo_project.extract("status", "--local", "--output", "json")
    assert json.loads(shown.stdout) == run


def test_a_failed_run_says_which_tables_and_how_to_run_just_those(demo_project):
    done = demo_project.extract("run", "sales", "public.returns", "public.categories", "--local", "--run-id", "one", code=1)
    assert "table 'public.returns' is not in 'sales.db'" in done.stdout
    assert done.stderr.endswith("1 of 2 tables did not succeed. Run just these again:\n  extract rerun one --local\n")
    again = demo_project.extract("rerun", "one", "--local", "--output", "json", code=1)
    assert tables(again) == {"public.returns": "FAILED"}
    assert json.loads(again.stdout)["rerun_of"] == "one"


WRONG = {
    "unknown source": (
        ["run", "sale", "--local"],
        r"extract: there is no source 'sale': no sale\.yml in .*/config/; the nearest are 'sales'",
    ),
    "unknown table": (
        ["run", "sales", "public.order", "--local"],
        r"extract: sales\.yml: extract_tables: there is no table 'public\.order'; the nearest are 'public\.orders'",
    ),
    "unknown run": (["rerun", "nope", "--local"], r"extract: there is no run 'nope'"),
    "run id that is no name": (
        ["run", "sales", "--local", "--run-id", "a b"],
        r"extract: run id 'a b' is not a valid execution name: 1 to 80 letters, digits, '_', '-' and '\.'",
    ),
    "unknown command": (["rnu"], r"Error: there is no command 'rnu'; did you mean 'run'"),
    "no source": (["run"], r"Missing argument 'SOURCE'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_use_exits_2_and_says_what_to_do(demo_project, case):
    arguments, message = WRONG[case]
    done = demo_project.extract(*arguments, code=2)
    assert re.search(message, done.stderr), done.stderr


def test_a_yaml_fault_has_its_place(demo_project):
    demo_project.config("source_name: sales\nextract:\n  job_typ: glue\n  tables: {a: {}}\n")
    done = demo_project.extract("run", "sales", "--local", code=2)
    assert "extract: sales.yml:3:3: extract.job_typ: no such key here; did you mean 'job_type'?\n" in done.stderr


def test_a_run_id_is_used_once(demo_project):
    demo_project.extract("run", "sales", "public.categories", "--local", "--run-id", "one")
    done = demo_project.extract("run", "sales", "public.categories", "--local", "--run-id", "one", code=2)
    assert "extract: run 'one' was used before" in done.stderr


def test_an_unreadable_database_fails_its_tables_with_the_reason(demo_project):
    (demo_project.folder / "sales.db").write_bytes(b"this is no database, whatever its name says" * 40)
    done = demo_project.extract("run", "sales", "public.categories", "--local", "--output", "json", code=1)
    (row,) = json.loads(done.stdout)["tables"]
    assert (row["state"], row["failure"]) == ("FAILED", "USER_CODE")
    assert "sales.db" in row["message"]
    assert row["message"].endswith("extract_job: database 'sales.db' is not a SQLite database [exit code 1]")


def _slow_database(demo_project) -> None:
    """A lock on the source makes its jobs wait, so that a run can be caught in the middle."""
    connection = sqlite3.connect(demo_project.folder / "sales.db", isolation_level=None)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("BEGIN EXCLUSIVE")
    return connection


def _jobs(demo_project) -> list[str]:
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if "-m extract_job" in line and str(demo_project.folder) in line]


def _started(demo_project, *arguments: str, until: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        demo_project.command(*arguments),
        cwd=demo_project.folder,
        env=demo_project.environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if any(until in path.read_text() for path in demo_project.folder.glob(".extract/executions/*/events.jsonl")):
            return process
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    raise AssertionError(f"never saw {until}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_ends_the_jobs_records_the_tables_and_leaves_the_way_back(demo_project, number):
    demo_project.config(SLEEPER)
    lock = _slow_database(demo_project)
    process = _started(demo_project, "run", "sales", "--local", "--run-id", "one", until="TaskSubmitted")
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1, stderr
    assert "stopping: the jobs are being ended" in stderr
    assert "Traceback" not in stderr, stderr
    assert _jobs(demo_project) == []
    shown = demo_project.extract("status", "one", "--local", "--output", "json", code=1)
    run = json.loads(shown.stdout)
    assert run["state"] == "STOPPED", (stderr, shown.stdout)
    assert set(tables(shown).values()) == {"STOPPED"}
    assert all(signal.Signals(number).name in row["message"] for row in run["tables"])
    assert list((demo_project.folder / ".extract/data").rglob("*.parquet")) == []
    lock.close()
    again = demo_project.extract("rerun", "one", "--local", "--output", "json")
    assert tables(again) == {"public.categories": "SUCCEEDED", "public.customers": "SUCCEEDED", "public.suppliers": "SUCCEEDED"}


def test_a_killed_run_is_seen_and_its_tables_run_again(demo_project):
    demo_project.config(SLEEPER)
    lock = _slow_database(demo_project)
    process = _started(demo_project, "run", "sales", "--local", "--run-id", "one", until="TaskSubmitted")
    assert json.loads(demo_project.extract("status", "one", "--local", "--output", "json").stdout)["state"] == "RUNNING"
    refused = demo_project.extract("rerun", "one", "--local", code=2)
    assert refused.stderr == "extract: run 'one' is still running; see: extract status one\n"
    held = demo_project.extract("run", "sales", "public.customers", "--local", code=1)
    assert "'public.customers' is held by run 'one' since" in held.stderr
    process.kill()
    process.communicate()
    lock.close()
    assert json.loads(demo_project.extract("status", "one", "--local", "--output", "json", code=1).stdout)["state"] == "DIED"
    again = demo_project.extract("rerun", "one", "--local", "--output", "json")
    assert set(tables(again).values()) == {"SUCCEEDED"}
    assert len(tables(again)) == 3
    assert json.loads(demo_project.extract("status", "one", "--local", "--output", "json", code=1).stdout)["state"] == "STOPPED"
