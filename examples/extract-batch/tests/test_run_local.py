"""With the package installed and a section in extract.toml: the branch is in the machine, and tables run on this machine."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys

import pytest

TOML = """\
[job_types.batch]
job_queue = "extracts"
job_definition = "extract-job"
"""
CONFIG = """\
source_name: sales
source_type: jdbc
extract:
  job_type: batch
  script_name: extract_job.py
  db_engine: sqlite
  db_name: sales.db
  max_attempts: 2
  tables:
    public.accounts: {vcpus: "0.5", memory: "1024"}
    public.orders: {}
    public.nothing: {}
"""


@pytest.fixture
def extract(tmp_path):
    """Runs the command in a project of two tables, and one that is not in the database."""
    with sqlite3.connect(tmp_path / "sales.db") as database:
        database.execute('create table "public.accounts" (id integer primary key, name text)')
        database.execute('create table "public.orders" (id integer primary key, total real)')
        database.executemany('insert into "public.accounts" values (?, ?)', [(n, f"name {n}") for n in range(10)])
        database.executemany('insert into "public.orders" values (?, ?)', [(n, n / 2) for n in range(7)])
    database.close()
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sales.yml").write_text(CONFIG)
    (tmp_path / "extract.toml").write_text(TOML)

    def run(*arguments, code=0):
        command = [sys.executable, "-c", "from extract_cli import main; main()", *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, env={**os.environ, "COLUMNS": "200"}, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        return done

    return run


def test_the_branch_is_in_the_machine(extract):
    built = extract("asl", "build")
    states = json.loads(built.stdout)["States"]["Iterate Through Extract Tables"]["ItemProcessor"]["States"]
    rule = {"Variable": "$.job_type", "StringEquals": "batch", "Next": "Batch Start Extract Job Run"}
    assert rule in states["Choose Job Type"]["Choices"]
    assert states["Batch Start Extract Job Run"]["Resource"] == "arn:aws:states:::batch:submitJob.sync"
    assert "note: left out, since extract.toml has no section for them: " in built.stderr


def test_it_is_listed_with_its_distribution(extract):
    listed = json.loads(extract("plugins", "list", "--output", "json").stdout)
    assert "extract-batch" in json.dumps(listed)


def test_tables_run_and_a_missing_one_fails(extract):
    ran = extract("run", "sales", "--local", "--run-id", "r1", code=1)
    assert "Traceback" not in ran.stderr
    tables = {table["table"]: table for table in json.loads(extract("status", "r1", "--output", "json", code=1).stdout)["tables"]}
    assert {name: (table["state"], table["rows"]) for name, table in tables.items()} == {
        "public.accounts": ("SUCCEEDED", 10),
        "public.orders": ("SUCCEEDED", 7),
        "public.nothing": ("FAILED", None),
    }
    assert tables["public.nothing"]["failure"] == "CONFIG"
    assert tables["public.nothing"]["attempt"] == 1


def test_a_lack_of_memory_goes_round_again_bigger(extract):
    extract("run", "sales", "public.accounts", "--local", "--run-id", "r1", "--inject", "oom:public.accounts")
    (table,) = json.loads(extract("status", "r1", "--output", "json").stdout)["tables"]
    assert (table["state"], table["attempt"], table["rows"]) == ("SUCCEEDED", 2, 10)
