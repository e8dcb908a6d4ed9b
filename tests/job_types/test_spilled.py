"""Arguments over every limit in a run on this machine: a real process of each job type gets them unchanged."""

from __future__ import annotations

import json
import sqlite3

import pytest
from shared_fixtures.command import succeed

LONG = "select 'größer' -- $x `id` {{PWD}}\n" * 6_000
"""About 200 KB: over ECS's 8,192 characters, an EMR step's 10,240, EMR on EKS's 10,280, any process's 128 KiB, Glue's 180 KB."""


@pytest.fixture
def extract(tmp_path, installed):
    """Runs the command in a project whose only table is of this job type."""
    name = installed.job_type.name
    with sqlite3.connect(tmp_path / "sales.db") as database:
        database.executescript('create table "t" (id integer primary key); insert into "t" values (1), (2), (3)')
    database.close()
    deployment = installed.deployment.model_dump(mode="json", exclude_defaults=True)
    keys = "".join(f"{key} = {json.dumps(value)}\n" for key, value in deployment.items())
    (tmp_path / "extract.toml").write_text(f"[job_types.{name}]\n{keys}")
    (tmp_path / "config").mkdir()

    def run(*arguments, code=0, **table):
        config = {
            "source_name": "sales", "source_type": "jdbc",
            "extract": {
                "job_type": name, "db_engine": "sqlite", "db_name": "sales.db", "max_attempts": 2,
                "tables": {"t": {"arguments": {"--query": LONG}, **table}},
            },
        }  # fmt: skip
        (tmp_path / "config" / "sales.yml").write_text(json.dumps(config))
        done = succeed(tmp_path, *arguments, code=code)
        return done.stdout + done.stderr

    return run


def test_two_attempts_read_them(extract, tmp_path):
    extract("plan", "sales", argument_encoding="json")
    extract("validate", argument_encoding="json")
    assert not (tmp_path / ".extract" / "runs").exists()
    extract("run", "sales", "--local", "--run-id", "r1", "--inject", "interrupt:t", argument_encoding="json")
    results = tmp_path / ".extract" / "runs" / "r1" / "results" / "t"
    for attempt in ("1", "2"):
        stored = json.loads((results / f"attempt={attempt}.arguments.json").read_text(encoding="utf-8"))
        assert (stored["query"], stored["attempt"], stored["extract_table"]) == (LONG, attempt, "t")
    assert json.loads((results / "attempt=2.json").read_text(encoding="utf-8"))["rows"] == 3
    log = extract("logs", "r1", "t", argument_encoding="json")
    assert "ignored unknown arguments: --query" in log


def test_without_argument_encoding_they_are_refused_with_the_remedy(extract):
    message = extract("validate", code=2)
    assert "shorten it, or write argument_encoding: json" in " ".join(message.split()) or "set argument_encoding: json" in message
