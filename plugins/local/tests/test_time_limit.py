"""A job over the time limit that its service watches is ended on this machine as well, with its children and its reason."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from extract_batch.job_type import Batch

from extract_emr.serverless.job_type import EmrServerless
from extract_glue.job_type import Glue

CONFIG = """
source_name: sales
extract:
  db_engine: sqlite
  db_name: sales.db
  script_name: sleeper.py
  default_arguments: {timeout_minutes: 2}
  tables:
    public.categories: {job_type: glue}
    public.customers: {job_type: emr_serverless}
    public.suppliers: {job_type: batch}
"""
SECTIONS = """
[job_types.batch]
job_queue = "q"
job_definition = "d"

[job_types.emr_serverless]
application_id = "00fexample12345"
execution_role_arn = "arn:aws:iam::123456789012:role/extract-job"
scripts_uri = "s3://scripts/"
"""
SLEEPER = """
import subprocess, sys, time
child = subprocess.Popen(["sleep", "600"])
print("child", child.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize(
    ("job_type", "arguments", "seconds"),
    [
        (Glue(), {"timeout": 2}, 120),
        (EmrServerless(), {"timeout": 3}, 180),
        (Batch(), {"attempt_seconds": 60}, 60),
    ],
)
def test_the_limit_is_that_of_the_request(job_type, arguments, seconds):
    assert job_type.local_seconds(arguments) == seconds


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_job_over_its_limit_is_ended_with_its_children_and_its_reason_is_kept(demo_project, monkeypatch):
    for job_type in (Glue, EmrServerless, Batch):
        monkeypatch.setattr(job_type, "local_seconds", lambda *_: 0.5)
    demo_project.config(CONFIG)
    toml = demo_project.folder / "extract.toml"
    toml.write_text(toml.read_text() + SECTIONS)
    (demo_project.folder / "jobs").mkdir(exist_ok=True)
    (demo_project.folder / "jobs/sleeper.py").write_text(SLEEPER)
    done = demo_project.extract("run", "sales", "--local", "--run-id", "r", "--output", "json", code=1)
    ends = {row["table"]: (row["state"], row["failure"]) for row in json.loads(done.stdout)["tables"]}
    assert ends == dict.fromkeys(("public.categories", "public.customers", "public.suppliers"), ("TIMED_OUT", "TIMEOUT"))
    for table in ends:
        log = demo_project.extract("logs", "r", table, "--local").stdout
        first, last = log.splitlines()
        assert last == "extract: its time limit of 0.5 s ended the job here"
        until = time.monotonic() + 5
        while is_alive(int(first.split()[1])) and time.monotonic() < until:
            time.sleep(0.02)
        assert not is_alive(int(first.split()[1]))
