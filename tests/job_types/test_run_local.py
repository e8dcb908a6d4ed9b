"""`extract run --local --inject` with every job type: passing faults are retried, out of memory with more, others are not."""

from __future__ import annotations

import json
import sqlite3

import pytest
from shared_fixtures.command import succeed

from extract_core.tracking.sqlite import SQLiteTracking

ENDS = {
    "good": ("SUCCEEDED", None, 1),
    "throttle": ("SUCCEEDED", None, 1),  # the state's own Retry: no job had started, so it is the same attempt
    "interrupt": ("SUCCEEDED", None, 2),
    "oom": ("SUCCEEDED", None, 2),
    "fail": ("FAILED", "USER_CODE", 1),
    "timeout": ("TIMED_OUT", "TIMEOUT", 1),
}
"""Per table, which is named after the fault of its first start: its end, its failure class, and the number of attempts."""
RETRIED = {"interrupt": "INTERRUPTED", "oom": "OUT_OF_MEMORY"}
"""The failure classes of first attempts that a second one follows."""
SIZES = {
    "glue": ("worker_type", "G.1X", "G.2X"),
    "emr": ("executor_memory", None, "10g"),
    "emr_serverless": ("executor_memory", None, "28g"),
    "emr_eks": ("executor_memory", "4g", "8g"),
    "ecs": ("memory", None, 4096),
    "batch": ("memory", None, 4096),
}
"""Per job type: the setting that grows after a lack of memory, before and after."""


@pytest.fixture
def extract(tmp_path):
    """Runs the command in a project with one small table per fault."""
    with sqlite3.connect(tmp_path / "sales.db") as database:
        for table in ENDS:
            database.execute(f'create table "public.{table}" (id integer primary key)')
            database.execute(f'insert into "public.{table}" values (1), (2), (3)')  # noqa: S608 - names of this file
    database.close()
    (tmp_path / "config").mkdir()

    def run(*arguments, code=0):
        return succeed(tmp_path, *arguments, code=code)

    return tmp_path, run


def as_toml(section):
    """A deployment in the form of extract.toml: strings and lists of strings."""
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
    done = run("run", "sales", "--local", "--run-id", "r1", "--fast", "600", *injected, code=1)
    assert "↻ public.oom" in done.stderr
    tables = json.loads(run("status", "r1", "--output", "json", code=1).stdout)["tables"]
    ends = {row["table"].removeprefix("public."): (row["state"], row["failure"], row["attempt"]) for row in tables}
    assert ends == ENDS
    with SQLiteTracking(folder / ".extract/tracking.db") as tracking:
        attempts = sorted(tracking.attempts("r1"), key=lambda row: row.attempt)
    failures = {row.table.removeprefix("public."): row.failure for row in attempts if row.attempt == 1}
    assert failures == {**{table: failure for table, (_, failure, _) in ENDS.items()}, **RETRIED}
    key, first, then = SIZES[name]
    assert [row.settings[key] for row in attempts if row.table == "public.oom"] == [first, then]
    assert all(row.rows == 3 for row in attempts if row.state == "SUCCEEDED")
