"""A whole run on DynamoDB in which each request goes wrong once: the machine's Retry of a handler is all that it takes."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config
from shared_fixtures.dynamodb import FaultPerCall

from extract_core import JobState
from extract_core.tracking.dynamodb.keys import table_definition
from extract_core.tracking.dynamodb.store import DynamoDBTracking

MARK = "2026-03-01 05:00:00"


@pytest.fixture(scope="module")
def client(dynamodb):
    """A client that never tries again by itself."""
    return boto3.client("dynamodb", config=Config(retries={"total_max_attempts": 1, "mode": "standard"}))


def run(pipeline, again) -> dict:
    """What the machine does. `again` calls a handler that raises TrackingUnavailable a second time."""
    for item in again(pipeline.plan)["tables_to_extract"]:
        if item["table"] == "public.returns":
            again(lambda item=item: pipeline.fail(item))
        else:
            pipeline.report(item, high=MARK if item["watermark"]["mode"] == "incremental" else None)
            again(lambda item=item: pipeline.record(item, {"State": "DONE"}))
    return again(pipeline.summarise)


def left(pipeline):
    rows = {row.table: (row.state, row.watermark_high) for row in pipeline.tracking.attempts("run-1")}
    summary = pipeline.tracking.run("run-1").summary
    marks = sorted(path.parent.parent.name for path in pipeline.folder.glob("data/sales/*/_committed/*"))
    state = pipeline.state("public.orders")
    return rows, (summary["succeeded"], summary["failed"]), marks, (state.watermark, state.version), pipeline.held()


@pytest.mark.parametrize("kind", ["throttled", "never arrived", "answer lost"])
def test_each_request_of_a_run_goes_wrong_once(kind, pipeline, client, dynamodb, wire, tmp_path_factory):  # noqa: PLR0917 - fixtures
    expected = (
        {
            "public.accounts": (JobState.SUCCEEDED, None),
            "public.orders": (JobState.SUCCEEDED, MARK),
            "public.returns": (JobState.FAILED, None),
        },
        (2, 1),
        ["public.accounts", "public.orders"],
        (MARK, 1),
        set(),
    )
    position, met = 1, [0]
    while met[-1] or position == 1:  # until no call has a request at this position
        dynamodb.create_table(**table_definition("faults"))
        store = DynamoDBTracking(client, "faults", sleep=lambda _: None)
        here = type(pipeline)(tmp_path_factory.mktemp("run"), store)
        with wire(client) as sent:
            faults = FaultPerCall(sent, kind, position)
            verdict = run(here, faults.again)
        assert left(here) == expected, f"request {position} of each call"
        assert verdict["cause"].startswith("1 of 3 tables failed: public.returns (USER_CODE: exit code 1)")
        store._calls._pool.shutdown()
        dynamodb.delete_table(TableName="faults")
        met.append(faults.met)
        position += 1
    assert sum(met) > 12
