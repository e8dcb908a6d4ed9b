"""The plan as an object: lines that are read back one by one, the same bytes each time."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from extract_core.errors import ObjectError, ObjectNotFound
from extract_core.objects.files import file_uri
from extract_core.objects.routed import open_objects
from extract_core.plan.plan_file import read_plan, read_plan_line, stored_items, write_plan

TWO = """\
    extract:
      job_type: loom
      tables:
        "größe\\nund \\u2028 mehr": {tags: [large, night]}
        public.orders: {fetchsize: none}
"""


def test_items_know_their_lines(plan, tmp_path):
    objects, runs = open_objects(), file_uri(tmp_path) + "/"
    planned = plan(TWO)
    items = write_plan(objects, runs, "r-1", planned)
    assert [item["plan_uri"] for item in items] == [f"{runs}r-1/plan.jsonl"] * 2
    assert [item["plan_line"][0] for item in items] == [0, len(planned[0].line())]
    assert list(read_plan(objects, f"{runs}r-1/plan.jsonl")) == planned
    assert [read_plan_line(objects, item) for item in items] == planned
    assert {key: value for key, value in items[0].items() if not key.startswith("plan_")} == planned[0].item
    assert planned[0].plan_error is None
    assert planned[1].plan_error == (
        "sales.yml:5:32: extract.tables.\"public.orders\".fetchsize: is 'none'; write a whole number from 0 to 2147483647"
    )


def test_a_plan_of_version_0_1_0_is_read(plan, tmp_path):
    """It named the source `source_name` and the table of an item `extract_table`."""
    objects, runs = open_objects(), file_uri(tmp_path) + "/"
    planned = [
        replace(table, item={**table.item, "lease": {"fencing": 1}})
        for table in plan("extract: {job_type: loom, tables: {a: {}, b: {fetchsize: none}}}")
    ]
    items = write_plan(objects, runs, "r-1", planned)
    path = tmp_path / "r-1" / "plan.jsonl"
    text = path.read_text(encoding="utf-8")
    old = [json.loads(line) for line in text.splitlines()]
    for line in old:
        line["item"]["extract_table"] = line["item"].pop("table")
        for part in filter(None, line.values()):
            part.update({"source_name": part.pop("source")} if "source" in part else {})
    path.write_text("".join(json.dumps(line) + "\n" for line in old), encoding="utf-8")
    assert "extract_table" in path.read_text(encoding="utf-8")
    stored = list(read_plan(objects, items[0]["plan_uri"]))
    assert [(table.item, table.spec, table.table_run) for table in stored] == [
        (table.item, table.spec, table.table_run) for table in planned
    ]
    again = stored_items(objects, items[0]["plan_uri"])
    assert [read_plan_line(objects, item) for item in again] == stored


def test_a_plan_is_the_same_bytes_each_time(plan, tmp_path):
    objects = open_objects()
    for run in ("one", "two"):
        write_plan(objects, file_uri(tmp_path / run), "r-1", plan(TWO))
    assert (tmp_path / "one/r-1/plan.jsonl").read_bytes() == (tmp_path / "two/r-1/plan.jsonl").read_bytes()


def test_a_line_holds_the_table_run(plan):
    [table] = plan("extract: {job_type: loom, db_name: x, tables: {a: {tags: [t]}}}")
    line = json.loads(table.line())
    assert set(line) == {"item", "settings", "spec", "table_run"}
    assert line["table_run"] == {
        "source": "sales",
        "source_type": "jdbc",
        "table": "a",
        "job_type": "loom",
        "run_id": "r-1",
        "run_started_at": "2026-03-01T06:00:00.000Z",
        "attempt": 1,
        "extract_s3_uri": "s3://data/sales/a/run_id=r-1/attempt=1/",
        "result_uri": "s3://runs/r-1/results/a/attempt=1.json",
        "watermark": {"column": None, "type": None, "low": None, "mode": "full", "lag": None, "last_result": None},
        "deployment": {"job_name": "weave"},
        "job_arguments": table.item["arguments"]["job_arguments"],
    }
    assert line["spec"] == {
        "source": "sales",
        "source_type": "jdbc",
        "table": "a",
        "job_type": "loom",
        "core": {"tags": ["t"]},
        "arguments": {},
        "database": {"db_name": "x"},
    }


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"not json\n", "JSONDecodeError: Expecting value: line 1 column 1 (char 0)"),
        (b"{}\n", "KeyError: 'item'"),
        (b"[1]\n", "TypeError: list indices must be integers or slices, not str"),
    ],
)
def test_what_is_no_plan_is_told(tmp_path, data, what):
    (tmp_path / "plan.jsonl").write_bytes(data)
    uri = file_uri(tmp_path / "plan.jsonl")
    with pytest.raises(ObjectError) as error:
        list(read_plan(open_objects(), uri))
    assert str(error.value) == f"line 1 of {uri!r} is not a table of a plan ({what}); plan the tables again"


def test_a_lost_plan_is_told(tmp_path):
    uri = file_uri(tmp_path / "plan.jsonl")
    with pytest.raises(ObjectNotFound) as error:
        list(read_plan(open_objects(), uri))
    assert str(error.value) == f"there is no object at {uri!r}"
