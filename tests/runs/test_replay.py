"""Jobs that had ended when their execution died: their ends stand in its history, and are recorded from there."""

from __future__ import annotations

import json
from dataclasses import replace

import boto3
import pytest
from botocore.stub import Stubber

from extract_core import JobState
from extract_core.aws import follow
from extract_core.aws.client import StepFunctions
from extract_core.errors import TrackingUnavailable
from extract_core.registry.routing import HANDLE_STATUS
from extract_core.runs.reconcile import reconcile

ARN = "arn:aws:states:eu-central-1:123456789012:execution:extract:run-1"
MARK = "2026-03-01 05:00:00"


def entered(number, item, name=HANDLE_STATUS):
    text = item if isinstance(item, str) else json.dumps(item)
    details = {"name": name, "input": text}
    return {"id": number, "type": "TaskStateEntered", "timestamp": "2026-03-01T06:00:00Z", "stateEnteredEventDetails": details}


def test_an_end_that_the_handler_did_not_record_is_recorded(pipeline):
    items = {item["table"]: item for item in pipeline.plan()["tables_to_extract"]}
    pipeline.report(items["public.orders"], rows=7, high=MARK)
    events = [
        entered(1, {**items["public.orders"], "job_result": {"State": "DONE"}}),
        entered(2, {**items["public.returns"], "job_error": {"Error": "States.TaskFailed", "Cause": "exit code 3"}}),
        entered(3, items["public.accounts"], "Press"),
        entered(4, "{cut"),
        entered(5, {**items["public.accounts"], "run_id": "run-0", "job_result": {"State": "DONE"}}),
        {"id": 6, "type": "ExecutionAborted", "timestamp": "2026-03-01T06:00:00Z"},
    ]
    parts = replace(pipeline.parts, history=lambda execution: iter(events if execution == "exec:run-1" else ()))
    pipeline.running.clear()
    for _ in range(2):
        summary = reconcile(parts, "run-1", "ABORTED", "somebody stopped it")
        assert (summary["state"], summary["succeeded"], summary["failed"]) == ("STOPPED", 1, 2)
    rows = {row.table: (row.state, row.message) for row in pipeline.tracking.attempts("run-1")}
    assert rows == {
        "public.orders": (JobState.SUCCEEDED, None),
        "public.returns": (JobState.FAILED, "exit code 3"),
        "public.accounts": (JobState.STOPPED, "somebody stopped it"),
    }
    assert pipeline.state("public.orders").watermark == MARK


def test_without_the_history_the_tables_end_as_the_execution_did(pipeline, caplog):
    pipeline.plan()

    def refused(execution):
        raise PermissionError("not allowed: states:GetExecutionHistory")

    summary = reconcile(replace(pipeline.parts, history=refused), "run-1", "TIMED_OUT", "")
    assert summary["failures"] == {"TIMEOUT": 3}
    assert "the history of the execution can't be read: not allowed: states:GetExecutionHistory" in caplog.text


def test_a_history_that_is_throttled_is_asked_for_again(pipeline):
    pipeline.plan()

    def throttled(execution):
        raise TrackingUnavailable("rate exceeded")

    with pytest.raises(TrackingUnavailable):
        reconcile(replace(pipeline.parts, history=throttled), "run-1", "ABORTED", "")
    assert pipeline.tracking.run("run-1").summary is None


@pytest.fixture
def stepfunctions():
    client = boto3.client("stepfunctions", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stub:
        yield client, stub
        stub.assert_no_pending_responses()


def page(*numbers, token=None):
    events = [{"id": n, "type": "PassStateEntered", "timestamp": 1_772_344_800, "previousEventId": n - 1} for n in numbers]
    return {"events": events, **({"nextToken": token} if token else {})}


def request(token=None):
    request = {"executionArn": ARN, "maxResults": 1000, "includeExecutionData": True}
    return {**request, "nextToken": token} if token else request


def status(word):
    return {"executionArn": ARN, "stateMachineArn": "arn", "status": word, "startDate": 1_772_344_800}


def test_the_pages_of_a_history_are_read(stepfunctions):
    client, stub = stepfunctions
    stub.add_response("get_execution_history", page(1, 2, token="next"), request())
    stub.add_response("get_execution_history", page(3), request("next"))
    assert [event["id"] for event in follow.history(StepFunctions(client), ARN)] == [1, 2, 3]


def test_a_live_execution_is_followed_to_its_end_and_no_event_comes_twice(stepfunctions, monkeypatch):
    monkeypatch.setattr("extract_core.aws.follow.POLL_SECONDS", 0.0)
    client, stub = stepfunctions
    stub.add_response("describe_execution", status("RUNNING"))
    stub.add_response("get_execution_history", page(1, 2, token="next"), request())
    stub.add_response("get_execution_history", page(3), request("next"))
    stub.add_response("describe_execution", status("SUCCEEDED"))
    stub.add_response("get_execution_history", page(3, 4), request("next"))
    assert [event["id"] for event in follow.watch(StepFunctions(client), ARN)] == [1, 2, 3, 4]


def test_an_execution_that_is_forgotten_has_no_events(stepfunctions):
    client, stub = stepfunctions
    stub.add_client_error("get_execution_history", "ExecutionDoesNotExist")
    assert list(follow.history(StepFunctions(client), ARN)) == []


def test_a_history_that_is_refused_is_said(stepfunctions):
    client, stub = stepfunctions
    stub.add_client_error("get_execution_history", "ThrottlingException", "Rate exceeded")
    with pytest.raises(TrackingUnavailable) as raised:
        list(follow.history(StepFunctions(client), ARN))
    assert str(raised.value) == (
        f"can't read the history of {ARN!r} from Step Functions: An error occurred (ThrottlingException) when calling the "
        "GetExecutionHistory operation: Rate exceeded"
    )
