"""`extract clean` lists what it would remove, and removes it only with --yes."""

from __future__ import annotations

import json

import pytest
from shared_fixtures.pipeline import Pipeline  # the fixture `pipeline` is made of it


@pytest.fixture
def left(pipeline: Pipeline, monkeypatch):
    """A pipeline whose failed attempt has left a file."""
    items = {item["table"]: item for item in pipeline.plan()["tables_to_extract"]}
    for item in items.values():
        pipeline.report(item, high="2026-03-01 05:00:00" if item["table"] == "public.orders" else None)
        pipeline.fail(item) if item["table"] == "public.returns" else pipeline.record(item, {"State": "DONE"})
    pipeline.summarise()
    places = 'data_uri = "data"\nruns_uri = "runs"\ntracking = "tracking.db"\n'
    (pipeline.folder / "extract.toml").write_text(f'[pipeline]\nname = "p"\n{places}')
    monkeypatch.chdir(pipeline.folder)
    return pipeline.folder / "data/sales/public.returns/run_id=run-1/attempt=1/part-00000.parquet"


def test_it_lists_and_then_removes(cli, left):
    listed = cli("clean", "sales", "--local")
    assert listed.code == 0
    assert "no committed result of run run-1 names it" in listed.out
    assert listed.err == "1 object, 12 bytes can be removed; add --yes to remove them\n"
    assert left.exists()
    removed = json.loads(cli("clean", "sales", "--local", "--yes", "--output", "json").out)
    assert (removed["removed"], removed["bytes"], len(removed["objects"]), removed["kept"]) == (True, 12, 1, [])
    assert not left.parent.parent.exists()
    assert cli("clean", "sales", "--local", "--yes").err == "there is nothing to remove\n"


@pytest.mark.parametrize("age", ["30", "d", "-1d", "1y", ""])
def test_an_age_has_a_unit(cli, left, age):
    said = cli("clean", "sales", "--local", "--older-than", age)
    assert (said.code, said.err) == (2, f"extract: --older-than is {age!r}; write a number with h, d or w, such as 30d\n")


def test_tables_and_an_age(cli, left):
    assert cli("clean", "sales", "public.orders", "--local", "--older-than", "2w").err == "there is nothing to remove\n"
    assert cli("clean", "sales", "public.returns", "--local", "--older-than", "12h").err.startswith("1 object, 12 bytes")
