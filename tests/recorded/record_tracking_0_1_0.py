"""Writes what version 0.1.0 kept in its tracking stores: tracking_0_1_0.db and tracking_0_1_0.dynamodb.json.

It needs the code of 0.1.0 (commit a5de171) and moto:

    git worktree add ../extract-0.1.0 a5de171
    PYTHONPATH=../extract-0.1.0/src python tests/recorded/record_tracking_0_1_0.py

Both stores get the same calls, so tests can expect the same of both.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import boto3
from moto import mock_aws

from extract_core.contract import FailureClass, JobState
from extract_core.tracking.dynamodb.keys import table_definition
from extract_core.tracking.dynamodb.store import DynamoDBTracking
from extract_core.tracking.records import AttemptRow, Commit, Guard, MarkChange, Owner, Policy, RunRecord, Skipped
from extract_core.tracking.sqlite import SQLiteTracking

HERE = Path(__file__).parent
NOW = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
FIRST, SECOND = "2026-03-01T06:00:00+00:00", "2026-03-02T06:00:00+00:00"


def fill(store) -> None:
    """Run one: a committed, b failed, c skipped, and a person sets a mark. Run two holds a and b and has not ended."""
    for run, started in (("run-1", FIRST), ("run-2", SECOND)):
        store.start_run(
            RunRecord(
                run_id=run, execution_id=f"exec-{run}", source_name="sales", started_at=started,
                event={"source_name": "sales", "extract_tables": ["a", "b", "c"]}, versions={"extract-glue": "0.1.0"},
                rerun_of="run-1" if run == "run-2" else None,
            )
        )  # fmt: skip
        store.plan_run(
            run, plan_uri=f"s3://runs/{run}/plan.jsonl", planned=2, policy=Policy(fail_when="10%", on_conflict="skip"),
            skipped=[Skipped(table="c", reason="held by another run")],
        )  # fmt: skip
        owner = Owner(execution_id=f"exec-{run}", run_id=run, started_at=started, bound="2026-03-09T06:00:00+00:00")
        store.take("sales", ["a", "b"], owner, is_running=lambda _: False, now=NOW, all_or_nothing=True)
        if run == "run-1":
            store.finish(
                AttemptRow(
                    run_id=run, source="sales", table="a", attempt=1, job_type="glue", state=JobState.SUCCEEDED,
                    recorded_at="2026-03-01T06:10:00+00:00", job_run_id="jr_1", started_at=FIRST, rows=7, bytes=70,
                    files=[{"name": "part-0.parquet", "bytes": 70}], low_watermark="2026-02-27", high_watermark="2026-02-28",
                    extract_s3_uri="s3://data/a/", result_uri="s3://runs/a.json", settings={"workers": 2},
                    cost_basis={"dpu_seconds": 60.0}, rows_without_watermark=1,
                ),
                guard=Guard(run_id=run, fencing=1, attempt=1),
                commit=Commit(from_version=0, column="day", type="DateType", low="2026-02-27", high="2026-02-28"),
            )  # fmt: skip
            store.finish(
                AttemptRow(
                    run_id=run, source="sales", table="b", attempt=1, job_type="glue", state=JobState.FAILED,
                    recorded_at="2026-03-01T06:11:00+00:00", failure=FailureClass.USER_CODE, message="KeyError: 'x'",
                ),
                guard=Guard(run_id=run, fencing=1, attempt=1),
            )  # fmt: skip
            store.put_summary(run, {"run_id": run, "source_name": "sales", "state": "FAILED", "planned": 2, "failed": 1})
            store.set_mark(
                MarkChange(
                    source="sales", table="a", version=2, changed_at="2026-03-01T09:00:00+00:00", changed_by="ada",
                    reason="late rows", before="2026-02-28", mark="2026-02-20", column="day", type="DateType",
                )
            )  # fmt: skip


def main() -> None:
    """Write both files."""
    place = HERE / "tracking_0_1_0.db"
    place.unlink(missing_ok=True)
    with SQLiteTracking(place) as store:
        fill(store)
    os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="eu-central-1")
    with mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(**table_definition("tracking"))
        with DynamoDBTracking(client, "tracking", now=NOW.timestamp) as store:
            fill(store)
        items = sorted(client.scan(TableName="tracking")["Items"], key=lambda item: (item["pk"]["S"], item["sk"]["S"]))
    text = json.dumps(items, indent=1, sort_keys=True, default=lambda data: base64.b64encode(data).decode())
    (HERE / "tracking_0_1_0.dynamodb.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
