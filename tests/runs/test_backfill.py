"""A range that is read once more, and reruns of what a later run has seen to: no mark moves that should not."""

from __future__ import annotations

import pytest

from extract_core import JobState
from extract_core.errors import UsageError

ORDERS = ["public.orders"]
FEBRUARY = {"from": "2026-02-01 00:00:00", "to": "2026-02-28 00:00:00"}
MARK = "2026-03-01 05:00:00"


def test_a_backfill_reads_its_range_and_leaves_the_mark_alone(pipeline):
    pipeline.run()
    before = pipeline.state("public.orders")
    assert before.watermark == MARK
    (item,) = pipeline.plan("run-2", ORDERS, backfill=FEBRUARY)["tables_to_extract"]
    window = item["watermark"]
    assert (window["mode"], window["low"], window["high"]) == ("backfill", FEBRUARY["from"], FEBRUARY["to"])
    assert item["arguments"]["--low_watermark"] == FEBRUARY["from"]
    assert item["arguments"]["--high_watermark"] == FEBRUARY["to"]
    pipeline.done(item, high=FEBRUARY["to"])
    after = pipeline.state("public.orders")
    assert (after.watermark, after.version, after.last_run) == (MARK, before.version, "run-2")
    assert pipeline.row("public.orders", "run-2").state is JobState.SUCCEEDED


def test_a_backfill_before_the_first_run_sets_no_mark(pipeline):
    (item,) = pipeline.plan("run-1", ORDERS, backfill={"to": FEBRUARY["to"]})["tables_to_extract"]
    assert item["watermark"]["low"] is None
    pipeline.done(item, high=FEBRUARY["to"])
    assert pipeline.state("public.orders").watermark is None


def test_a_backfill_that_failed_is_rerun_over_the_same_range(pipeline):
    (item,) = pipeline.plan("run-1", ORDERS, backfill=FEBRUARY)["tables_to_extract"]
    pipeline.fail(item)
    pipeline.summarise()
    (again,) = pipeline.plan("run-2", None, rerun_of="run-1")["tables_to_extract"]
    assert again["watermark"] == {**item["watermark"], "version": 0}
    pipeline.fail(again)
    pipeline.summarise("run-2")
    (third,) = pipeline.plan("run-3", None, rerun_of="run-2")["tables_to_extract"]
    assert third["watermark"]["high"] == FEBRUARY["to"]


@pytest.mark.parametrize(
    ("tables", "backfill", "message"),
    [
        (
            ["public.accounts"],
            FEBRUARY,
            "a full extract (extract_type FE) has no watermark, so it can't be backfilled; exclude this table",
        ),
        (ORDERS, {"from": "2026-03-01", "to": "2026-02-01"}, "the backfill from '2026-03-01' to '2026-02-01' is empty: its end"),
        (ORDERS, {"to": "soon"}, "the backfill's end does not fit column 'updated_at': 'soon' is not a watermark of type"),
    ],
)
def test_a_backfill_that_cannot_be_is_a_plan_error(pipeline, tables, backfill, message):
    (item,) = pipeline.plan("run-1", tables, backfill=backfill)["tables_to_extract"]
    assert message in item["plan_error"]["message"]


def passed(pipeline):
    """run-1 failed at the table, run-2 extracted it, run-3 failed again."""
    pipeline.run("run-1", failing=ORDERS)
    pipeline.run("run-2", tables=ORDERS)
    pipeline.run("run-3", failing=ORDERS)


def test_a_table_whose_mark_has_moved_on_is_reported_and_left_out(pipeline):
    passed(pipeline)
    with pytest.raises(UsageError) as raised:
        pipeline.plan("run-4", None, rerun_of="run-1")
    assert str(raised.value) == (
        "nothing of run 'run-1' is left to run again: public.orders: its watermark has moved on since, from the beginning to "
        f"{MARK!r}: nothing of it is missing; --force runs it all the same; 2 tables succeeded in it"
    )


def test_it_is_reported_beside_what_is_run(pipeline):
    pipeline.run("run-1", failing=[*ORDERS, "public.returns"])
    pipeline.run("run-2", tables=ORDERS)
    answer = pipeline.plan("run-3", None, rerun_of="run-1")
    assert [item["table"] for item in answer["tables_to_extract"]] == ["public.returns"]
    (skipped,) = pipeline.tracking.run("run-3").skipped
    assert skipped.table == "public.orders"
    assert "has moved on since" in skipped.reason


def test_with_force_it_runs_from_todays_mark(pipeline):
    passed(pipeline)
    (item,) = pipeline.plan("run-4", None, rerun_of="run-1", force=True)["tables_to_extract"]
    assert (item["table"], item["watermark"]["low"]) == ("public.orders", MARK)


def test_a_mark_that_a_person_set_back_is_not_past(pipeline):
    pipeline.run("run-1")
    pipeline.run("run-2", failing=ORDERS)
    from extract_core.tracking.records import MarkChange

    state = pipeline.state("public.orders")
    pipeline.tracking.set_mark(
        MarkChange(
            source="sales", table="public.orders", version=state.version + 1, changed_at="2026-03-01T07:00:00+00:00",
            changed_by="ana", reason="late rows", before=state.watermark, mark="2026-01-01 00:00:00",
            column=state.column, type=state.type,
        )
    )  # fmt: skip
    (item,) = pipeline.plan("run-3", None, rerun_of="run-2")["tables_to_extract"]
    assert item["watermark"]["low"] == "2026-01-01 00:00:00"
