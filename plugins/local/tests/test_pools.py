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
from extract_core.tracking.sqlite import SQLiteTracking
from extract_local.engine import LocalEngine

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
