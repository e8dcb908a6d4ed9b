"""`latest` is a run that has begun: a clock that was ahead does not hide newer runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from extract_cli.find_run import find_run
from extract_core.tracking.records import Policy, RunRecord
from extract_core.tracking.sqlite import SQLiteTracking


@pytest.fixture
def store(tmp_path):
    with SQLiteTracking(tmp_path / "t.db") as tracking:
        yield tracking


def put(store, run_id, **ago):
    started = (datetime.now(UTC) - timedelta(**ago)).isoformat()
    store.start_run(RunRecord(run_id=run_id, execution_id=run_id, source="s", started_at=started, event={}))
    store.plan_run(run_id, plan_uri="file:///p", planned=1, policy=Policy(), skipped=[])


def test_the_latest_run_is_the_newest_that_has_begun(store):
    put(store, "old", hours=2)
    put(store, "new", hours=1)
    put(store, "ahead", days=-400)
    assert [record.run_id for record in store.runs()] == ["ahead", "new", "old"]
    assert find_run(store, "latest").run_id == "new"
    assert find_run(store, "latest", planned=True).run_id == "new"


def test_a_run_of_the_future_is_the_latest_if_there_is_no_other(store):
    put(store, "ahead", days=-400)
    assert find_run(store, "latest").run_id == "ahead"


def test_clocks_may_differ_by_minutes(store):
    put(store, "old", hours=2)
    put(store, "just now", minutes=-2)
    assert find_run(store, "latest").run_id == "just now"
