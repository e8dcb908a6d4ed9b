"""A dead run is closed whatever is damaged: each fault is recorded at its own table, and the others end as they should."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from extract_core import FailureClass, JobState
from extract_core.registry.routing import HANDLE_STATUS
from extract_core.runs.reconcile import reconcile
from extract_core.status.live_files import live_attempts

ACCOUNTS, ORDERS, RETURNS = "public.accounts", "public.orders", "public.returns"


def change_line(pipeline, change) -> None:
    """Change the plan line of public.orders. `change` gets the line and returns the new one."""
    path = pipeline.folder / "runs/run-1/plan.jsonl"
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"".join((change(line) if b'"table":"public.orders"' in line else line) + b"\n" for line in lines))


def with_item(**members):
    """A change of these members of the item of a line."""

    def change(line: bytes) -> bytes:
        parts = json.loads(line)
        return json.dumps({**parts, "item": {**parts["item"], **members}}).encode()

    return change


LINE, END = "line 2 of ", "the end of public.orders can't be recorded: OverflowError: "
DAMAGED_LINES = {
    "cut in the middle": (lambda line: line[: len(line) // 2], LINE),
    "no JSON": (lambda _: b"\x00\xff\xfe", LINE),
    "a list": (lambda _: b"[]", LINE),
    "no item": (lambda _: b'{"item": null, "settings": {}, "spec": {}, "table_run": {}}', LINE),
    "nested too deep": (lambda _: b"[" * 200_000, LINE),
    "no lease": (with_item(lease=None), LINE),
    "an attempt that is text": (with_item(attempt="1"), LINE),
    "an attempt without end": (with_item(attempt=10**20), END),
}


@pytest.mark.parametrize(("damage", "reason"), DAMAGED_LINES.values(), ids=DAMAGED_LINES)
def test_a_damaged_line_of_the_plan_is_that_table_alone(pipeline, damage, reason):
    items = {item["table"]: item for item in pipeline.plan()["tables_to_extract"]}
    pipeline.done(items[ACCOUNTS])
    change_line(pipeline, damage)
    summary = reconcile(pipeline.parts, "run-1", "ABORTED", "")
    assert {row.table: row.state for row in pipeline.tracking.attempts("run-1")} == {
        ACCOUNTS: JobState.SUCCEEDED,
        RETURNS: JobState.STOPPED,
    }
    assert (summary["state"], summary["succeeded"], summary["failures"]) == ("STOPPED", 1, {"NOT_RECORDED": 1, "STOPPED": 1})
    assert reason in summary["reason"]
    pipeline.running.clear()
    assert pipeline.run("run-2")["succeeded"]


def test_a_row_that_the_store_refuses_is_recorded_without_its_details(pipeline):
    pipeline.plan()
    change_line(pipeline, with_item(lease={"fencing": 10**20}))
    reconcile(pipeline.parts, "run-1", "ABORTED", "by ann")
    row = pipeline.row(ORDERS)
    assert (row.state, row.failure, row.job_type, row.fencing) == (JobState.FAILED, FailureClass.CONFLICT, None, None)
    assert "by ann; the rest of this attempt can't be stored: OverflowError: " in row.message


def test_a_plan_that_is_gone_leaves_the_run_closed(pipeline):
    pipeline.done(pipeline.plan()["tables_to_extract"][0])
    (pipeline.folder / "runs/run-1/plan.jsonl").unlink()
    summary = reconcile(pipeline.parts, "run-1", "ABORTED", "")
    assert summary["reason"].startswith("the run was stopped; the open tables of the run can't be named: there is no object at ")
    assert summary["failures"] == {"NOT_RECORDED": 2}
    pipeline.running.clear()
    assert pipeline.run("run-2")["succeeded"]


def test_a_table_whose_line_is_damaged_is_known_from_the_history_of_its_job(pipeline):
    items = {item["table"]: item for item in pipeline.plan()["tables_to_extract"]}
    change_line(pipeline, lambda _: b"\x00\xff\xfe")
    started = {"id": 1, "type": "x", "stateEnteredEventDetails": {"name": "Press", "input": json.dumps(items[ORDERS])}}
    summary = reconcile(with_history(pipeline, [started]), "run-1", "ABORTED", "")
    assert pipeline.row(ORDERS).state is JobState.STOPPED
    assert summary["failures"] == {"STOPPED": 3}


def with_history(pipeline, events):
    return replace(pipeline.parts, history=lambda _: iter(events))


TEXTS = {"half a character": '"\\ud800"', "nested too deep": "[" * 100_000, "a number without end": "9" * 5_000, "cut": '{"a": '}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_damaged_event_hides_no_other_event(pipeline, text):
    items = {item["table"]: item for item in pipeline.plan()["tables_to_extract"]}
    pipeline.report(items[ACCOUNTS])
    done = {**items[ACCOUNTS], "job_result": {"State": "DONE"}}
    events = [
        {"id": 1, "type": "x", "stateEnteredEventDetails": {"name": HANDLE_STATUS, "input": text}},
        {"id": 2, "type": "x", "stateEnteredEventDetails": {"name": HANDLE_STATUS, "input": json.dumps(done)}},
        {"id": 3, "type": "x", "stateExitedEventDetails": {"name": "Press", "output": text}},
    ]
    reconcile(with_history(pipeline, events), "run-1", "ABORTED", "")
    assert pipeline.row(ACCOUNTS).state is JobState.SUCCEEDED


CAUSES = {"half a character": "x\ud800", "NUL": "x\0y", "1 MB": "x" * 1_000_000}
"""No service sends more: Step Functions and Lambda have at most 262,144 bytes, an item of DynamoDB 400 KB."""


@pytest.mark.parametrize("cause", CAUSES.values(), ids=CAUSES)
def test_any_cause_can_be_recorded(pipeline, cause):
    items = pipeline.plan()["tables_to_extract"]
    events = [{"id": 1, "type": "x", "stateEnteredEventDetails": {"name": HANDLE_STATUS, "input": json.dumps(
        {**items[0], "job_error": {"Error": "States.TaskFailed", "Cause": cause}})}}]  # fmt: skip
    assert reconcile(with_history(pipeline, events), "run-1", "ABORTED", cause)["failed"] == 3
    assert pipeline.row(ACCOUNTS).failure is FailureClass.USER_CODE


@pytest.fixture
def blocked(pipeline):
    """A run in which public.accounts has ended well, but its manifest's folder is a file."""
    item = pipeline.plan()["tables_to_extract"][0]
    pipeline.report(item)
    (pipeline.folder / "data/sales/public.accounts/_committed").write_text("in the way")
    with pytest.raises(Exception, match="the attempt is recorded, but its manifest can't be written: "):
        pipeline.record(item, {"State": "DONE"})
    return pipeline


@pytest.mark.parametrize("by", ["summary", "reconcile"])
def test_a_manifest_that_can_not_be_written_is_said_and_stops_nothing(blocked, by):
    if by == "summary":
        assert blocked.summarise()["succeeded"] is False
    else:
        reconcile(blocked.parts, "run-1", "ABORTED", "")
    summary = blocked.tracking.run("run-1").summary
    assert (
        f"{ACCOUNTS} is committed, but its manifest can't be written (correct the cause, then: extract reconcile run-1): "
        in (summary["reason"])
    )
    assert (summary["state"], summary["succeeded"], summary["failed"]) == ("STOPPED" if by == "reconcile" else "FAILED", 1, 2)
    blocked.running.clear()
    assert len(blocked.plan("run-2", [ORDERS, RETURNS])["tables_to_extract"]) == 2


def test_a_second_close_of_it_changes_nothing(blocked):
    summary = reconcile(blocked.parts, "run-1", "ABORTED", "")
    assert reconcile(blocked.parts, "run-1", "ABORTED", "") == summary


FOREIGN = ("10000000000000000000-0001.json", "9999999999-0001.json", "12-1.json", "0000000007-0001.json.bak", "x.crc")


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_object_in_a_manifest_is_no_entry(pipeline, name):
    manifest = pipeline.folder / "data/sales/public.accounts/_committed"
    manifest.mkdir(parents=True)
    (manifest / name).write_text("{}")
    for number in (1, 2):
        assert pipeline.run(f"run-{number}")["succeeded"]
    [live] = live_attempts(pipeline.parts.objects, pipeline.parts.data_uri, "sales", ACCOUNTS)
    assert live.run_id == "run-2"
    assert pipeline.state(ACCOUNTS).fencing == 2
