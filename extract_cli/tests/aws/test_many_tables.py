"""Two thousand tables through the DISTRIBUTED machine, with moto's S3 and DynamoDB: failures, a rerun, and requests per table."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter

import boto3
import botocore.handlers
import pytest

TABLES = int(os.environ.get("EXTRACT_SOAK_TABLES", "2000"))
FAILING = max(1, TABLES // 100)
HEAD = "source_name: sales\nextract:\n  job_type: glue\n  db_engine: postgres\n  db_name: sales\n  db_secret: s\n  tables:\n"
WRITES = ("PutItem", "UpdateItem", "TransactWriteItems", "DeleteItem", "BatchWriteItem")


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_thousand_tables(cloud, cli, monkeypatch):
    monkeypatch.setattr("extract_core.aws.follow.POLL_SECONDS", 2.0)  # as for a person: each look costs time of this process
    names = [f"public.t{number:04}" for number in range(TABLES)]
    boto3.client("s3").put_object(
        Bucket="bucket", Key="config/sales.yml", Body=(HEAD + "".join(f"    {name}: {{}}\n" for name in names)).encode()
    )
    requests: Counter[str] = Counter()

    def count(event_name, **_):
        requests[event_name.rpartition(".")[2]] += 1

    # of sessions that are made from here on, such as that of the tracking store
    monkeypatch.setattr(
        botocore.handlers, "BUILTIN_HANDLERS", [("before-send.dynamodb", count), *botocore.handlers.BUILTIN_HANDLERS]
    )
    cloud.deploy()
    cloud.glue.failing = set(names[:FAILING])
    run = cli("run", "sales", "--run-id", "one", "--output", "json", "--max-concurrency", "50")
    assert run.code == 1, run.err[-2000:]
    answer = json.loads(run.out)
    states = Counter((row["state"], row["failure"]) for row in answer["tables"])
    assert states == {("SUCCEEDED", None): TABLES - FAILING, ("FAILED", "USER_CODE"): FAILING}
    assert sorted(cloud.glue.started) == names
    writes = sum(requests[name] for name in WRITES)
    sys.stdout.write(f"{dict(requests)}: {writes / TABLES:.3f} write requests per table\n")
    assert 2 * TABLES <= writes <= 2 * TABLES + 10
    cloud.glue.failing, cloud.glue.started = set(), []
    again = cli("rerun", "one", "--run-id", "two", "--output", "json")
    assert again.code == 0, again.err[-2000:]
    assert sorted(cloud.glue.started) == names[:FAILING]
    held = [table for table, state in cloud.parts.tracking.states("sales", names).items() if state.owner is not None]
    assert held == []
