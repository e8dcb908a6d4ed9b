"""A DISTRIBUTED Map: its children's histories among those of the execution, for watch and for reconcile."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import boto3
import pytest
from botocore.stub import Stubber

from extract_cli.views.changes import Changes
from extract_cli.views.progress import Progress
from extract_core import JobState
from extract_core.aws import follow
from extract_core.aws.client import StepFunctions
from extract_core.registry.routing import HANDLE_STATUS
from extract_core.runs.reconcile import reconcile

EXECUTION = "arn:aws:states:eu-central-1:123456789012:execution:extract:run-1"
MAP_RUN = "arn:aws:states:eu-central-1:123456789012:mapRun:extract/Tables:f00d"
CHILD = "arn:aws:states:eu-central-1:123456789012:execution:extract/Tables:"
AT = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)


@pytest.fixture
def states(monkeypatch):
    monkeypatch.setattr("extract_core.aws.follow.POLL_SECONDS", 0.0)
    client = boto3.client("stepfunctions", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stub:
        yield StepFunctions(client), Script(stub)
        stub.assert_no_pending_responses()


class Script:
    """The expected requests to Step Functions, in order, and their answers."""

    def __init__(self, stub: Stubber) -> None:
        self._stub = stub

    def status(self, word):
        answer = {"executionArn": EXECUTION, "stateMachineArn": "arn", "status": word, "startDate": AT}
        self._stub.add_response("describe_execution", answer, {"executionArn": EXECUTION})

    def history(self, execution, events):
        request = {"executionArn": execution, "maxResults": 1000, "includeExecutionData": True}
        self._stub.add_response("get_execution_history", {"events": events}, request)

    def counts(self, **counts):
        names = ("pending", "running", "succeeded", "failed", "timedOut", "aborted", "total", "resultsWritten")
        counted = {name: counts.get(name, 0) for name in names}
        answer = {
            "mapRunArn": MAP_RUN, "executionArn": EXECUTION, "status": "RUNNING", "startDate": AT, "maxConcurrency": 9,
            "toleratedFailurePercentage": 100.0, "toleratedFailureCount": 0, "itemCounts": counted, "executionCounts": counted,
        }  # fmt: skip
        self._stub.add_response("describe_map_run", answer, {"mapRunArn": MAP_RUN})

    def children(self, status, *names, token=None, following=None):
        request = {"mapRunArn": MAP_RUN, "statusFilter": status, "maxResults": 1000, **({"nextToken": token} if token else {})}
        listed = [
            {"executionArn": CHILD + name, "stateMachineArn": "arn", "name": name, "status": status, "startDate": AT}
            for name in names
        ]
        more = {"nextToken": following} if following else {}
        self._stub.add_response("list_executions", {"executions": listed, **more}, request)


def event(number, kind, **details):
    return {"id": number, "previousEventId": number - 1, "type": kind, "timestamp": AT + timedelta(seconds=number), **details}


def entered(number, name, item):
    details = {"name": name, "input": json.dumps(item)}
    return event(number, "TaskStateEntered", stateEnteredEventDetails=details)


def exited(number, name, output):
    return event(number, "TaskStateExited", stateExitedEventDetails={"name": name, "output": json.dumps(output)})


PARENT = [
    event(1, "MapStateStarted", mapStateStartedEventDetails={"length": 0}),
    event(2, "MapRunStarted", mapRunStartedEventDetails={"mapRunArn": MAP_RUN}),
]


def child(table, status=None):
    """The history of a table's child: its job runs, or has ended with this status."""
    begun = [event(1, "ExecutionStarted"), entered(2, "Glue Start", {"table": table, "job_type": "glue"})]
    if status is None:
        return begun
    ended = [entered(3, HANDLE_STATUS, {}), exited(4, HANDLE_STATUS, {"status": status}), event(5, "ExecutionSucceeded")]
    return [*begun, *ended]


def test_a_wide_map_is_followed_by_its_counts_and_by_the_tables_that_are_met(states):
    client, script = states
    script.status("RUNNING")
    script.history(EXECUTION, PARENT)
    script.counts(total=3, running=2, pending=1)
    script.children("RUNNING", "b", "a")
    script.history(CHILD + "a", child("accounts"))
    script.history(CHILD + "b", child("orders"))
    script.status("SUCCEEDED")
    script.history(EXECUTION, PARENT)
    script.counts(total=3, succeeded=3)
    script.children("RUNNING")
    script.history(CHILD + "a", child("accounts", "SUCCEEDED"))
    script.history(CHILD + "b", child("orders", "FAILED"))
    for status in ("FAILED", "TIMED_OUT", "ABORTED"):
        script.children(status)
    script.children("SUCCEEDED", "c", "b", following="more")
    script.history(CHILD + "c", child("returns", "SUCCEEDED"))
    script.children("SUCCEEDED", "a", token="more")
    changes = Changes()
    lines = [
        {name: value for name, value in line.items() if name not in ("at", "started")}
        for event in follow.watch(client, EXECUTION)
        for line in changes.of(event)
    ]
    none = dict.fromkeys(("pending", "running", "succeeded", "failed", "timedOut", "aborted"), 0)
    assert lines == [
        {"planned": 3},
        {"counts": {**none, "running": 2, "pending": 1, "total": 3, "resultsWritten": 0}},
        {"table": "accounts", "job_type": "glue"},
        {"table": "orders", "job_type": "glue"},
        {"counts": {**none, "succeeded": 3, "total": 3, "resultsWritten": 0}},
        {"table": "accounts", "state": "SUCCEEDED"},
        {"table": "orders", "state": "FAILED"},
        {"table": "returns", "job_type": "glue"},
        {"table": "returns", "state": "SUCCEEDED"},
    ]


def test_one_look_reads_no_more_than_a_moment_allows(states, monkeypatch):
    monkeypatch.setattr("extract_core.aws.map_runs.READS", 1)
    client, script = states
    script.history(EXECUTION, PARENT)
    script.counts(total=5, running=3, pending=1, succeeded=1)
    script.children("RUNNING", "b", "a")
    script.history(CHILD + "a", child("accounts"))
    progress = Progress()
    for event in follow.look(client, EXECUTION):
        progress.feed(event)
    assert (progress.planned, progress.done, progress.at_work, progress.running) == (5, 1, 3, {"accounts": "glue"})
    assert progress.since == {"accounts": AT + timedelta(seconds=2)}


def test_reconcile_records_the_ends_that_stand_in_the_histories_of_children(pipeline, states):
    client, script = states
    items = {item["table"]: item for item in pipeline.plan()["tables_to_extract"]}
    pipeline.report(items["public.orders"], rows=7, high="2026-03-01 05:00:00")
    script.history("exec:run-1", PARENT)
    script.children("RUNNING")
    script.children("ABORTED", "x", "y")
    script.history(CHILD + "x", [entered(4, HANDLE_STATUS, {**items["public.orders"], "job_result": {"State": "DONE"}})])
    script.history(CHILD + "y", [entered(3, "Press", items["public.accounts"])])
    script.children("FAILED", "z")
    failed = {**items["public.returns"], "job_error": {"Error": "States.TaskFailed", "Cause": "exit code 3"}}
    script.history(CHILD + "z", [entered(4, HANDLE_STATUS, failed)])
    for status in ("TIMED_OUT", "PENDING_REDRIVE", "SUCCEEDED"):
        script.children(status)
    pipeline.running.clear()
    for _ in range(2):
        summary = reconcile(
            replace(pipeline.parts, history=partial(follow.history, client)), "run-1", "ABORTED", "somebody stopped it"
        )
        assert (summary["state"], summary["succeeded"], summary["failed"]) == ("STOPPED", 1, 2)
    assert {row.table: (row.state, row.message) for row in pipeline.tracking.attempts("run-1")} == {
        "public.orders": (JobState.SUCCEEDED, None),
        "public.returns": (JobState.FAILED, "exit code 3"),
        "public.accounts": (JobState.STOPPED, "somebody stopped it"),
    }
    assert pipeline.state("public.orders").watermark == "2026-03-01 05:00:00"


def test_children_that_succeeded_are_read_up_to_a_bound(states, monkeypatch, caplog):
    caplog.set_level("INFO")
    monkeypatch.setattr("extract_core.aws.map_runs.MOST_READ", 1)
    client, script = states
    script.history(EXECUTION, PARENT)
    for status in ("RUNNING", "ABORTED", "FAILED", "TIMED_OUT", "PENDING_REDRIVE"):
        script.children(status)
    script.children("SUCCEEDED", "a", "b")
    script.history(CHILD + "a", child("accounts", "SUCCEEDED"))
    ids = [event["id"] for event in follow.history(client, EXECUTION)]
    assert ids == [1, 2, 100_001, 100_002, 100_003, 100_004, 100_005]
    assert f"of the children of {MAP_RUN} that succeeded, 1 were read" in caplog.text


def test_a_token_that_has_run_out_begins_anew_and_no_event_comes_twice(states):
    client, script = states
    stub = script._stub
    request = {"executionArn": EXECUTION, "maxResults": 1000, "includeExecutionData": True}
    first = [event(1, "ExecutionStarted"), event(2, "PassStateEntered")]
    script.status("RUNNING")
    stub.add_response("get_execution_history", {"events": first, "nextToken": "old"}, request)
    stub.add_response("get_execution_history", {"events": []}, {**request, "nextToken": "old"})
    script.status("SUCCEEDED")
    stub.add_client_error("get_execution_history", "InvalidToken")
    stub.add_response("get_execution_history", {"events": [*first, event(3, "ExecutionSucceeded")]}, request)
    assert [event["id"] for event in follow.watch(client, EXECUTION)] == [1, 2, 3]
