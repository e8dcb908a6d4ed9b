"""Rows that are damaged or newer hide no others, and answers that DynamoDB did not send are worth another try."""

from __future__ import annotations

import sqlite3

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from extract_core import JobState
from extract_core.errors import TrackingError, TrackingUnavailable
from extract_core.tracking.dynamodb.keys import table_definition
from extract_core.tracking.dynamodb.store import DynamoDBTracking
from extract_core.tracking.records import AttemptRow, Guard, Owner, RunRecord
from extract_core.tracking.sqlite import SQLiteTracking

DAMAGE = {
    "a newer state": "UPDATE attempts SET state = 'PAUSED' WHERE attempt = 1",
    "a newer failure": "UPDATE attempts SET failure = 'BORED' WHERE attempt = 1",
    "half a text of JSON": "UPDATE attempts SET files = '[{' WHERE attempt = 1",
}


def filled(path):
    with SQLiteTracking(path) as store:
        for name in ("run-1", "run-2"):
            store.start_run(
                RunRecord(run_id=name, execution_id=name, source="s", started_at="2026-03-01T06:00:00+00:00", event={})
            )
        for attempt in (1, 2):
            row = AttemptRow(run_id="run-1", source="s", table="a", attempt=attempt, job_type="x", state=JobState.FAILED,
                             recorded_at=f"2026-03-01T06:0{attempt}:00+00:00")  # fmt: skip
            store.finish(row, guard=Guard(run_id="run-1", fencing=1, attempt=attempt))


def change(path, statement):
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("statement", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_attempt_hides_no_other(tmp_path, caplog, statement):
    filled(tmp_path / "t.db")
    change(tmp_path / "t.db", statement)
    with SQLiteTracking(tmp_path / "t.db") as store:
        assert [row.attempt for row in store.attempts("run-1")] == [2]
        assert [row.attempt for row in store.history("s", "a")] == [2]
    assert caplog.messages[0].startswith(
        "left out: an attempt in the tracking store is damaged, or was written by a newer version (ValueError: "
        if "JSON" not in statement and "[{" not in statement
        else "left out: an attempt in the tracking store is damaged, or was written by a newer version (JSONDecodeError: "
    )


@pytest.mark.parametrize("column", ["event", "summary", "policy", "skipped"])
def test_a_damaged_run_hides_no_other(tmp_path, column):
    filled(tmp_path / "t.db")
    change(tmp_path / "t.db", f"UPDATE runs SET {column} = '{{' WHERE run_id = 'run-1'")  # noqa: S608 - names of this test
    with SQLiteTracking(tmp_path / "t.db") as store:
        assert [record.run_id for record in store.runs()] == ["run-2"]
        with pytest.raises(
            TrackingError, match=r"^the record of a run in the tracking store is damaged, or was written by a newer"
        ):
            store.run("run-1")


def test_a_damaged_state_of_a_table_is_never_taken_for_a_new_table(tmp_path):
    owner = Owner(execution_id="e", run_id="run-1", started_at="2026-03-01T06:00:00+00:00", bound="2999-01-01T00:00:00+00:00")
    with SQLiteTracking(tmp_path / "t.db") as store:
        store.take("s", ["a"], owner, is_running=lambda _: True, now=None, all_or_nothing=True)
    change(tmp_path / "t.db", "UPDATE table_states SET last_state = 'PAUSED'")
    with SQLiteTracking(tmp_path / "t.db") as store, pytest.raises(TrackingError, match=r"^the state of a table in the tracking"):
        store.take("s", ["a"], owner, is_running=lambda _: True, now=None, all_or_nothing=True)


BODIES = {
    "a page": b"<html>log in</html>",
    "nothing": b"",
    "another object": b'{"ok": true}',
    "a list": b"[]",
    "half": b'{"Items": [',
}


class _Raw:
    def __init__(self, body):
        self._body = body

    def stream(self, *_, **__):
        yield self._body


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_an_answer_that_dynamodb_did_not_send_is_worth_another_try(dynamodb, body):
    dynamodb.create_table(**table_definition("elsewhere"))
    client = boto3.client("dynamodb", config=Config(retries={"total_max_attempts": 1, "mode": "standard"}))
    client.meta.events.register_first(
        "before-send.dynamodb", lambda request, **_: AWSResponse(request.url, 200, {"content-type": "text/html"}, _Raw(body))
    )
    store = DynamoDBTracking(client, "elsewhere", sleep=lambda _: None)
    record = RunRecord(run_id="run-1", execution_id="e", source="s", started_at="2026-03-01T06:00:00+00:00", event={})
    calls = {
        "GetItem": lambda: store.run("run-1"),
        "PutItem": lambda: store.start_run(record),
        "UpdateItem": lambda: store.put_summary("run-1", {}),
        "Query": store.runs,
        "BatchGetItem": lambda: store.states("s", ["a"]),
    }
    try:
        for operation, call in calls.items():
            with pytest.raises(TrackingUnavailable) as raised:
                call()
            assert str(raised.value).startswith(f"the tracking table 'elsewhere': {operation}: the answer is not from DynamoDB (")
    finally:
        dynamodb.delete_table(TableName="elsewhere")
