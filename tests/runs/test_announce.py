"""The end of a run told to others, and what stands on each line of the log."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import boto3
import pytest
from botocore.stub import Stubber

from extract_core.errors import TablesHeld
from extract_core.lambdas import job_run_status
from extract_core.lambdas.logs import JsonLines, about
from extract_core.runs.announce import EventBridge, metrics
from extract_core.runs.reconcile import reconcile


@pytest.fixture
def heard(pipeline):
    heard: list = []
    pipeline.parts = replace(pipeline.parts, announce=heard.append)
    return heard


def test_the_end_of_each_run_is_told(pipeline, heard):
    pipeline.run("run-1", failing=["public.orders"])
    (summary,) = heard
    assert summary == pipeline.tracking.run("run-1").summary
    assert (summary["state"], summary["succeeded"], summary["failed"]) == ("FAILED", 2, 1)


def test_a_run_that_was_refused_or_stopped_is_told_too(pipeline, heard):
    pipeline.plan("run-1")
    with pytest.raises(TablesHeld):
        pipeline.plan("run-2")
    pipeline.running.clear()
    reconcile(pipeline.parts, "run-1", "ABORTED", "stopped by a person")
    assert [(run["run_id"], run["state"]) for run in heard] == [("run-2", "FAILED"), ("run-1", "STOPPED")]


def test_a_bus_that_is_down_changes_no_verdict(pipeline, caplog):
    def down(summary):
        raise ConnectionError("no route to events")

    pipeline.parts = replace(pipeline.parts, announce=down)
    assert pipeline.run("run-1")["succeeded"] is True
    assert "the end of the run could not be announced: no route to events" in caplog.text


def test_metrics_are_in_the_log_line_in_embedded_metric_format(pipeline, caplog):
    caplog.set_level(logging.INFO)
    pipeline.run("run-1", failing=["public.orders"])
    (record,) = [record for record in caplog.records if record.getMessage() == "run run-1: FAILED"]
    line = json.loads(JsonLines().format(record))
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("Extract", [["source"]])
    named = {metric["Name"]: (line[metric["Name"]], metric["Unit"]) for metric in directive["Metrics"]}
    assert named == {
        "TablesPlanned": (3, "Count"),
        "TablesSucceeded": (2, "Count"),
        "TablesFailed": (1, "Count"),
        "TablesSkipped": (0, "Count"),
        "Rows": (6, "Count"),
        "Bytes": (24, "Bytes"),
        "Duration": (line["Duration"], "Seconds"),
        "RunsFailed": (1, "Count"),
    }
    assert (line["source"], line["run_id"], line["summary"]["state"]) == ("sales", "run-1", "FAILED")


def test_a_run_without_a_plan_has_the_metrics_that_are_known(pipeline):
    summary = {"run_id": "r", "state": "FAILED", "source": "s", "seconds": -1.0, "planned": None}
    assert metrics(summary, pipeline.now())["RunsFailed"] == 1
    assert "Duration" not in metrics(summary, pipeline.now())


def test_an_event_of_eventbridge():
    client = boto3.client("events", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
    detail = json.dumps({"run_id": "run-1", "state": "FAILED"})
    entry = {"Source": "extract", "DetailType": "Extract Run Ended", "Detail": detail, "EventBusName": "data"}
    with Stubber(client) as stub:
        stub.add_response("put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}, {"Entries": [entry]})
        EventBridge("data", client)({"state": "FAILED", "run_id": "run-1"})
        stub.add_response("put_events", {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "Internal", "ErrorMessage": "x"}]})
        with pytest.raises(RuntimeError, match=r"^Internal: x$"):
            EventBridge("data", client)({})


def test_every_line_has_run_and_table_whoever_logs_it(pipeline, item_of):
    lines: list = []

    class Keep(logging.Handler):
        def emit(self, record):
            lines.append(json.loads(self.format(record)))

    keep = Keep()
    keep.setFormatter(JsonLines())
    item = item_of("public.orders")
    another = logging.getLogger("somebody.else")
    parse = pipeline.parts.registry.job_type("press").status
    root = logging.getLogger()
    root.addHandler(keep)
    root.setLevel(logging.INFO)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(pipeline.parts.registry.job_type("press")), "status", lambda self, outcome: (
                another.info("a plugin speaks"), parse(outcome))[1])  # fmt: skip
            patch.setattr(job_run_status, "parts_from_environment", lambda: pipeline.parts)
            patch.setattr(job_run_status, "log_json", lambda: None)
            pipeline.report(item)
            job_run_status.handler({**item, "job_result": {"State": "DONE"}}, None)
        with about(run_id="run-7"):
            logging.getLogger("extract_core").info("inside")
        logging.getLogger("extract_core").info("outside")
    finally:
        root.removeHandler(keep)
    spoken = {line["message"]: line for line in lines}
    plugin = spoken["a plugin speaks"]
    assert (plugin["run_id"], plugin["table"], plugin["attempt"]) == ("run-1", "public.orders", 1)
    assert spoken["inside"]["run_id"] == "run-7"
    assert "run_id" not in spoken["outside"]
