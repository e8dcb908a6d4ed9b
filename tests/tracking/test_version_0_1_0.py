"""Stores that version 0.1.0 has filled: their data is read, and new runs go on with it."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest

from extract_core import FailureClass, JobState
from extract_core.tracking.records import (
    AttemptRow,
    Guard,
    MarkChange,
    Owner,
    Policy,
    Recorded,
    RunRecord,
    Skipped,
    TableState,
)
from extract_core.tracking.sqlite import SQLiteTracking

RECORDED = Path(__file__).parents[1] / "recorded"
OLD = {"source_name", "extract_table", "table_name", "owner_since", "low_watermark", "high_watermark"}
SECOND = "2026-03-02T06:00:00+00:00"
OF_RUN_2 = Owner(execution_id="exec-run-2", run_id="run-2", started_at=SECOND, bound="2026-03-09T06:00:00+00:00")
COMMITTED = AttemptRow(
    run_id="run-1", source="sales", table="a", attempt=1, job_type="glue", state=JobState.SUCCEEDED,
    recorded_at="2026-03-01T06:10:00+00:00", job_run_id="jr_1", started_at="2026-03-01T06:00:00+00:00", rows=7, bytes=70,
    files=[{"name": "part-0.parquet", "bytes": 70}], watermark_low="2026-02-27", watermark_high="2026-02-28",
    extract_s3_uri="s3://data/a/", result_uri="s3://runs/a.json", settings={"workers": 2}, cost_basis={"dpu_seconds": 60.0},
    rows_without_watermark=1,
)  # fmt: skip
FAILED = AttemptRow(
    run_id="run-1", source="sales", table="b", attempt=1, job_type="glue", state=JobState.FAILED,
    recorded_at="2026-03-01T06:11:00+00:00", failure=FailureClass.USER_CODE, message="KeyError: 'x'",
)  # fmt: skip


@pytest.fixture(params=["sqlite", "dynamodb"])
def old_store(request, tmp_path, tracking_table):
    with ExitStack() as stack:
        if request.param == "sqlite":
            yield stack.enter_context(SQLiteTracking(Path(shutil.copy(RECORDED / "tracking_0_1_0.db", tmp_path / "t.db"))))
        else:
            client = request.getfixturevalue("dynamodb")
            opened = stack.enter_context(tracking_table(client))
            for item in json.loads((RECORDED / "tracking_0_1_0.dynamodb.json").read_text(encoding="utf-8")):
                client.put_item(TableName=client.list_tables()["TableNames"][-1], Item=item)
            yield opened()


def take(store, make, execution, run_id, *, running=False):
    owner = Owner(
        execution_id=execution, run_id=run_id, started_at="2026-03-03T06:00:00+00:00", bound="2026-03-10T06:00:00+00:00"
    )
    return store.take("sales", ["a", "b"], owner, is_running=lambda _: running, now=make.now, all_or_nothing=True)


def test_runs_are_read(old_store):
    newest, oldest = old_store.runs()
    common = {
        "source": "sales", "event": {"source_name": "sales", "extract_tables": ["a", "b", "c"]}, "planned": 2,
        "versions": {"extract-glue": "0.1.0"}, "policy": Policy(fail_when="10%", on_conflict="skip"),
        "skipped": (Skipped(table="c", reason="held by another run"),),
    }  # fmt: skip
    assert newest == RunRecord(
        run_id="run-2", execution_id="exec-run-2", started_at=SECOND, rerun_of="run-1",
        plan_uri="s3://runs/run-2/plan.jsonl", **common,
    )  # fmt: skip
    assert oldest.summary == {"run_id": "run-1", "source": "sales", "state": "FAILED", "planned": 2, "failed": 1}
    assert old_store.run("run-1") == oldest
    assert old_store.start_run(newest) == newest


def test_attempts_and_changes_of_marks_are_read(old_store):
    assert list(old_store.attempts("run-1")) == [COMMITTED, FAILED]
    assert list(old_store.history("sales", "a")) == [COMMITTED]
    assert list(old_store.mark_changes("sales", "a")) == [
        MarkChange(
            source="sales", table="a", version=2, changed_at="2026-03-01T09:00:00+00:00", changed_by="ada", reason="late rows",
            before="2026-02-28", mark="2026-02-20", column="day", type="DateType",
        )
    ]  # fmt: skip


def test_states_are_read(old_store):
    assert old_store.states("sales", ["a", "b", "c"]) == {
        "a": TableState(
            source="sales", table="a", owner=OF_RUN_2, fencing=2, attempt=1, watermark="2026-02-20", column="day",
            type="DateType", version=2, last_run="run-1", last_state=JobState.SUCCEEDED, last_at=COMMITTED.recorded_at,
        ),
        "b": TableState(
            source="sales", table="b", owner=OF_RUN_2, fencing=2, attempt=1, last_run="run-1", last_state=JobState.FAILED,
            last_failure=FailureClass.USER_CODE, last_at=FAILED.recorded_at,
        ),
    }  # fmt: skip


def test_a_job_that_0_1_0_started_is_recorded(old_store, make):
    finished = old_store.finish(make.row("run-2", "a"), guard=Guard(run_id="run-2", fencing=2, attempt=1))
    assert finished.outcome is Recorded.RECORDED
    again = old_store.finish(make.row("run-2", "a"), guard=Guard(run_id="run-2", fencing=2, attempt=1))
    assert again.outcome is Recorded.DUPLICATE
    assert old_store.states("sales", ["a"])["a"].owner is None
    assert [row.run_id for row in old_store.history("sales", "a")] == ["run-2", "run-1"]


def test_leases_of_0_1_0_hold_against_a_new_run(old_store, make):
    claim = take(old_store, make, "exec-3", "run-3", running=True)
    assert [str(held) for held in claim.held] == [f"{table!r} is held by run 'run-2' since {SECOND}" for table in "ab"]


def test_dead_leases_of_0_1_0_are_taken_over(old_store, make):
    claim = take(old_store, make, "exec-3", "run-3")
    assert {table: (taken.state.fencing, taken.taken_over) for table, taken in claim.taken.items()} == {
        "a": (3, "run-2"), "b": (3, "run-2"),
    }  # fmt: skip
    late = old_store.finish(make.row("run-2", "a"), guard=Guard(run_id="run-2", fencing=2, attempt=1))
    assert late.outcome is Recorded.CONFLICT
    assert old_store.states("sales", ["a"])["a"].owner == claim.taken["a"].state.owner


def test_the_execution_of_0_1_0_keeps_its_leases(old_store, make):
    claim = take(old_store, make, "exec-run-2", "run-2")
    assert {taken.state.owner for taken in claim.taken.values()} == {OF_RUN_2}


def test_leases_of_0_1_0_are_released(old_store, make):
    old_store.release("sales", ["a", "b"], "exec-run-2")
    states = old_store.states("sales", ["a", "b"])
    assert [state.owner for state in states.values()] == [None, None]
    assert take(old_store, make, "exec-3", "run-3", running=True).held == ()


def test_an_unfinished_run_of_0_1_0_gets_its_summary(old_store):
    summary = {"run_id": "run-2", "source": "sales", "state": "SUCCEEDED"}
    assert old_store.put_summary("run-2", summary) == summary
    assert old_store.run("run-2").summary == summary
    assert old_store.put_summary("run-1", summary)["source"] == "sales"


def test_what_is_written_to_dynamodb_has_the_new_names_only(dynamodb, tracking_table, make):
    with tracking_table(dynamodb) as opened:
        name = dynamodb.list_tables()["TableNames"][-1]
        for item in json.loads((RECORDED / "tracking_0_1_0.dynamodb.json").read_text(encoding="utf-8")):
            dynamodb.put_item(TableName=name, Item=item)
        store = opened()
        take(store, make, "exec-3", "run-3")
        store.release("sales", ["b"], "exec-3")
        store.finish(make.row("run-3", "a", watermark_low="1"), guard=Guard(run_id="run-3", fencing=3, attempt=1))
        items = dynamodb.scan(TableName=name)["Items"]
        written = [item for item in items if item["sk"]["S"] == "STATE" or item.get("run_id", {}).get("S") == "run-3"]
        assert len(written) == 3
        assert [OLD & item.keys() for item in written] == [set(), set(), set()]
