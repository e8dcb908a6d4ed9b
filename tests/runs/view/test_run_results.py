"""`run_results.json`: runs of all kinds give a document that the published schema accepts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from extract_core import FailureClass
from extract_core.errors import ConfigError
from extract_core.registry.installed import Registry
from extract_core.runs.close import close_stopped
from extract_core.runs.view.build import as_json, run_results
from extract_core.runs.view.document import VERSION, Prices
from extract_core.runs.view.remedies import ADVICE
from extract_core.runs.view.schema import results_schema

PUBLISHED = Path(__file__).parents[3] / "docs" / "schemas" / f"run_results-{VERSION}.json"
TABLES = ["public.accounts", "public.orders", "public.returns"]


@pytest.fixture
def results_of(pipeline):
    """The document of a run, as JSON that was checked against the published schema."""
    validator = Draft202012Validator(json.loads(PUBLISHED.read_text(encoding="utf-8")))

    def make(run_id="run-1", state=None, **more):
        record = pipeline.tracking.run(run_id)
        state = state or record.summary["state"]
        now = datetime(2026, 3, 1, 7, 0, tzinfo=UTC)
        results = run_results(pipeline.tracking, pipeline.parts.objects, record, state, now=now, **more)
        document = json.loads(json.dumps(as_json(results)))
        assert [error.message for error in validator.iter_errors(document)] == []
        return document

    return make


def test_the_published_schema_is_the_one_of_the_types(golden):
    schema = results_schema()
    Draft202012Validator.check_schema(schema)
    golden(PUBLISHED, json.dumps(schema, indent=2) + "\n")


def test_a_run_without_a_failure(pipeline, results_of):
    pipeline.run()
    document = results_of()
    assert (document["state"], document["verdict"]) == ("SUCCEEDED", "All 3 tables succeeded.")
    assert document["totals"]["rows"] == 9
    assert [table["table"] for table in document["tables"]] == TABLES
    assert document["failures"] == []
    assert (document["rerun"], document["comparison"], document["states"]) == (None, None, None)
    orders = document["tables"][1]
    assert orders["window"] == {
        "mode": "incremental", "column": "updated_at", "type": "TimestampType", "low": None, "high": "2026-03-01 05:00:00",
    }  # fmt: skip
    assert (orders["seconds"], orders["cost"], orders["files"]) == (30.0, {"dpu_seconds": 60.0}, 1)


def test_failures_are_grouped_by_class_and_reason_with_a_remedy_and_the_command(pipeline, results_of):
    items = pipeline.plan()["tables_to_extract"]
    for item, number in zip(items, (17, 4, 5), strict=True):
        pipeline.fail(item, f"job jr_{number} of {item['table']} ended: exit code 1")
    pipeline.summarise()
    document = results_of(options=["--local"])
    assert document["verdict"] == "0 of 3 tables succeeded, 3 did not."
    assert document["rerun"] == "extract rerun run-1 --local"
    (group,) = document["failures"]
    assert (group["failure"], group["tables"]) == ("USER_CODE", 3)
    assert (group["meaning"], group["remedy"]) == tuple(ADVICE["USER_CODE"])
    assert group["reasons"] == [{"message": "job jr_17 of public.accounts ended: exit code 1", "tables": TABLES}]


def test_reasons_that_differ_in_words_stay_apart_and_the_frequent_one_is_first(pipeline, results_of):
    items = pipeline.plan()["tables_to_extract"]
    for item, cause in zip(items, ("no such column", "no such table", "no such table"), strict=True):
        pipeline.fail(item, cause)
    pipeline.summarise()
    (group,) = results_of()["failures"]
    assert group["reasons"] == [
        {"message": "no such table", "tables": ["public.orders", "public.returns"]},
        {"message": "no such column", "tables": ["public.accounts"]},
    ]


def test_each_class_of_failure_has_advice():
    assert {failure.value for failure in FailureClass} <= ADVICE.keys()


def test_a_table_with_two_attempts_sums_their_cost_and_keeps_both(pipeline, results_of):
    class Crowded(type(pipeline.parts.registry.job_type("press"))):
        def status(self, outcome):
            status = super().status(outcome)
            is_full = outcome.error is not None
            capacity = {"failure": FailureClass.CAPACITY, "retryable": True, "cost_basis": {"dpu_seconds": 1.0}}
            return replace(status, **capacity) if is_full else status

    pipeline.parts = replace(pipeline.parts, registry=Registry.of(Crowded()))
    pipeline.write("extract:\n  job_type: press\n  db_engine: sqlite\n  max_attempts: 2\n  tables: {public.accounts: {}}\n")
    machine = {"name": "extract", "map": "INLINE", "max_concurrency": 1, "retry_loop": True, "contract": [1, 0], "versions": {},
               "job_types": {"press": {}}}  # fmt: skip
    (item,) = pipeline.plan(machine=machine)["tables_to_extract"]
    again = pipeline.fail(item, "no hosts")
    waiting = results_of(state="RUNNING")
    assert (waiting["tables"][0]["state"], waiting["totals"]["open"], waiting["failures"]) == ("RETRYING", 1, [])
    pipeline.done(again)
    pipeline.summarise()
    document = results_of()
    (table,) = document["tables"]
    assert (table["state"], table["cost"], document["totals"]["retried"]) == ("SUCCEEDED", {"dpu_seconds": 61.0}, 1)
    assert [(attempt["attempt"], attempt["failure"]) for attempt in table["attempts"]] == [(1, "CAPACITY"), (2, None)]
    assert document["failures"] == []


def test_a_run_that_goes_on_says_what_is_open(pipeline, results_of):
    items = pipeline.plan()["tables_to_extract"]
    pipeline.done(items[0])
    document = results_of(state="RUNNING")
    assert document["verdict"] == "1 of 3 tables succeeded so far, 0 did not, 2 are open."
    assert [table["state"] for table in document["tables"]] == ["SUCCEEDED", "OPEN", "OPEN"]
    assert (document["ended_at"], document["seconds"], document["rerun"]) == (None, 3600.0, None)


def test_a_run_whose_plan_is_gone_counts_the_tables_that_nobody_recorded(pipeline, results_of):
    items = pipeline.plan()["tables_to_extract"]
    pipeline.done(items[0])
    pipeline.path(pipeline.tracking.run("run-1").plan_uri).unlink()
    document = results_of(state="RUNNING")
    assert (len(document["tables"]), document["totals"]["planned"], document["totals"]["open"]) == (1, 3, 2)


def test_a_stopped_run(pipeline, results_of):
    items = pipeline.plan()["tables_to_extract"]
    pipeline.done(items[0])
    close_stopped(pipeline.parts, "run-1", "stopped by ada")
    document = results_of()
    assert (document["state"], document["reason"]) == ("STOPPED", "stopped by ada")
    assert document["verdict"] == "The run was stopped: 1 of 3 tables succeeded, 2 did not, 0 are open."
    assert document["failures"][0]["failure"] == "STOPPED"


def test_a_refused_run(pipeline, results_of):
    pipeline.write("extract: {tables: 3}")
    with pytest.raises(ConfigError):
        pipeline.plan()
    pipeline.summarise()
    document = results_of(state="REFUSED")
    assert (document["state"], document["tables"]) == ("REFUSED", [])
    assert document["verdict"] == "Nothing was planned, so no table was extracted."
    assert "sales.yml" in document["reason"]


def test_a_plan_error_and_a_backfill(pipeline, results_of):
    pipeline.run(backfill={"from": "2026-01-01", "to": "2026-02-01"})
    document = results_of()
    modes = {table["table"]: table["window"]["mode"] for table in document["tables"]}
    assert modes["public.orders"] == "backfill"
    assert {group["failure"] for group in document["failures"]} == {"CONFIG"}


def test_a_rerun_has_the_tables_that_failed(pipeline, results_of):
    pipeline.run(failing=["public.returns"])
    pipeline.run("run-2", tables=None, rerun_of="run-1")
    document = results_of("run-2")
    assert (document["rerun_of"], document["totals"]["planned"]) == ("run-1", 1)


def test_it_is_compared_with_the_latest_earlier_run_of_each_table(pipeline, results_of):
    pipeline.run(failing=["public.returns"])
    later = {"id": "exec:run-2", "name": "run-2", "started_at": "2026-03-02T06:00:00.000Z"}
    pipeline.execution = lambda run_id: later
    pipeline.run("run-2", failing=["public.accounts"])
    document = results_of("run-2")
    compared = document["comparison"]
    assert compared["runs"] == ["run-1"]
    assert [(change["table"], change["kind"], change["before"]) for change in compared["changes"]] == [
        ("public.accounts", "newly_failed", "SUCCEEDED"),
        ("public.returns", "fixed", "USER_CODE"),
    ]
    assert document["tables"][1]["earlier"]["run_id"] == "run-1"


def test_prices_give_money_and_units_without_a_price_are_named(pipeline, results_of):
    pipeline.run(failing=["public.returns"])
    prices = {"press": Prices(as_of="2026-11-01", region="eu-west-1", usd={"dpu_seconds": 0.001})}
    document = results_of(prices=prices)
    assert document["bill"]["usd_by_job_type"] == {"press": 0.12}
    assert (document["bill"]["usd"], document["bill"]["unpriced"]) == (0.12, [])
    assert document["tables"][0]["usd"] == 0.06
    unpriced = results_of()["bill"]
    assert (unpriced["usd"], unpriced["unpriced"], unpriced["units"]) == (None, ["press: dpu_seconds"], {"dpu_seconds": 120.0})


def test_a_history_counts_states_and_their_failures(pipeline, results_of):
    pipeline.run()
    history = [
        {"id": 1, "previousEventId": 0, "type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "Press"}},
        {"id": 2, "previousEventId": 1, "type": "TaskScheduled"},
        {"id": 3, "previousEventId": 2, "type": "TaskFailed"},
        {"id": 4, "previousEventId": 0, "type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "Press"}},
    ]
    assert results_of(history=history)["states"] == [{"state": "Press", "entered": 2, "failed": 1}]
