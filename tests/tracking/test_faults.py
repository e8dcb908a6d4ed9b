"""Each request to DynamoDB goes wrong once, in each way it can: who tries the same call again ends where nothing went wrong."""

from __future__ import annotations

import re
from dataclasses import replace

import boto3
import pytest
from botocore.config import Config
from shared_fixtures.dynamodb import FaultPerCall

from extract_core import FailureClass, JobState
from extract_core.tracking.dynamodb.keys import table_definition
from extract_core.tracking.dynamodb.store import DynamoDBTracking
from extract_core.tracking.records import MarkChange, Policy, Skipped

T1, T2 = "2026-03-01T05:00:00Z", "2026-03-01T05:30:00Z"
KINDS = ["throttled", "server error", "conflict", "never arrived", "answer lost"]


@pytest.fixture(scope="module")
def client(dynamodb):
    """A client that never tries again by itself: what it would do is done by the calls below."""
    return boto3.client("dynamodb", config=Config(retries={"total_max_attempts": 1, "mode": "standard"}))


def without_fencing(row):
    """A table that had to be given back and taken again has had one owner more."""
    return replace(row, message=row.message and re.sub(r"\d", "N", row.message))


def story(store, make, again):
    """All that a store can do, in a life of three runs; `again` makes a call until it is answered."""
    policy = Policy(fail_when="10%")
    again(lambda: store.start_run(make.run(event={"source": "sales"})))
    first = again(lambda: make.take(store, "public.a", "public.b")).taken
    a, b = (make.guard(fencing=first[table].state.fencing) for table in ("public.a", "public.b"))
    again(lambda: store.plan_run("run-1", plan_uri="p", planned=2, policy=policy, skipped=[Skipped(table="c", reason="r")]))
    again(lambda: store.finish(make.row(), guard=a, commit=make.commit(T1)))
    failed = make.row(table="public.b", state=JobState.FAILED, failure=FailureClass.CAPACITY)
    again(lambda: store.finish(failed, guard=b, last=False))
    again(lambda: store.finish(replace(failed, attempt=2), guard=replace(b, attempt=2)))
    again(lambda: store.put_summary("run-1", {"state": "FAILED"}))
    again(lambda: store.start_run(make.run("run-2", "exec-2")))
    second = again(lambda: make.take(store, "public.a", "public.b", owner=make.owner("run-2", "exec-2"))).taken
    again(lambda: store.release("sales", ["public.b"], "exec-2"))
    again(lambda: store.refuse_run("run-2", "why"))
    again(lambda: make.take(store, "public.a", owner=make.owner("run-3", "exec-3"), running=[]))
    again(
        lambda: store.finish(
            make.row("run-2"), guard=make.guard("run-2", second["public.a"].state.fencing), commit=make.commit(T2, T1, 1)
        )
    )
    change = MarkChange(
        source="sales", table="public.a", version=2, changed_at=T2, changed_by="ana", reason="r", before=T1, mark=None
    )
    again(lambda: store.set_mark(change))
    runs = again(store.runs)
    assert [run.run_id for run in runs] == ["run-2", "run-1"]
    assert len(again(lambda: store.history("sales", "public.a"))) == 2
    return [
        runs,
        again(lambda: store.run("run-1")),
        [replace(state, fencing=0) for state in again(lambda: store.states("sales", ["public.a", "public.b"])).values()],
        [again(lambda run=run: [without_fencing(row) for row in store.attempts(run)]) for run in ("run-1", "run-2", "run-3")],
        again(lambda: store.mark_changes("sales", "public.a")),
    ]


@pytest.fixture(scope="module")
def undisturbed(client, dynamodb, wire):
    """What the story leaves, and how many requests each call takes. A module's `make` comes with each test."""
    known: list = []

    def once(make):
        if not known:
            lengths = []

            def counted(call):
                before = len(sent.requests)
                answer = call()
                lengths.append(len(sent.requests) - before)
                return answer

            with fresh(dynamodb, client) as store, wire(client) as sent:
                known.extend((story(store, make, counted), lengths))
        return known

    return once


class fresh:  # noqa: N801 - a context, as a function would be
    def __init__(self, dynamodb, client):
        self.dynamodb, self.client = dynamodb, client

    def __enter__(self):
        self.dynamodb.create_table(**table_definition("faults"))
        self.store = DynamoDBTracking(self.client, "faults", sleep=lambda _: None, now=lambda: 0.0)
        return self.store

    def __exit__(self, *error):
        self.store._calls._pool.shutdown()
        self.dynamodb.delete_table(TableName="faults")


@pytest.mark.parametrize("kind", KINDS)
def test_each_request_goes_wrong_once(kind, client, dynamodb, wire, undisturbed, make):  # noqa: PLR0917 - fixtures
    expected, lengths = undisturbed(make)
    assert sum(lengths) > 30
    for position in range(1, max(lengths) + 1):
        with fresh(dynamodb, client) as store, wire(client) as sent:
            faults = FaultPerCall(sent, kind, position)
            assert story(store, make, faults.again) == expected, f"request {position} of each call"
        assert faults.met == sum(length >= position for length in lengths), f"request {position} of each call"
