"""`extract run --local --inject` with every job type: what passes is tried again, out of memory bigger, the rest is not."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys

import pytest

ENDS = {
    "good": ("SUCCEEDED", None, 1),
    "throttle": ("SUCCEEDED", None, 1),  # the state's own Retry: no job had started, so it is the same attempt
    "interrupt": ("SUCCEEDED", None, 2),
    "oom": ("SUCCEEDED", None, 2),
    "fail": ("FAILED", "USER_CODE", 1),
    "timeout": ("TIMED_OUT", "TIMEOUT", 1),
}
"""By table, each named after the fault that is injected into its first start: its end, the class, and how many attempts."""


@pytest.fixture
def extract(tmp_path):
    """Runs the command in a project of one small table for each fault."""
    with sqlite3.connect(tmp_path / "sales.db") as database:
        for table in ENDS:
            database.execute(f'create table "public.{table}" (id integer primary key)')
            database.execute(f'insert into "public.{table}" values (1), (2), (3)')  # noqa: S608 - names of this file
    database.close()
    (tmp_path / "config").mkdir()

    def run(*arguments, code=0):
        command = [sys.executable, "-c", "from extract_cli import main; main()", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout

    return tmp_path, run


def as_toml(section):
    """A deployment as extract.toml has it: texts and lists of texts."""
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in section.items())


def test_faults_of_the_service_on_this_machine(extract, installed):
    folder, run = extract
    name = installed.job_type.name
    deployment = installed.deployment.model_dump(mode="json", exclude_defaults=True)
    (folder / "extract.toml").write_text(f"[job_types.{name}]\n{as_toml(deployment)}")
    config = {
        "source_name": "sales", "source_type": "jdbc",
        "extract": {
            "job_type": name, "db_engine": "sqlite", "db_name": "sales.db", "max_attempts": 2,
            "tables": {f"public.{table}": {} for table in ENDS},
        },
    }  # fmt: skip
    (folder / "config" / "sales.yml").write_text(json.dumps(config))
    injected = [part for table in ENDS if table != "good" for part in ("--inject", f"{table}:public.{table}")]
    run("run", "sales", "--local", "--run-id", "r1", *injected, code=1)
    tables = json.loads(run("status", "r1", "--output", "json", code=1))["tables"]
    found = {each["table"].removeprefix("public."): (each["state"], each["failure"], each["attempt"]) for each in tables}
    assert found == ENDS
