from __future__ import annotations

import pytest

from extract_core import FailureClass, JobState
from extract_core.errors import UsageError
from extract_core.runs.close import close_stopped
from extract_core.runs.reconcile import reconcile


def rows(pipeline):
    return {row.table: (row.state, row.failure, row.message) for row in pipeline.tracking.attempts("run-1")}


def test_a_stopped_run_leaves_no_table_open(pipeline):
    items = pipeline.plan()["tables_to_extract"]
    pipeline.done(items[0])
    summary = close_stopped(pipeline.parts, "run-1", "Ctrl-C")
    assert (summary["state"], summary["succeeded"], summary["failed"], summary["reason"]) == ("STOPPED", 1, 2, "Ctrl-C")
    stopped = (JobState.STOPPED, FailureClass.STOPPED, "Ctrl-C")
    assert rows(pipeline) == {
        "public.accounts": (JobState.SUCCEEDED, None, None), "public.orders": stopped, "public.returns": stopped,
    }  # fmt: skip
    assert pipeline.held() == set()
    assert pipeline.tracking.run("run-1").summary == summary


def test_twice_is_once(pipeline):
    pipeline.plan()
    first = close_stopped(pipeline.parts, "run-1", "Ctrl-C")
    assert close_stopped(pipeline.parts, "run-1", "again") == first
    assert {message for _, _, message in rows(pipeline).values()} == {"Ctrl-C"}


def test_a_job_that_ends_after_the_stop_commits_nothing(pipeline):
    orders = pipeline.plan()["tables_to_extract"][1]
    close_stopped(pipeline.parts, "run-1", "Ctrl-C")
    assert pipeline.done(orders, high="2026-03-01 05:00:00") == {"status": "STOPPED"}
    assert pipeline.state("public.orders").watermark is None


def test_the_tables_of_a_stopped_run_can_run_again(pipeline):
    pipeline.done(pipeline.plan()["tables_to_extract"][0])
    close_stopped(pipeline.parts, "run-1", "Ctrl-C")
    answer = pipeline.plan("run-2", None, rerun_of="run-1")
    assert [item["table"] for item in answer["tables_to_extract"]] == ["public.orders", "public.returns"]


def test_a_run_that_ended_by_itself_stays_as_it_is(pipeline):
    pipeline.run()
    before = pipeline.tracking.run("run-1")
    for status in ("SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"):
        assert reconcile(pipeline.parts, "run-1", status, "x") == before.summary
    assert pipeline.tracking.run("run-1") == before


@pytest.mark.parametrize("status", ["RUNNING", "PENDING_REDRIVE"])
def test_a_run_that_is_alive_stays_as_it_is(pipeline, status):
    pipeline.plan()
    assert reconcile(pipeline.parts, "run-1", status, "") is None
    assert rows(pipeline) == {}
    assert len(pipeline.held()) == 3


@pytest.mark.parametrize(
    ("status", "cause", "state", "failure", "message", "run_state"),
    [
        ("ABORTED", "by ann", JobState.STOPPED, FailureClass.STOPPED, "by ann", "STOPPED"),
        ("ABORTED", "", JobState.STOPPED, FailureClass.STOPPED, "the run was stopped", "STOPPED"),
        ("TIMED_OUT", "", JobState.TIMED_OUT, FailureClass.TIMEOUT, "the execution timed out", "FAILED"),
        (
            "FAILED",
            "States.Runtime: no $.x",
            JobState.UNKNOWN,
            FailureClass.NOT_RECORDED,
            "the execution ended FAILED without a summary: States.Runtime: no $.x",
            "FAILED",
        ),
    ],
)  # fmt: skip
def test_each_end_has_its_word(pipeline, status, cause, state, failure, message, run_state):  # noqa: PLR0917 - parameters
    pipeline.plan()
    assert reconcile(pipeline.parts, "run-1", status, cause)["state"] == run_state
    assert set(rows(pipeline).values()) == {(state, failure, message)}


def test_an_execution_without_a_record_needs_nothing(pipeline):
    assert reconcile(pipeline.parts, "run-9", "ABORTED", "") is None
    assert pipeline.tracking.runs() == []


def test_a_status_that_no_execution_has(pipeline):
    with pytest.raises(UsageError) as raised:
        reconcile(pipeline.parts, "run-1", "DONE", "")
    assert str(raised.value) == (
        "'DONE' is not a status of an execution: RUNNING, PENDING_REDRIVE, SUCCEEDED, FAILED, TIMED_OUT, ABORTED"
    )


def test_a_run_that_waited_until_its_end_keeps_the_reason(pipeline):
    text = (pipeline.folder / "config" / "sales.yml").read_text()
    pipeline.write(f"{text}\nrun: {{on_conflict: wait}}\n")
    pipeline.plan("run-0")
    with pytest.raises(Exception, match="waiting for other runs"):
        pipeline.plan()
    summary = reconcile(pipeline.parts, "run-1", "FAILED", "TablesLocked")
    assert summary["reason"].startswith("waiting for other runs (on_conflict: wait), nothing was taken: ")
    assert pipeline.held() == {"public.accounts", "public.orders", "public.returns"}
