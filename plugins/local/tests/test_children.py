"""The children of a local Map Run: their events, and counts as DescribeMapRun has them."""

from __future__ import annotations

from asl_toolkit.runtime.map_run_events import ChildStart, MapRunLimits, MapRunStart
from extract_local.executions.children import Children


def test_counts_come_at_the_start_and_at_the_end_and_seldom_between(monkeypatch):
    events = []
    children = Children(events.append)
    monkeypatch.setattr("extract_local.executions.children.time.monotonic", lambda: 100.0)
    for items in (None, 3):
        children.map_run(MapRunStart("arn", "execution", "machine", items, MapRunLimits(2, None, 100.0), 0, events.append))
    for end in ("ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted"):
        listen = children.child(ChildStart("arn", "child", "arn:child"))
        listen({"id": 1, "previousEventId": 0, "type": "ExecutionStarted"})
        listen({"id": 2, "previousEventId": 1, "type": end})
    counts = [event["mapRunCountedEventDetails"] for event in events if event["type"] == "MapRunCounted"]
    first = {"pending": 3, "running": 0, "succeeded": 0, "failed": 0, "aborted": 0, "timedOut": 0, "total": 3}
    assert counts == [first, {**first, "pending": 0, "succeeded": 1, "failed": 1, "aborted": 1}]
    ids = [(event["id"], event["previousEventId"]) for event in events if event["type"] != "MapRunCounted"]
    assert ids == [
        (base + number, base + number - 1 if number > 1 else 0) for base in (100_000, 200_000, 300_000) for number in (1, 2)
    ]
