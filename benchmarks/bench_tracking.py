"""Tracking at size: SQLite from 1,000 to 100,000 tables, DynamoDB's requests and capacity units counted at 1,000.

A run makes the store calls of the handlers: take the tables, record the plan, finish each table with a watermark, sum up.
The reference is a plain loop of the two statements of a finish, one transaction each, with the same durability. `python
benchmarks/bench_tracking.py` runs all parts; names of parts (sqlite, dynamodb, status, live) choose some.
"""

from __future__ import annotations

import json
import math
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from extract_core import JobState
from extract_core.errors import PoolFull
from extract_core.tracking.dynamodb.items import attempt_item, size
from extract_core.tracking.records import AttemptRow, Commit, Guard, Owner, Policy, RunRecord
from extract_core.tracking.sqlite import SQLiteTracking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from extract_core.tracking.store import TrackingStore

SIZES = (1_000, 10_000, 100_000)
AT = "2026-03-01T06:00:00+00:00"
MARK = "2026-03-01T05:00:00Z"


def names(number: int) -> list[str]:
    """Names of tables."""
    return [f"public.table_{index:06}" for index in range(number)]


def row(table: str) -> AttemptRow:
    """An attempt as the status handler has it."""
    place = f"s3://data/sales/{table}/run_id=run-1/attempt=1/"
    return AttemptRow(
        run_id="run-1", source="sales", table=table, attempt=1, job_type="glue", state=JobState.SUCCEEDED, recorded_at=AT,
        job_run_id="jr_0123456789abcdef0123456789abcdef", log_url="https://console.aws.amazon.com/cloudwatch/home#" + "x" * 80,
        started_at=AT, ended_at=AT, cost_basis={"dpu_seconds": 120.0}, rows=1_000, bytes=100_000,
        files=[{"name": "part-00000.parquet", "bytes": 100_000}], watermark_high=MARK, extract_s3_uri=place,
        result_uri=f"s3://runs/run-1/results/{table}/attempt=1.json", settings={"number_of_workers": 2, "worker_type": "G.1X"},
    )  # fmt: skip


def run(store: TrackingStore, tables: list[str], pool: int | None = None) -> Iterator[tuple[str, float]]:
    """One whole run: seconds by step, and the seconds of each finish. With `pool`, all tables share a pool of this size.

    Then as many tables as the pool has slots are at work, and each further one first meets a full pool.
    """
    owner = Owner(execution_id="exec-1", run_id="run-1", started_at=AT, bound="2100-01-01T00:00:00+00:00")
    commit = Commit(from_version=0, column="updated_at", type="timestamp", low=None, high=MARK)
    began = time.perf_counter()
    store.start_run(RunRecord(run_id="run-1", execution_id="exec-1", source="sales", started_at=AT))
    claim = store.take("sales", tables, owner, is_running=lambda _: True, now=datetime.now(UTC), all_or_nothing=True)
    store.plan_run("run-1", plan_uri="file:///p", planned=len(tables), policy=Policy(), skipped=[])
    yield "take", time.perf_counter() - began
    for table in in_pool(store, tables, pool) if pool is not None else tables:
        guard = Guard(run_id="run-1", fencing=claim.taken[table].state.fencing, attempt=1)
        one = row(table)
        began = time.perf_counter()
        store.finish(one, guard=guard, commit=commit)
        yield "finish", time.perf_counter() - began
    began = time.perf_counter()
    assert sum(1 for _ in store.attempts("run-1")) == len(tables)
    yield "read", time.perf_counter() - began
    store.put_summary("run-1", {"run_id": "run-1", "state": "SUCCEEDED", "planned": len(tables), "succeeded": len(tables),
                                "failed": 0, "failures": {}, "failed_tables": [], "rows": 0, "bytes": 0, "cost_basis": {},
                                "slowest": [], "skipped": [], "seconds": 1.0, "reason": None})  # fmt: skip


def in_pool(store: TrackingStore, tables: list[str], size: int) -> Iterator[str]:
    """Each table when its end is due: the oldest at work, once the next table needs its slot."""
    at_work: list[str] = []
    for table in tables:
        while True:
            guard = Guard(run_id="run-1", fencing=1, attempt=1)
            try:
                store.take_slot("sales", table, pool="db", size=size, guard=guard, execution_id="exec-1", taken_at=AT)
            except PoolFull:
                yield at_work.pop(0)
            else:
                break
        at_work.append(table)
    yield from at_work


def reference(path: Path, tables: list[str]) -> float:
    """Seconds per table of a plain loop: one transaction of an INSERT and an UPDATE each."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE states (name TEXT PRIMARY KEY, mark TEXT) WITHOUT ROWID")
    connection.execute("CREATE TABLE attempts (name TEXT, attempt INTEGER, said TEXT, PRIMARY KEY (name, attempt)) WITHOUT ROWID")
    connection.executemany("INSERT INTO states VALUES (?, NULL)", [(table,) for table in tables])
    said = "x" * 600
    began = time.perf_counter()
    for table in tables:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO attempts VALUES (?, 1, ?)", (table, said))
        connection.execute("UPDATE states SET mark = ? WHERE name = ?", (MARK, table))
        connection.execute("COMMIT")
    taken = (time.perf_counter() - began) / len(tables)
    connection.close()
    return taken


def bench_sqlite(folder: Path) -> None:
    """The table of sizes."""
    per_table = {}
    for number in SIZES:
        path = folder / f"{number}.db"
        tables = names(number)
        steps: dict[str, list[float]] = {"take": [], "finish": [], "read": []}
        began = time.perf_counter()
        with SQLiteTracking(path) as store:
            for step, seconds in run(store, tables):
                steps[step].append(seconds)
        total = time.perf_counter() - began
        floor = reference(folder / f"{number}-plain.db", tables[: min(number, 5_000)])
        finish = sorted(steps["finish"])
        per_table[number] = total / number
        mean, p99 = statistics.fmean(finish), finish[math.ceil(len(finish) * 0.99) - 1]
        print(
            f"SQLite {number:>7,} tables: total {total:.1f} s; take {steps['take'][0]:.2f} s; finish mean {mean * 1e3:.2f} ms, "
            f"p99 {p99 * 1e3:.2f} ms ({mean / floor:.1f} times a plain loop); all attempts read in {steps['read'][0]:.2f} s; "
            f"{path.stat().st_size / number:,.0f} bytes a table"
        )
    slope = per_table[SIZES[-1]] / per_table[SIZES[0]]
    print(f"  a table at {SIZES[-1]:,} costs {slope:.2f} times one at {SIZES[0]:,} (1: linear)")


def bench_dynamodb(number: int = 1_000, pool: int | None = None) -> None:
    """Requests and capacity units. moto copies its table in each transaction, so only reading is timed."""
    import boto3
    import moto.dynamodb.models
    from moto import mock_aws

    from extract_core.tracking.dynamodb.keys import table_definition
    from extract_core.tracking.dynamodb.store import DynamoDBTracking

    os.environ.update({"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "eu-central-1"})
    with mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(**table_definition("tracking"))
        counts: Counter[str] = Counter()
        client.meta.events.register("before-call.dynamodb", lambda model, **_: counts.update([model.name]))
        # moto copies the whole table in each transaction, for a rollback: this would take nearly all of the time.
        moto.dynamodb.models.copy = SimpleNamespace(deepcopy=lambda value: value)
        with DynamoDBTracking(client, "tracking") as store:
            store._calls.map = lambda work, things: [work(thing) for thing in things]  # noqa: SLF001 - moto can't serve threads
            for _ in run(store, names(number), pool):
                pass
    writes = {name: count for name, count in counts.items() if name in ("PutItem", "UpdateItem", "TransactWriteItems")}
    of_tables = counts["PutItem"] - 1 + counts["TransactWriteItems"]
    shared = "" if pool is None else f" in a pool of {pool}, each after a full one"
    goal = 2 if pool is None else 3
    print(f"DynamoDB {number:,} tables{shared}: requests {dict(sorted(counts.items()))}")
    print(f"  write requests per table: {of_tables / number:.3f} (goal: {goal}; {sum(writes.values()):,} in the run)")
    if pool is not None:
        return
    item = size(attempt_item(row("public.table_000000"), shards=1, expires=0))
    attempt = 2 * math.ceil(item / 1024)  # twice in a transaction (DynamoDB guide, "Capacity consumption")
    print(
        f"  write units per table: {1 + 2 + attempt + 1} (STATE put 1; transaction: STATE 2, attempt of {item:,} bytes "
        f"{attempt}; index 1)"
    )


def bench_status(folder: Path, number: int = 100_000) -> None:
    """`extract status` of a finished run of this size, as a whole process."""
    path = folder / f"{number}.db"
    if not path.exists():
        with SQLiteTracking(path) as store:
            store._database._connection.execute("PRAGMA synchronous = OFF")  # noqa: SLF001 - only filled here, not measured
            for _ in run(store, names(number)):
                pass
    project = folder / "project"
    project.mkdir()
    (project / "config").mkdir()
    (project / "extract.toml").write_text(f'[pipeline]\ntracking = "{path}"\n')
    command = [sys.executable, "-c", "from extract_cli import main; main()", "status", "run-1", "--local"]
    took = []
    for _ in range(5):
        began = time.perf_counter()
        done = subprocess.run(command, cwd=project, check=True, capture_output=True, text=True)
        took.append(time.perf_counter() - began)
        assert "SUCCEEDED" in done.stdout
    print(
        f"extract status of a finished run of {number:,} tables: {statistics.median(took):.2f} s, the whole process (goal: 2 s)"
    )


class Remembering:
    """A client that stores answers to queries. A second query then measures only our own part of the reading."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client
        self._answers: dict[str, object] = {}
        self.bytes = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._client, name)

    def query(self, **request: object) -> object:
        """The answer of DynamoDB, or the stored one."""
        query = json.dumps(request, sort_keys=True, default=str)
        if query not in self._answers:
            answer = self._client.query(**request)  # type: ignore[arg-type] # as it came
            self.bytes += sum(size(item) for item in answer["Items"])
            self._answers[query] = answer
        return self._answers[query]

    @property
    def queries(self) -> int:
        """The number of different queries."""
        return len(self._answers)


def bench_live(number: int = 10_000) -> None:
    """All attempts of a running run, read from its 16 shards in parallel: `extract status` with DynamoDB.

    moto needs milliseconds per item, so this does not use 100,000 items: our own part grows only with their number.
    """
    import boto3
    from moto import mock_aws

    from extract_core.tracking.dynamodb.keys import table_definition
    from extract_core.tracking.dynamodb.store import DynamoDBTracking

    os.environ.update({"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "eu-central-1"})
    with mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(**table_definition("tracking"))
        puts = [{"PutRequest": {"Item": attempt_item(row(table), shards=16, expires=0)}} for table in names(number)]
        for first in range(0, number, 25):
            client.batch_write_item(RequestItems={"tracking": puts[first : first + 25]})
        remembered = Remembering(client)
        with DynamoDBTracking(cast("DynamoDBClient", remembered), "tracking") as store:
            store.start_run(RunRecord(run_id="run-1", execution_id="exec-1", source="sales", started_at=AT))
            store.plan_run("run-1", plan_uri="file:///p", planned=number, policy=Policy(), skipped=[])
            took = []
            for _ in range(2):
                began = time.perf_counter()
                assert sum(1 for _ in store.attempts("run-1")) == number
                took.append(time.perf_counter() - began)
    print(
        f"DynamoDB, a live run of {number:,} tables, read by {remembered.queries} queries of 16 shards side by side: "
        f"{took[0]:.1f} s with moto, {took[1]:.2f} s of it our own ({took[1] / number * 100_000:.1f} s for 100,000); "
        f"{remembered.bytes / 1e6:.0f} MB, {math.ceil(remembered.bytes / 4096):,} read units"
    )


def main(argv: list[str]) -> int:
    """The named parts, or all."""
    parts = argv or ["sqlite", "dynamodb", "status", "live"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "sqlite" in parts:
            bench_sqlite(folder)
        if "dynamodb" in parts:
            bench_dynamodb()
            bench_dynamodb(pool=8)
        if "status" in parts:
            bench_status(folder)
        if "live" in parts:
            bench_live()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
