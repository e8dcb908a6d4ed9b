"""Pools on one machine: the same states, one run and two runs at once, and a run that was killed."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from datetime import datetime
from itertools import pairwise

import pytest

from extract_core.pipeline.read import read_pipeline
from extract_core.tracking.records import Guard, Owner, RunRecord
from extract_core.tracking.sqlite import SQLiteTracking
from extract_local.engine import LocalEngine

AT = "2026-03-01T06:05:00+00:00"
SALES = """
source_name: sales
extract:
  job_type: glue
  db_engine: sqlite
  db_name: sales.db
  pool: sales-db
  tables: {public.categories: {}, public.customers: {}, public.suppliers: {}, crm.contacts: {pool: other}}
"""


@pytest.fixture(params=["inline", "distributed"])
def project(demo_project, request):
    toml = demo_project.folder / "extract.toml"
    text = toml.read_text().replace("[machine]\n", f'[machine]\nmap = "{request.param}"\n')
    assert request.param in text
    toml.write_text(f"{text}\n[pools]\nsales-db = 1\nother = 1\n")
    demo_project.config(SALES)
    return demo_project


def slots(project, pool="sales-db"):
    with SQLiteTracking(project.folder / ".extract" / "tracking.db", read_only=True) as store:
        return store.slots(pool)


def test_the_jobs_of_a_pool_run_one_after_another(project):
    done = project.extract("run", "sales", "--local", "--fast", "20", "--output", "json")
    rows = json.loads(done.stdout)["tables"]
    assert {row["state"] for row in rows} == {"SUCCEEDED"}
    jobs = sorted(
        (datetime.fromisoformat(row["started_at"]), datetime.fromisoformat(row["ended_at"]))
        for row in rows
        if row["table"] != "crm.contacts"
    )
    assert len(jobs) == 3
    assert all(one[1] <= other[0] for one, other in pairwise(jobs))
    assert slots(project) == []


@pytest.mark.parametrize("project", ["distributed"], indirect=True)
def test_a_run_that_was_killed_holds_its_slot_until_another_one_wants_it(project, long_job):
    run = subprocess.Popen(
        project.command("run", "sales", "public.customers", "--local", "--run-id", "one"),
        cwd=project.folder, env=project.environ(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while not long_job.exists() and run.poll() is None:
        time.sleep(0.02)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert [(slot.run_id, slot.table) for slot in slots(project)] == [("one", "public.customers")]
    done = project.extract("run", "sales", "public.categories", "--local", "--run-id", "two", "--output", "json")
    assert [row["state"] for row in json.loads(done.stdout)["tables"]] == ["SUCCEEDED"]
    assert slots(project) == []


@pytest.fixture
def left_over(demo_project):
    """A run that has ended, and whose plan is gone, still holds slots; another one is running."""
    toml = demo_project.folder / "extract.toml"
    toml.write_text(f"{toml.read_text()}\n[pools]\nsales-db = 3\nspare = 1\n")
    demo_project.config(SALES.replace("crm.contacts: {pool: other}", "crm.contacts: {}"))
    with SQLiteTracking(demo_project.folder / ".extract" / "tracking.db") as store:
        run = RunRecord(run_id="one", execution_id="arn:aws:states:x:1:execution:extract:one", source="sales", started_at=AT)
        store.start_run(run)
        owner = Owner(execution_id=run.execution_id, run_id="one", started_at=AT, bound="2100-01-01T00:00:00+00:00")
        now = datetime.fromisoformat(AT)
        store.take("sales", ["public.customers"], owner, is_running=lambda _: True, now=now, all_or_nothing=True)
        guard = Guard(run_id="one", fencing=1, attempt=1)
        child = "arn:aws:states:x:1:execution:extract/Tables:1b4e28ba"
        store.take_slot("sales", "public.customers", pool="sales-db", size=1, guard=guard, execution_id=child, taken_at=AT)
        store.put_summary("one", {"state": "FAILED"})
    return demo_project


def test_pools_shows_holders_and_reconcile_frees_those_of_dead_runs(left_over):
    shown = left_over.extract("pools", "--local")
    assert shown.stdout == (
        " Pool       Size   Held   Waiting\n"
        " ────────────────────────────────\n"
        " sales-db      3      1         0\n"
        " spare         1      0         0\n\n"
        " Pool       Held by table      Run   State     Since\n"
        " ───────────────────────────────────────────────────────────────────────\n"
        f" sales-db   public.customers   one   REFUSED   {AT}\n\n"
    )
    assert shown.stderr == (
        "runs that have ended still hold slots; free them with: extract reconcile --local\n  their runs: one\n"
    )
    (pool,) = json.loads(left_over.extract("pools", "sales-db", "--local", "--output", "json").stdout)
    assert pool == {
        "pool": "sales-db", "size": 3, "held": 1, "waiting": 0, "waiting_by_run": {},
        "holders": [{"number": 1, "run_id": "one", "run_state": "REFUSED", "source": "sales", "table": "public.customers",
                     "since": AT}],
    }  # fmt: skip
    freed = left_over.extract("reconcile", "--local")
    assert freed.stderr == f"slot 1 of pool sales-db is free again: it was held by 'public.customers' of run 'one' since {AT}\n"
    assert left_over.extract("reconcile", "--local").stderr == "there is nothing to clean up\n"
    assert json.loads(left_over.extract("pools", "sales-db", "--local", "--output", "json").stdout)[0]["held"] == 0


def test_wrong_names_and_unused_pools_are_told(left_over):
    assert left_over.call("pools", "sales-bd", "--local").stderr.splitlines()[-1] == (
        "extract: extract.toml has no pool 'sales-bd' in [pools]; did you mean 'sales-db'?"
    )
    (note,) = json.loads(left_over.extract("validate", "--output", "json").stdout)["notes"]
    assert note.endswith(": pools.spare: no table uses this pool; write pool: spare in a config, or remove the pool")
    assert "no table uses this pool" not in left_over.extract("validate", "sales").stderr
    plain = left_over.folder / "extract.toml"
    plain.write_text(plain.read_text().partition("[pools]")[0])
    left_over.config(SALES.replace("  pool: sales-db\n", "").replace("{pool: other}", "{}"))
    assert left_over.extract("pools", "--local").stderr == (
        "there is no pool: write one in [pools] of extract.toml, such as sales-db = 8\n"
    )


@pytest.mark.parametrize("project", ["distributed"], indirect=True)
def test_tables_of_a_running_run_wait(project, long_job):
    run = subprocess.Popen(
        project.command("run", "sales", "public.*", "--local", "--run-id", "one"),
        cwd=project.folder, env=project.environ(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while not long_job.exists() and run.poll() is None:
            time.sleep(0.02)
        (pool,) = json.loads(project.extract("pools", "sales-db", "--local", "--output", "json").stdout)
    finally:
        run.kill()
        run.wait()
    ended = 2 - pool["waiting"]  # of the tables whose turn came before
    assert (pool["held"], pool["holders"][0]["table"]) == (1, "public.customers")
    assert pool["waiting_by_run"] == ({"one": pool["waiting"]} if ended < 2 else {})


@pytest.fixture
def long_job(project):
    """The job of public.customers runs a minute, and makes this file when it begins."""
    began = project.folder / "began"
    script = project.folder / "slow.py"
    script.write_text(f"import pathlib, time\npathlib.Path({str(began)!r}).touch()\ntime.sleep(60)\n")
    project.config(SALES.replace("public.customers: {}", "public.customers: {script_name: slow.py, result: optional}"))
    return began


def test_a_child_counts_as_alive_until_this_process_saw_its_end(tmp_path):
    (tmp_path / "extract.toml").write_text("[pools]\ndb = 1\n")
    engine = LocalEngine(read_pipeline(tmp_path))
    child = "arn:aws:states:us-east-1:000000000000:execution:extract/Tables:1b4e28ba"
    assert engine.parts().is_running(child)
    engine._ended_children.add(child)
    assert not engine.parts().is_running(child)
