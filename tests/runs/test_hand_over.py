"""What a DISTRIBUTED machine gets: the place of its items, one line per table, each the input of a child execution."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from extract_core.errors import UsageError
from extract_core.plan import limits
from extract_core.plan.places import s3_place, uri_of

MACHINE = {"name": "extract", "map": "DISTRIBUTED", "max_concurrency": 500, "retry_loop": True, "contract": [1, 0],
           "versions": {}, "job_types": {"press": {}}}  # fmt: skip


def items_of(pipeline, answer):
    text = pipeline.path(uri_of(**answer["items"])).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_the_items_are_the_same_as_in_the_payload_of_an_inline_machine(pipeline):
    inline = pipeline.plan("run-1")["tables_to_extract"]
    for item in inline:
        pipeline.fail(item)
    pipeline.summarise("run-1")
    answer = pipeline.plan("run-2", machine=MACHINE)
    runs = pipeline.folder.as_posix().lstrip("/") + "/runs/run-2/"
    assert answer == {
        "run_id": "run-2", "source": "sales", "max_concurrency": 500, "map_error": None,
        "items": {"bucket": "file:", "key": runs + "items.jsonl"}, "results": {"bucket": "file:", "key": runs + "map"},
    }  # fmt: skip
    expected = json.loads(json.dumps(inline).replace("run-1", "run-2").replace('"fencing": 1', '"fencing": 2'))
    assert items_of(pipeline, answer) == expected
    assert pipeline.tracking.run("run-2").planned == 3


def test_each_item_can_be_recorded_and_the_run_summed_up(pipeline):
    for item in items_of(pipeline, pipeline.plan(machine=MACHINE)):
        pipeline.done(item, high="2026-03-01 05:00:00" if item["watermark"]["mode"] == "incremental" else None)
    assert pipeline.summarise()["succeeded"] is True


def test_the_same_execution_again_gets_the_same_answer_and_reads_no_plan(pipeline):
    first = pipeline.plan(machine=MACHINE)
    pipeline.path(pipeline.tracking.run("run-1").plan_uri).unlink()
    assert pipeline.plan(machine=MACHINE) == first


def test_a_config_manager_that_died_between_plan_and_items_writes_both(pipeline, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("extract_core.plan.plan_file.items_place", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            pipeline.plan(machine=MACHINE)
    answer = pipeline.plan(machine=MACHINE)
    assert [item["lease"]["fencing"] for item in items_of(pipeline, answer)] == [2, 2, 2]  # an unexpected error gives them back


def test_a_run_of_any_size_is_planned(pipeline, monkeypatch):
    monkeypatch.setattr(limits, "MAX_PAYLOAD", 100)
    monkeypatch.setattr(limits, "MAX_HISTORY", 10)
    with pytest.raises(UsageError):
        pipeline.plan("run-1")
    assert len(items_of(pipeline, pipeline.plan("run-2", machine=MACHINE))) == 3


def test_the_event_says_how_many_tables_run_at_once(pipeline):
    assert pipeline.plan(machine=MACHINE, max_concurrency=7)["max_concurrency"] == 7
    assert pipeline.plan(machine=MACHINE, max_concurrency=7)["max_concurrency"] == 7  # the config manager is called again


def test_an_inline_machine_keeps_its_own_limit(pipeline):
    assert pipeline.plan("run-1", max_concurrency=40)["max_concurrency"] == 40
    with pytest.raises(UsageError) as raised:
        pipeline.plan("run-2", max_concurrency=41)
    assert str(raised.value) == (
        "max_concurrency of this run: 41 is not a number from 1 to 40, the limit of a Map that is INLINE; "
        'for more, write map = "distributed"'
    )
    assert pipeline.tracking.run("run-2").refused == str(raised.value)


@pytest.mark.parametrize(
    ("uri", "bucket", "key"),
    [
        ("s3://lake/a b/é?x#y/plan", "lake", "a b/é?x#y/plan"),
        ("file:///tmp/a%20b/plan", "file:", "tmp/a%20b/plan"),
        ("s3://lake/", "lake", ""),
    ],
)
def test_a_place_is_a_bucket_and_a_key(uri, bucket, key):
    assert s3_place(uri) == (bucket, key)
    assert uri_of(bucket, key) == uri


def test_tables_of_an_old_plan_are_written_as_items(pipeline):
    answer = pipeline.plan(machine=MACHINE)
    first = items_of(pipeline, answer)[0]
    pipeline.fail(first)
    for item in items_of(pipeline, answer)[1:]:
        pipeline.fail(item)
    pipeline.summarise()
    again = pipeline.plan("run-2", tables=None, machine=MACHINE, rerun_of="run-1")
    assert [item["table"] for item in items_of(pipeline, again)] == [item["table"] for item in items_of(pipeline, answer)]
    assert replace(pipeline.tracking.run("run-2"), planned=3) == pipeline.tracking.run("run-2")
