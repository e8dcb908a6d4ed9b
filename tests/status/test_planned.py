"""A forged or amended item: places, mode, mark and plan line are those of the plan, whatever the item says."""

from __future__ import annotations

import json

import pytest

from extract_core import FailureClass, JobState
from extract_core.errors import UsageError
from extract_core.objects.files import file_uri
from extract_core.status.record import record

MARK = "2026-03-01 05:00:00"
DONE = {"job_result": {"State": "DONE"}}


def entries(pipeline, table="public.orders"):
    place = pipeline.folder / "data/sales" / table / "_committed"
    return [json.loads(path.read_text()) for path in sorted(place.glob("*.json"))] if place.exists() else []


@pytest.mark.parametrize(
    "forged",
    [
        {"extract_s3_uri": "file:///tmp/another-bucket/"},
        {"result_uri": "file:///tmp/another-bucket/result.json"},
        {"watermark": {"column": None, "type": None, "low": None, "mode": "full"}},
        {"watermark": {"column": "updated_at", "type": "TimestampType", "low": None, "mode": "backfill", "high": "2027-01-01"}},
        {"watermark": None},
        {"job_type": "another"},
        {"result": "optional"},
        {"max_attempts": 99},
        {"timeout_seconds": 1},
        {"run_started_at": "2020-01-01T00:00:00Z"},
    ],
)
def test_what_the_item_says_of_its_plan_does_not_count(pipeline, item_of, forged):
    item = item_of("public.orders")
    pipeline.report(item, high=MARK)
    assert record(pipeline.parts, {**item, **forged, **DONE}) == {"status": "SUCCEEDED"}
    row, state, [entry] = pipeline.row("public.orders"), pipeline.state("public.orders"), entries(pipeline)
    assert (row.extract_s3_uri, row.result_uri, row.job_type) == (item["extract_s3_uri"], item["result_uri"], "press")
    assert (entry["mode"], entry["extract_s3_uri"]) == ("incremental", item["extract_s3_uri"])
    assert (state.watermark, state.last_result) == (MARK, item["result_uri"])


def test_an_item_cannot_hide_earlier_data_by_another_mode(pipeline):
    """As full, its entry would stand for the whole table."""
    pipeline.run()
    item = next(item for item in pipeline.plan("run-2")["tables_to_extract"] if item["table"] == "public.orders")
    pipeline.report(item, high="2026-03-01 05:30:00")
    assert record(pipeline.parts, {**item, "watermark": {"mode": "full"}, **DONE}) == {"status": "SUCCEEDED"}
    assert [(entry["mode"], entry["low_watermark"]) for entry in entries(pipeline)] == [
        ("incremental", None),
        ("incremental", MARK),
    ]


@pytest.mark.parametrize("name", ["table", "source", "run_id", "lease"])
def test_an_item_with_the_plan_line_of_another_table_is_refused(pipeline, name):
    items = {item["table"]: item for item in pipeline.plan()["tables_to_extract"]}
    other = {"table": "public.accounts", "source": "crm", "run_id": "run-0", "lease": {"fencing": 7}}
    item = {**items["public.orders"], name: other[name], "job_error": {"Error": "x"}}
    with pytest.raises(UsageError) as raised:
        record(pipeline.parts, item)
    assert str(raised.value).startswith(
        "the item names the plan" if name == "run_id" else "the item does not fit its plan line ("
    )
    assert list(pipeline.tracking.attempts("run-1")) == []
    assert pipeline.held() == {"public.accounts", "public.orders", "public.returns"}


def test_a_plan_line_of_another_table_starts_no_attempt_of_that_table(pipeline):
    items = {item["table"]: item for item in pipeline.plan()["tables_to_extract"]}
    item = {**items["public.orders"], "plan_line": items["public.accounts"]["plan_line"], "job_error": {"Error": "x"}}
    with pytest.raises(UsageError, match=r"table is 'public.orders', not 'public.accounts'"):
        record(pipeline.parts, item)


def test_a_plan_elsewhere_is_not_read(pipeline, item_of):
    item = item_of("public.orders")
    forged = pipeline.folder / "forged.jsonl"
    forged.write_bytes(pipeline.path(item["plan_uri"]).read_bytes())
    with pytest.raises(UsageError) as raised:
        record(pipeline.parts, {**item, "plan_uri": file_uri(forged), **DONE})
    assert str(raised.value) == (f"the item names the plan {file_uri(forged)!r}, but that of run 'run-1' is {item['plan_uri']!r}")


def test_a_run_that_was_planned_before_runs_uri_changed_is_recorded(pipeline, item_of):
    from dataclasses import replace

    item = item_of("public.orders")
    pipeline.parts = replace(
        pipeline.parts,
        runs_uri=file_uri(pipeline.folder / "new runs") + "/",
        data_uri=file_uri(pipeline.folder / "new data") + "/",
    )
    assert pipeline.done(item, high=MARK) == {"status": "SUCCEEDED"}
    assert [entry["extract_s3_uri"] for entry in entries(pipeline)] == [item["extract_s3_uri"]]


def reports_failure(pipeline, item, name="CONFIG", retryable=False, **changes):
    error = {"class": name, "message": "column 'x' does not exist", "retryable": retryable}
    report = {
        "version": 2,
        "run_id": item["run_id"],
        "attempt": item["attempt"],
        "table": item["table"],
        "error": error,
        **changes,
    }
    pipeline.put(item["result_uri"], json.dumps(report))


@pytest.mark.parametrize(
    ("name", "failure"),
    [
        ("CONFIG", FailureClass.CONFIG), ("PROOF", FailureClass.PROOF), ("CONFLICT", FailureClass.CONFLICT),
        ("PERMISSION", FailureClass.PERMISSION), ("CAPACITY", FailureClass.CAPACITY), ("USER_CODE", FailureClass.USER_CODE),
        ("INTERRUPTED", FailureClass.INTERRUPTED), ("THROTTLED", FailureClass.THROTTLED),
        ("NOT_RECORDED", FailureClass.USER_CODE), ("SOMETHING", FailureClass.USER_CODE),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ended_well", [True, False])
def test_the_job_says_why_it_failed(pipeline, item_of, name, failure, ended_well):
    item = item_of()
    reports_failure(pipeline, item, name, retryable=True)
    answer = pipeline.record(item, {"State": "DONE"}) if ended_well else pipeline.fail(item)
    assert answer == {"status": "FAILED"}
    row = pipeline.row("public.accounts")
    assert (row.state, row.failure, row.retryable) == (JobState.FAILED, failure, True)
    assert row.message == "column 'x' does not exist"
    assert row.job_run_id == ("jr_1" if ended_well else None)
    assert entries(pipeline, "public.accounts") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"attempt": 2}, {"run_id": "run-0"}, {"table": "public.orders"}, {"error": None}, {"error": "no"},
        {"error": {"class": "CONFIG"}}, {"error": {"class": "CONFIG", "message": " ", "retryable": False}},
        {"error": {"class": "CONFIG", "message": "x", "retryable": "yes"}},
    ],
)  # fmt: skip
def test_a_report_of_another_attempt_says_nothing(pipeline, item_of, changes):
    item = item_of()
    reports_failure(pipeline, item, **changes)
    assert pipeline.fail(item, "exit code 1") == {"status": "FAILED"}
    row = pipeline.row("public.accounts")
    assert (row.failure, row.message) == (FailureClass.USER_CODE, "exit code 1")


def test_a_job_that_reports_data_and_fails_has_failed(pipeline, item_of):
    item = item_of()
    pipeline.report(item)
    assert pipeline.fail(item, "exit code 1") == {"status": "FAILED"}
    assert pipeline.row("public.accounts").message == "exit code 1"
    assert entries(pipeline, "public.accounts") == []
