"""The commands that read and change stored runs and tables: history, logs, state, watch, reconcile."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import time

import pytest


def as_json(project, *arguments, code=0):
    return json.loads(project.extract(*arguments, "--local", "--output", "json", code=code).stdout)


@pytest.fixture(scope="module")
def after_two_runs(shared_project):
    """public.orders is incremental; public.returns is not in the database. Tests only read this project."""
    tables = ("public.orders", "public.returns")
    shared_project.extract("run", "sales", *tables, "--local", "--run-id", "one", code=1)
    shared_project.extract("run", "sales", *tables, "--local", "--run-id", "two", code=1)
    return shared_project


def test_history_and_logs(after_two_runs):
    project = after_two_runs
    rows = as_json(project, "history", "public.orders")
    assert [(row["run_id"], row["state"]) for row in rows] == [("two", "SUCCEEDED"), ("one", "SUCCEEDED")]
    assert rows[0]["watermark_low"] == rows[1]["watermark_high"]
    shown = project.extract("history", "public.returns", "--local").stdout
    assert "one attempt 1: " in shown
    assert "has no table 'public.returns'" in shown
    wrong = project.extract("history", "public.order", "--local", code=2)
    assert (
        wrong.stderr
        == "extract: no run has had the table 'public.order' yet; did you mean 'public.orders' or 'public.returns'?\n"
    )
    log = project.extract("logs", "one", "public.returns", "--local")
    assert "has no table 'public.returns'" in log.stdout
    assert log.stderr.startswith("FAILED: ")
    assert as_json(project, "logs", "latest", "public.orders")["state"] == "SUCCEEDED"
    assert as_json(project, "logs", "public.orders") == as_json(project, "logs", "latest", "public.orders")
    assert project.extract("logs", "--local", code=2).stderr.endswith("Error: Missing argument 'TABLE'.\n")
    wrong = project.extract("logs", "one", "public.order", "--local", code=2)
    assert (
        wrong.stderr == "extract: run 'one' has no table 'public.order' yet; did you mean 'public.orders' or 'public.returns'?\n"
    )
    wrong = project.extract("history", "public.return", "--local", code=2)
    assert (
        wrong.stderr
        == "extract: no run has had the table 'public.return' yet; did you mean 'public.returns' or 'public.orders'?\n"
    )
    wrong = project.extract("logs", "one", "public.orders", "--attempt", "2", "--local", code=2)
    assert wrong.stderr == "extract: run 'one' has no attempt 2 at table 'public.orders' yet; see: extract status one\n"


SHARED = """
source_name: sales
extract:
  job_type: glue
  share: true
  db_engine: sqlite
  db_name: sales.db
  tables:
    public.categories: {}
    public.customers: {}
    public.nowhere: {job_type: missing}
"""


def test_the_log_of_a_shared_job_is_cut_to_the_table(demo_project):
    project = demo_project
    project.config(SHARED)
    ran = project.extract("run", "sales", "--local", "--run-id", "one", code=1)
    assert "1 of 3 tables did not succeed. No job of them is recorded, so there is no log\n" in ran.stderr
    log = project.extract("logs", "one", "public.customers", "--local")
    assert "public.customers: reading all rows" in log.stdout
    assert "public.categories" not in log.stdout
    note = "2 tables shared this job; the lines of the other tables are left out; `--whole` shows them"
    assert log.stderr == f"note: {note}\n"
    assert as_json(project, "logs", "one", "public.customers")["note"] == note
    whole = project.extract("logs", "one", "public.customers", "--whole", "--local")
    assert "public.categories: reading all rows" in whole.stdout
    without = project.extract("logs", "one", "public.nowhere", "--local")
    assert without.stderr.startswith("no job of table 'public.nowhere' is recorded, so there is no log\nFAILED: ")


def test_a_watermark_is_shown_set_and_reset(demo_project):
    project = demo_project
    project.extract("run", "sales", "public.orders", "public.returns", "--local", code=1)
    mark = as_json(project, "state", "show", "public.orders")["watermark"]
    assert f"watermark  {mark!r} of updated_at" in project.extract("state", "show", "public.orders", "--local").stdout
    refused = project.extract("state", "reset", "public.orders", "--reason", "late rows", "--local", code=2)
    assert refused.stderr == (
        f"extract: sales public.orders: watermark {mark!r} → none: there is no terminal to ask for confirmation; add --yes\n"
    )
    wrong = project.extract("state", "set", "public.orders", "yesterday", "--reason", "x", "--yes", "--local", code=2)
    assert wrong.stderr == (
        "extract: 'yesterday' is not a watermark of type 'TimestampType' (timestamp); write it like '2026-03-01 05:00:00'\n"
    )
    wrong = project.extract("state", "set", "public.returns", "7", "--reason", "x", "--yes", "--local", code=2)
    assert wrong.stderr == (
        "extract: table 'public.returns' has no watermark yet: give the --column and the --type of this one\n"
    )
    changed = as_json(project, "state", "set", "public.orders", "2001-01-01 00:00:00", "--reason", "late rows", "--yes")
    assert changed["state"]["watermark"] == "2001-01-01 00:00:00"
    gone = as_json(project, "state", "reset", "public.orders", "--reason", "all of it", "--yes")
    assert gone["state"]["watermark"] is None
    again = project.extract("state", "reset", "public.orders", "--reason", "x", "--yes", "--local", code=2)
    assert "has no watermark: its next run reads it from the beginning already" in again.stderr
    changes = as_json(project, "state", "history", "public.orders")
    assert [(change["before"], change["mark"], change["reason"]) for change in changes] == [
        ("2001-01-01 00:00:00", None, "all of it"),
        (mark, "2001-01-01 00:00:00", "late rows"),
    ]
    assert all("@" in change["changed_by"] for change in changes)
    run = as_json(project, "run", "sales", "public.orders")
    assert run["tables"][0]["watermark_low"] is None
    assert as_json(project, "state", "show", "public.orders")["watermark"] == mark


def test_watch_shows_a_run_that_has_ended_from_its_history(after_two_runs):
    done = after_two_runs.extract("watch", "two", "--local", "--output", "json", code=1)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[0]["planned"] == 2
    ends = {line["table"]: line["state"] for line in lines if "state" in line and "table" in line}
    assert ends == {"public.orders": "SUCCEEDED", "public.returns": "FAILED"}
    assert sum("started" in line for line in lines) == 2
    assert (lines[-1]["run_id"], lines[-1]["state"]) == ("two", "FAILED")
    drawn = after_two_runs.extract("watch", "--local", code=1)
    same = after_two_runs.extract("status", "--watch", "--local", code=1)
    assert (same.stdout, same.stderr.count("✓")) == (drawn.stdout, drawn.stderr.count("✓"))
    refused = after_two_runs.extract("status", "--watch", "--all", "--local", code=2)
    assert "--watch shows what `extract watch` shows" in refused.stderr
    assert "✓ public.orders" in drawn.stderr
    assert "run two: FAILED" in drawn.stdout


def test_a_run_of_another_process_is_watched_killed_and_reconciled(demo_project):
    demo_project.config(
        "source_name: sales\nextract: {job_type: glue, db_engine: sqlite, db_name: sales.db, tables: {public.orders: {}}}\n"
    )
    lock = sqlite3.connect(demo_project.folder / "sales.db", isolation_level=None)
    lock.execute("PRAGMA locking_mode = EXCLUSIVE")
    lock.execute("BEGIN EXCLUSIVE")
    run = subprocess.Popen(
        demo_project.command("run", "sales", "--local", "--run-id", "long"), cwd=demo_project.folder, env=demo_project.environ(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    events = demo_project.folder / ".extract/executions/long/events.jsonl"
    deadline = time.monotonic() + 60
    while not events.exists() or "TaskSubmitted" not in events.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    watched = subprocess.Popen(
        demo_project.command("watch", "long", "--local", "--output", "json"), cwd=demo_project.folder,
        env=demo_project.environ(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert json.loads(watched.stdout.readline())["planned"] == 1
    demo_project.extract("logs", "long", "public.orders", "--local")
    live = as_json(demo_project, "status", "long")
    assert (live["state"], live["at_work"], [row["table"] for row in live["running"]]) == ("RUNNING", 1, ["public.orders"])
    drawn = demo_project.extract("status", "long", "--local")
    assert drawn.stderr == "0 of 1 table has ended, 1 at work, 0 waiting\n"
    assert " public.orders   glue       RUNNING " in drawn.stdout
    held = demo_project.extract(
        "state", "set", "public.orders", "1", "--type", "int", "--column", "id", "--reason", "x", "--yes", "--local", code=2
    )
    assert "is held by run 'long' since " in held.stderr
    whole = {"run_id": "long", "manifests_added": 0, "manifests_missing": {}}
    alive = {**whole, "before": "RUNNING", "after": "RUNNING", "stopped_jobs": []}
    assert as_json(demo_project, "reconcile") == [alive]
    run.send_signal(signal.SIGKILL)
    run.communicate()
    assert watched.wait(30) == 1
    assert json.loads(watched.stdout.read().splitlines()[-1])["state"] == "DIED"
    watched.stdout.close()
    orphan = {"table": "public.orders", "attempt": 1, "job_type": "glue", "known": True, "error": None}
    assert as_json(demo_project, "reconcile") == [{**whole, "before": "DIED", "after": "STOPPED", "stopped_jobs": [orphan]}]
    lock.close()
    assert as_json(demo_project, "reconcile") == []
    assert as_json(demo_project, "reconcile", "long")[0]["after"] == "STOPPED"
    assert as_json(demo_project, "state", "show", "public.orders")["held"] is False
