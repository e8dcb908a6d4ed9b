"""What is DynamoDB's own: requests and their number, sizes, shards, time to live, errors in words."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import boto3
import pytest
from botocore.config import Config

from extract_core import FailureClass, JobState
from extract_core.errors import PoolFull, TrackingError, TrackingUnavailable
from extract_core.tracking.dynamodb.items import ITEM_BYTES, size
from extract_core.tracking.dynamodb.keys import TIME_TO_LIVE, attempt_key, shards, table_definition
from extract_core.tracking.dynamodb.store import DynamoDBTracking
from extract_core.tracking.open import open_tracking
from extract_core.tracking.records import Policy, Recorded, Skipped

WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")


@pytest.fixture
def table(dynamodb):
    dynamodb.create_table(**table_definition("tracking"))
    yield "tracking"
    dynamodb.delete_table(TableName="tracking")


@pytest.fixture
def client(dynamodb):
    """A client that never tries again by itself."""
    return boto3.client("dynamodb", config=Config(retries={"total_max_attempts": 1, "mode": "standard"}))


@pytest.fixture
def store(client, table):
    with DynamoDBTracking(client, table, sleep=lambda _: None, now=lambda: 1_772_344_800) as store:
        yield store


def raw(dynamodb, pk):
    answer = dynamodb.query(TableName="tracking", KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": pk}})
    return answer["Items"]


def planned(store, make, number=1, **more):
    store.start_run(make.run())
    store.plan_run("run-1", plan_uri="file:///p", planned=number, policy=Policy(), skipped=[], **more)


def test_a_table_costs_two_write_requests_of_three_items(store, client, make, wire):
    tables = [f"public.t{number}" for number in range(30)]
    with wire(client) as sent:
        planned(store, make, 30)
        begun = len(sent.sent(*WRITES))
        make.take(store, *tables)
        for name in tables:
            store.finish(make.row(table=name), guard=make.guard(), commit=make.commit("2026-03-01T05:00:00Z"))
        wrote = sent.sent(*WRITES)[begun:]
        assert begun == 2
        assert len(wrote) == 60
        assert sum(len(body.get("TransactItems", [body])) for body in wrote) == 90
        assert sent.sent("Scan") == []


def test_a_run_is_read_without_a_scan_and_by_one_query_a_shard(store, client, make, dynamodb, wire):
    planned(store, make, 1_001)
    tables = [f"public.t{number:02}" for number in range(40)]
    make.take(store, *tables)
    for name in tables:
        store.finish(make.row(table=name), guard=make.guard())
    with wire(client) as sent:
        assert [row.table for row in store.attempts("run-1")] == tables
        assert [operation for operation, _ in sent.requests] == ["Query"] * 16
    spread = {key.pk for key in (attempt_key("run-1", name, 1, 16) for name in tables)}
    assert len(spread) > 8
    assert sum(len(raw(dynamodb, pk)) for pk in spread) == 40


def test_shards():
    assert [shards(number) for number in (None, 0, 1_000, 1_001, 100_000)] == [1, 1, 1, 16, 16]


def test_pages_of_a_query_are_followed(store, make):
    tables = [f"public.t{number:02}" for number in range(40)]
    make.take(store, *tables)
    for name in tables:
        store.finish(make.row(table=name, message="m" * 60_000), guard=make.guard())  # a page has 1 MB
    assert [(row.table, len(row.message or "")) for row in store.attempts("run-1")] == [(name, 60_000) for name in tables]
    assert [row.table for row in store.history("sales", "public.t07")] == ["public.t07"]


def test_history_expires_and_states_do_not(store, make, dynamodb):
    planned(store, make)
    make.take(store, "public.a")
    store.finish(make.row(), guard=make.guard())
    expires = {"N": str(1_772_344_800 + 400 * 86_400)}
    assert [item["expires_at"] for item in (*raw(dynamodb, "RUN#run-1"), *raw(dynamodb, "RUN#run-1#0"))] == [expires] * 2
    assert "expires_at" not in raw(dynamodb, "TABLE#sales#public.a")[0]
    assert TIME_TO_LIVE == {"Enabled": True, "AttributeName": "expires_at"}


@pytest.mark.parametrize(
    "more",
    [
        {"message": "é" * 500_000},
        {"files": [{"name": f"{number * 7919 % 1_000_003:x}.parquet", "bytes": number} for number in range(60_000)]},
        {"message": "\ud800" * 200_000, "settings": {"key": [str(number * 7919) for number in range(200_000)]}},
        {"log_url": "https://" + "x" * 450_000, "job_run_id": "j" * 450_000},
    ],
)  # fmt: skip
def test_a_row_fits_whatever_a_job_says(store, make, dynamodb, more):
    make.take(store, "public.a")
    assert store.finish(make.row(rows=7, **more), guard=make.guard()).outcome is Recorded.RECORDED
    (row,) = store.attempts("run-1")
    assert (row.state, row.rows) == (JobState.SUCCEEDED, 7)
    assert size(raw(dynamodb, "RUN#run-1#0")[0]) < ITEM_BYTES
    for name in ("message", "log_url", "job_run_id"):
        text = getattr(row, name)
        assert text is None or text.endswith("characters cut)")


def test_what_is_long_but_fits_comes_back_whole(store, make):
    make.take(store, "public.a")
    files = [{"name": f"part-{number:06}.parquet", "bytes": number} for number in range(20_000)]
    row = make.row(files=files, settings={"text": "ü" * 50_000}, message="m" * 100_000)
    store.finish(row, guard=make.guard())
    assert list(store.attempts("run-1")) == [row]


def test_a_run_fits_however_many_tables_were_skipped(store, make, dynamodb):
    store.start_run(make.run(event={"text": "x" * 250_000}))
    skipped = [
        Skipped(table=f"public.t{number * 7919 % 100_003}", reason=f"held by {number * 31 % 977}") for number in range(50_000)
    ]
    record = store.plan_run("run-1", plan_uri="p", planned=1, policy=Policy(), skipped=skipped)
    assert record.skipped[:3] == tuple(skipped[:3])
    last = record.skipped[-1]
    assert last.table == "…"
    assert last.reason == f"{50_000 - (len(record.skipped) - 1)} more tables were skipped"
    store.put_summary("run-1", {"failed_tables": [{"table": str(number), "message": "m" * 300} for number in range(100)]})
    assert size(raw(dynamodb, "RUN#run-1")[0]) < ITEM_BYTES


def test_a_refusal_of_any_length_is_kept(store, make):
    store.start_run(make.run())
    refused = store.refuse_run("run-1", "fault\n" * 100_000).refused
    assert refused.endswith("(580000 characters cut)")


def test_people_can_read_the_table(store, make, dynamodb):
    make.take(store, "public.a")
    row = make.row(settings={"workers": 2}, failure=FailureClass.USER_CODE, state=JobState.FAILED, retryable=True)
    store.finish(row, guard=make.guard())
    (item,) = raw(dynamodb, "RUN#run-1#0")
    assert item["sk"] == {"S": "TABLE#public.a#0001"}
    assert (item["settings"], item["state"], item["retryable"]) == ({"S": '{"workers":2}'}, {"S": "FAILED"}, {"BOOL": True})


def test_keys_that_a_batch_did_not_get_to_are_asked_for_again(store, client, make):
    make.take(store, *[f"public.t{number:03}" for number in range(150)])
    sizes = []

    def half(parsed, **_):
        """Answers as DynamoDB does under load: the last keys of a batch stay undone."""
        if "Responses" in parsed and len(parsed["Responses"]["tracking"]) > 1:
            rows = parsed["Responses"]["tracking"]
            parsed["Responses"]["tracking"], undone = rows[:1], rows[1:]
            keys = [{name: row[name] for name in ("pk", "sk")} for row in undone]
            parsed["UnprocessedKeys"] = {"tracking": {"Keys": keys, "ConsistentRead": True}}
            sizes.append(len(undone))

    few = [f"public.t{number:03}" for number in range(5)]
    client.meta.events.register("after-call.dynamodb.BatchGetItem", half)
    assert list(store.states("sales", few)) == few
    assert sizes == [4, 3, 2, 1]
    with pytest.raises(TrackingUnavailable) as raised:
        store.states("sales", [f"public.t{number:03}" for number in range(50)])
    assert str(raised.value) == "the tracking table 'tracking' was throttled: 40 of 50 keys were not read: try again"


def test_a_transaction_that_meets_another_one_is_tried_again(store, client, make, wire):
    make.take(store, "public.a")
    with wire(client) as sent:
        sent.fault = lambda number, operation: "conflict" if operation == "TransactWriteItems" and number < 6 else None
        assert store.finish(make.row(), guard=make.guard()).outcome is Recorded.RECORDED
        sent.fault = lambda number, operation: "conflict" if operation == "PutItem" else None
        with pytest.raises(TrackingUnavailable) as raised:
            make.take(store, "public.b")
    assert str(raised.value) == (
        "the tracking table 'tracking': PutItem: throttled or not available for now (An error occurred "
        "(TransactionConflictException) when calling the PutItem operation (reached max retries: 0): injected "
        "TransactionConflictException): try again"
    )


def test_a_table_that_is_not_there_is_said(client, dynamodb):
    with DynamoDBTracking(client, "nowhere") as store, pytest.raises(TrackingError) as raised:
        store.run("run-1")
    assert str(raised.value) == (
        "the tracking table 'nowhere': GetItem: there is no such table, or it has no index 'history': deploy the pipeline, or "
        "name the right table and region (An error occurred (ResourceNotFoundException) when calling the GetItem operation "
        "(reached max retries: 0): Requested resource not found)"
    )


def test_a_name_that_dynamodb_refuses_is_not_worth_another_try(store, make):
    with pytest.raises(TrackingError) as raised:
        make.take(store, "t" * 3_000)
    assert not isinstance(raised.value, TrackingUnavailable)
    assert "ValidationException" in str(raised.value)


@pytest.mark.parametrize(
    "place",
    ["dynamodb://", "dynamodb://t", "dynamodb://a/b", "dynamodb://table?zone=a", "dynamodb://table?region=", "dynamodb://a%20b"],
)
def test_a_place_that_names_no_table(place):
    with pytest.raises(TrackingError) as raised:
        open_tracking(place)
    assert str(raised.value) == (
        f"the tracking place {place!r} names no table: write dynamodb://table, or dynamodb://table?region=eu-central-1; a "
        "table's name has 3 to 255 letters, digits, _ . and -"
    )


def test_a_region_that_is_none(monkeypatch):
    with pytest.raises(TrackingError, match=r"^the tracking place 'dynamodb://table\?region=no%20where' can't be used: "):
        open_tracking("dynamodb://table?region=no%20where")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with pytest.raises(TrackingError) as raised:
        open_tracking("dynamodb://table")
    assert str(raised.value) == "the tracking place 'dynamodb://table' can't be used: You must specify a region."


def test_a_place_is_opened(table, make):
    with open_tracking(f"dynamodb://{table}?region=eu-central-1") as store:
        assert store.start_run(make.run()) == make.run()
        assert store.runs() == [make.run()]


def test_an_endpoint_of_the_environment_is_used(monkeypatch, dynamodb):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with open_tracking("dynamodb://table?region=eu-central-1") as store:
        assert store._calls._client.meta.endpoint_url == "http://127.0.0.1:9"


def test_nothing_of_the_definition_is_provisioned():
    assert json.loads(json.dumps(table_definition("t")))["BillingMode"] == "PAY_PER_REQUEST"


def test_records_have_the_members_that_are_stored(make):
    """A member that is added to a record must be added to its item."""
    assert set(asdict(make.row())) == {
        "run_id", "source", "table", "attempt", "job_type", "state", "recorded_at", "failure", "retryable", "message",
        "job_run_id", "log_url", "started_at", "ended_at", "cost_basis", "rows", "bytes", "files", "watermark_low",
        "watermark_high", "extract_s3_uri", "result_uri", "settings", "message_uri", "rows_without_watermark",
        "fencing", "mode", "rows_in_the_future", "rows_delivered_before", "schema_changes", "notes", "proof",
        "waited_seconds", "shared",
    }  # fmt: skip


def test_a_table_with_a_slot_costs_three_write_requests_and_a_refusal_none(store, client, make, wire, dynamodb):
    tables = [f"public.t{number}" for number in range(4)]
    make.take(store, *tables)

    def take(name):
        return store.take_slot(
            "sales", name, pool="db", size=3, guard=make.guard(), execution_id="exec-1", taken_at="2026-03-01T06:00:00Z"
        )

    with wire(client) as sent:
        for name in tables[:3]:
            take(name)
        assert [len(body["TransactItems"]) for body in sent.sent(*WRITES)] == [2, 2, 2]
        with pytest.raises(PoolFull):
            take(tables[3])
        assert [operation for operation, _ in sent.requests[9:]] == ["GetItem", "Query"]
        taken = len(sent.sent(*WRITES))
        for name in tables[:3]:
            store.finish(make.row(table=name), guard=make.guard())
        assert [len(body["TransactItems"]) for body in sent.sent(*WRITES)[taken:]] == [3, 3, 3]
    assert raw(dynamodb, "POOL#db") == []


def test_a_slot_that_no_state_names_is_freed(store, make, dynamodb):
    make.take(store, "public.a")
    slot = store.take_slot(
        "sales", "public.a", pool="db", size=1, guard=make.guard(), execution_id="e", taken_at="2026-03-01T06:00:00Z"
    )
    state = {"pk": {"S": "TABLE#sales#public.a"}, "sk": {"S": "STATE"}}
    dynamodb.delete_item(TableName="tracking", Key=state)
    assert not store.free_slot(replace(slot, taken_at="later"))
    assert store.slots("db") == [slot]
    assert store.free_slot(slot)
    assert store.slots("db") == []
