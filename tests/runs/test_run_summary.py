from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract_core import FailureClass, JobState
from extract_core.errors import ConfigError, UsageError
from extract_core.runs.end import summarise
from extract_core.runs.summary import CAUSE_LENGTH, cause, fails, summarised
from extract_core.tracking.records import AttemptRow, Policy, RunRecord

TABLES = ["public.accounts", "public.orders", "public.returns"]
GOOD = {"succeeded": True, "error": "", "cause": ""}


def bad(cause):
    return {"succeeded": False, "error": "ExtractFailed", "cause": cause}


def test_a_run_without_a_failure(pipeline):
    assert pipeline.run() == GOOD
    assert pipeline.tracking.run("run-1").summary == {
        "run_id": "run-1",
        "source": "sales",
        "rerun_of": None,
        "started_at": "2026-03-01T06:00:00.000Z",
        "ended_at": "2026-03-01T06:00:08+00:00",
        "seconds": 8.0,
        "state": "SUCCEEDED",
        "fail_when": "any",
        "planned": 3,
        "succeeded": 3,
        "failed": 0,
        "failures": {},
        "failed_tables": [],
        "rows": 9,
        "bytes": 36,
        "rows_without_watermark": 0,
        "rows_in_the_future": 0,
        "rows_delivered_before": 0,
        "schema_changes": [],
        "notes": [],
        "proved": {},
        "cost_basis": {"dpu_seconds": 180.0},
        "slowest": [{"table": table, "seconds": 30.0} for table in reversed(TABLES)],
        "skipped_tables": 0,
        "skipped": [],
        "reason": None,
    }


def test_rows_that_were_left_out_for_a_null_are_counted(pipeline):
    items = {item["table"]: item for item in pipeline.plan()["tables_to_extract"]}
    pipeline.done(items["public.orders"], high="2026-03-01 05:00:00", rows_without_watermark=1_200)
    pipeline.done(items["public.accounts"], rows_without_watermark=None)
    pipeline.done(items["public.returns"])
    pipeline.summarise()
    assert pipeline.tracking.run("run-1").summary["rows_without_watermark"] == 1_200
    assert [pipeline.row(table).rows_without_watermark for table in TABLES] == [None, 1_200, None]


def test_failed_tables_are_named_with_their_reason_and_the_way_on(pipeline):
    answer = pipeline.run(failing=["public.returns", "public.accounts"])
    assert answer == bad(
        "2 of 3 tables failed: public.accounts (USER_CODE: exit code 1), public.returns (USER_CODE: exit code 1). "
        "Run just these again: extract rerun run-1"
    )
    summary = pipeline.tracking.run("run-1").summary
    assert (summary["state"], summary["succeeded"], summary["failed"]) == ("FAILED", 1, 2)
    assert summary["failures"] == {"USER_CODE": 2}
    assert summary["failed_tables"][0] == {
        "table": "public.accounts",
        "state": "FAILED",
        "failure": "USER_CODE",
        "message": "exit code 1",
    }


def test_the_same_run_twice_gets_the_same_answer(pipeline):
    first = pipeline.run(failing=["public.returns"])
    before = pipeline.tracking.run("run-1")
    assert pipeline.summarise() == first
    assert pipeline.tracking.run("run-1") == before


def test_a_table_without_an_end_is_a_failure(pipeline):
    items = pipeline.plan()["tables_to_extract"]
    for item in items[:2]:
        pipeline.done(item)
    reason = "no end of it was recorded; see its iteration in the execution's history"
    assert pipeline.summarise() == bad(
        f"1 of 3 tables failed: public.returns (NOT_RECORDED: {reason}). Run just these again: extract rerun run-1"
    )
    row = pipeline.row("public.returns")
    assert (row.state, row.failure, row.message) == (JobState.UNKNOWN, FailureClass.NOT_RECORDED, reason)
    assert row.settings == {"workers": 3}
    assert pipeline.held() == set()
    assert pipeline.done(items[2]) == {"status": "UNKNOWN"}  # too late


def test_a_map_that_ended_early_says_why(pipeline):
    pipeline.done(pipeline.plan()["tables_to_extract"][0])
    answer = pipeline.summarise(map_error={"Error": "States.DataLimitExceeded", "Cause": "over 256 KiB"})
    ended = "the Map over the tables ended early: States.DataLimitExceeded: over 256 KiB"
    assert answer["cause"] == (
        f"{ended}; 2 of 3 tables failed: public.orders (NOT_RECORDED: no end of it was recorded; {ended}), "
        f"public.returns (NOT_RECORDED: no end of it was recorded; {ended}). Run just these again: extract rerun run-1"
    )


def test_a_map_that_ended_with_an_error_after_the_end_of_each_table_fails_nothing(pipeline, caplog):
    for item in pipeline.plan()["tables_to_extract"]:
        pipeline.done(item)
    assert pipeline.summarise(map_error={"Error": "States.ResultWriterFailed", "Cause": "no bucket"})["succeeded"] is True
    assert caplog.messages[0] == (
        "the Map over the tables ended early: States.ResultWriterFailed: no bucket; each table has its end"
    )


def test_a_map_that_ended_early_is_a_failure_where_a_table_has_lost_its_name(pipeline):
    items = pipeline.plan()["tables_to_extract"]
    pipeline.done(items[0])
    pipeline.path(items[0]["plan_uri"]).unlink()
    cause = pipeline.summarise(map_error="odd")["cause"]
    assert cause.startswith(
        "the Map over the tables ended early: odd; the open tables of the run can't be named: there is no object"
    )
    assert "; 2 of 3 tables failed" in cause


@pytest.fixture
def history(pipeline):
    """Events of the run's execution. Each child's are moved, as an engine gives them."""
    events = []
    pipeline.parts = replace(pipeline.parts, history=lambda execution_id: iter(events))
    return events


def entered(number, previous, name, item):
    return {
        "id": number, "previousEventId": previous, "type": "TaskStateEntered",
        "stateEnteredEventDetails": {"name": name, "input": json.dumps(item)},
    }  # fmt: skip


def test_the_job_of_a_child_that_died_is_stopped(pipeline, history):
    """Its parent lives on, so no reconcile comes: the summary cleans up."""
    items = pipeline.plan()["tables_to_extract"]
    stopped = []
    pipeline.parts = replace(pipeline.parts, stop_here=lambda outcome: not stopped.append(outcome.result))
    pipeline.done(items[0])
    pipeline.done(items[1])
    history += [
        entered(1, 0, "Press", items[2]),
        {"id": 2, "previousEventId": 1, "type": "TaskSubmitted", "taskSubmittedEventDetails": {"output": '{"Job": "j-9"}'}},
        {"id": 3, "previousEventId": 2, "type": "ExecutionFailed", "executionFailedEventDetails": {"error": "States.Runtime"}},
    ]
    answer = pipeline.summarise()
    assert stopped == [{"Job": "j-9"}]
    assert "1 of 3 tables failed: public.returns (NOT_RECORDED: no end of it was recorded" in answer["cause"]
    assert "its job is stopped" in answer["cause"]
    assert pipeline.tracking.run("run-1").summary["stopped_jobs"][0]["table"] == "public.returns"
    assert pipeline.held() == set()


def test_an_end_that_the_status_handler_did_not_record_is_recorded_from_the_history(pipeline, history):
    items = pipeline.plan()["tables_to_extract"]
    pipeline.done(items[0])
    pipeline.done(items[1])
    pipeline.report(items[2])
    history.append(entered(1, 0, "Extract Status Not Recorded", {**items[2], "job_result": {"State": "DONE"}}))
    assert pipeline.summarise()["succeeded"] is True
    assert pipeline.row("public.returns").state is JobState.SUCCEEDED


def test_an_end_that_cannot_be_recorded_leaves_its_table_open(pipeline, history, monkeypatch):
    items = pipeline.plan()["tables_to_extract"]
    pipeline.done(items[0])
    pipeline.done(items[1])
    history.append(entered(1, 0, "Handle Extract Job Run Status", {**items[2], "job_result": {"State": "DONE"}}))
    monkeypatch.setattr("extract_core.runs.replay.record", lambda *_: 1 / 0)
    assert "1 of 3 tables failed: public.returns (NOT_RECORDED" in pipeline.summarise()["cause"]


def test_a_plan_that_is_gone_still_counts(pipeline):
    items = pipeline.plan()["tables_to_extract"]
    pipeline.done(items[0])
    pipeline.path(items[0]["plan_uri"]).unlink()
    gone = f"the open tables of the run can't be named: there is no object at {items[0]['plan_uri']!r}"
    assert pipeline.summarise() == bad(f"{gone}; 2 of 3 tables failed. Run just these again: extract rerun run-1")
    assert pipeline.tracking.run("run-1").summary["failures"] == {"NOT_RECORDED": 2}


def test_a_run_of_no_table_is_a_failure(pipeline):
    text = (pipeline.folder / "config" / "sales.yml").read_text()
    pipeline.write(f"{text}\nrun: {{on_conflict: skip}}\n")
    pipeline.plan("run-1", ["public.accounts"])
    assert pipeline.plan("run-2", ["public.accounts"])["tables_to_extract"] == []
    assert pipeline.summarise("run-2") == bad(
        "no table was extracted, all were skipped: public.accounts: 'public.accounts' is held by run 'run-1' since "
        "2026-03-01T06:00:00.000Z"
    )
    assert pipeline.tracking.run("run-2").summary["reason"] == (
        "no table was extracted: 1 skipped (1 held by run 'run-1' since 2026-03-01T06:00:00.000Z)"
    )


def test_a_run_that_was_refused(pipeline):
    pipeline.write("extract: {job_type: press, tables: {a: {}}, fetchsise: 1}")
    with pytest.raises(ConfigError) as raised:
        pipeline.plan()
    assert pipeline.summarise() == bad(f"nothing was planned: {raised.value}")


def test_a_run_that_nobody_recorded(pipeline):
    assert pipeline.summarise("run-7") == bad(
        "run 'run-7' was never recorded: its config manager failed before it began; see that state's error"
    )
    assert pipeline.tracking.runs() == []


def test_a_run_whose_config_manager_died(pipeline):
    pipeline.tracking.start_run(
        RunRecord(run_id="run-1", execution_id="exec:run-1", source="sales", started_at="2026-03-01T06:00:00Z")
    )
    assert pipeline.summarise() == bad("nothing was planned: its config manager did not finish")


def test_a_run_id_of_another_execution_is_left_alone(pipeline):
    pipeline.plan()
    payload = {"execution": {**pipeline.execution("run-1"), "id": "exec:other"}, "map_error": None}
    assert summarise(pipeline.parts, payload) == bad(
        "the run id 'run-1' belongs to execution 'exec:run-1': start the run under another name"
    )
    assert pipeline.tracking.run("run-1").summary is None


def test_a_payload_without_an_execution(pipeline):
    with pytest.raises(UsageError, match=r"^the payload's 'execution' has no id, name, started_at"):
        summarise(pipeline.parts, {"run_id": "run-1"})


@pytest.mark.parametrize(
    ("failed", "planned", "fail_when", "verdict"),
    [
        (0, 3, "any", False),
        (1, 3, "any", True),
        (2, 3, "all", False),
        (3, 3, "all", True),
        (0, 3, "0%", False),
        (1, 11, "10%", False),
        (1, 10, "10%", True),
        (2, 10, "10 %", True),
        (1, 1000, "0%", True),
    ],
)
def test_the_policy_decides(failed, planned, fail_when, verdict):
    assert fails(failed, planned, fail_when) is verdict


def test_a_run_may_succeed_with_failures(pipeline):
    text = (pipeline.folder / "config" / "sales.yml").read_text()
    pipeline.write(f"{text}\nrun: {{fail_when: 50%}}\n")
    assert pipeline.run(failing=["public.returns"]) == GOOD
    summary = pipeline.tracking.run("run-1").summary
    assert (summary["state"], summary["failed"], summary["fail_when"]) == ("SUCCEEDED", 1, "50%")


def rows(count, message):
    return [
        AttemptRow(
            run_id="run-1", source="sales", table=f"public.t{n:05}", attempt=1, job_type="glue", state=JobState.FAILED,
            failure=FailureClass.USER_CODE, message=message, recorded_at="t",
        )
        for n in range(count)
    ]  # fmt: skip


RECORD = RunRecord(
    run_id="run-1", execution_id="e", source="sales", started_at="2026-03-01T06:00:00Z", planned=2_000, policy=Policy()
)


def test_a_cause_of_many_tables_names_some_and_counts_the_others():
    summary = summarised(RECORD, rows(2_000, "line one\nline two " + "x" * 5_000), ended_at=datetime(2026, 3, 1, 7, tzinfo=UTC))
    text = cause("run-1", summary)
    assert text.startswith("2,000 of 2,000 tables failed: public.t00000 (USER_CODE: line one line two xxx")
    assert text.endswith(" …) and 1,980 more. Run just these again: extract rerun run-1")
    assert len(text) < 10_000
    assert len(summary["failed_tables"]) == 100


@given(st.integers(0, 30), st.text(max_size=50) | st.just("ü" * 40_000), st.none() | st.just("ended " * 10_000))
def test_a_cause_fits_its_state_and_always_says_the_way_on(count, message, reason):
    summary = summarised(RECORD, rows(count, message), ended_at=datetime(2026, 3, 1, 7, tzinfo=UTC), reason=reason)
    text = cause("run-1", summary)
    assert len(text) <= CAUSE_LENGTH
    assert text.endswith("Run just these again: extract rerun run-1")


def test_every_attempt_is_paid():
    """The bill is of all attempts; counts, rows and the slowest tables are of the last ones."""
    common = {"run_id": "r", "source": "s", "table": "t", "job_type": "x", "recorded_at": "t"}
    first = AttemptRow(**common, attempt=1, state=JobState.FAILED, cost_basis={"dpu_seconds": 60.0})
    last = AttemptRow(**common, attempt=2, state=JobState.SUCCEEDED, cost_basis={"dpu_seconds": 120.0}, rows=2)
    summary = summarised(replace(RECORD, planned=1), [last, first], ended_at=datetime(2026, 3, 1, 7, tzinfo=UTC))
    chosen = {key: summary[key] for key in ("state", "succeeded", "failed", "rows", "cost_basis")}
    assert chosen == {"state": "SUCCEEDED", "succeeded": 1, "failed": 0, "rows": 2, "cost_basis": {"dpu_seconds": 180.0}}
