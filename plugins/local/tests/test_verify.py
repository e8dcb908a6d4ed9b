"""`extract verify` after a run on this machine: all tables, one that was changed, and wrong use."""

from __future__ import annotations

import json

import pytest

CONFIG = """\
source_name: sales
extract:
  job_type: glue
  db_engine: sqlite
  db_name: sales.db
  verify: full
  tables:
    public.orders: {}
    public.customers: {}
    public.missing: {}
"""


@pytest.fixture
def finished(demo_project):
    """A run of three tables; one of them failed, because the database does not have it."""
    demo_project.config(CONFIG)
    demo_project.extract("run", "sales", "--local", "--output", "json", code=1)
    return demo_project


def said(project, *arguments, code=0):
    done = project.extract("verify", "latest", *arguments, "--local", "--output", "json", code=code)
    return json.loads(done.stdout)["tables"]


def test_a_run_is_verified_and_a_damaged_file_is_named(finished):
    answers = said(finished)
    assert [(answer["table"], answer["verify"], answer["differences"]) for answer in answers] == [
        ("public.customers", "full", []),
        ("public.orders", "full", []),
    ]
    assert all(answer["rows"] > 0 for answer in answers)
    path = next((finished.folder / ".extract" / "data").glob("sales/public.orders/**/*.parquet"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    assert said(finished, "public.customers")[0]["differences"] == []
    (orders,) = said(finished, "public.orders", code=1)
    assert orders["differences"]
    text = finished.extract("verify", "latest", "--local", code=1).stdout
    assert "differs" in text
    assert f" public.orders: {orders['differences'][0]}" in text


def test_tables_that_were_not_committed_are_wrong_use(finished):
    done = finished.extract("verify", "latest", "public.missing", "--local", code=2)
    assert "the table 'public.missing' was not committed by the run " in done.stderr
    done = finished.extract("verify", "latest", "public.order", "--local", code=2)
    assert "the table 'public.order' is not in the run " in done.stderr
    assert "did you mean 'public.orders'" in done.stderr
