"""Stores that pass the suite (add one here and the whole contract runs against it), and the values that it hands to them."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from extract_core import FailureClass, JobState
from extract_core.tracking.records import AttemptRow, Commit, Guard, Owner, RunRecord
from extract_core.tracking.sqlite import SQLiteTracking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from extract_core.tracking.store import TrackingStore


@pytest.fixture(params=["sqlite", "dynamodb"])
def open_store(request, tmp_path, tracking_table) -> Iterator[Callable[[], TrackingStore]]:
    """Opens the same store each time it is called, as another process would."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            yield lambda: stack.enter_context(SQLiteTracking(tmp_path / "tracking.db", busy_seconds=20))
        else:
            yield stack.enter_context(tracking_table(request.getfixturevalue("dynamodb")))


@pytest.fixture
def store(open_store) -> TrackingStore:
    return open_store()


@pytest.fixture
def many(open_store, request) -> int:
    """A number of tables that takes several pages or batches. moto copies its tables in each transaction: it gets fewer."""
    return 2_050 if request.node.callspec.params["open_store"] == "sqlite" else 120


NOW = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)


class Make:
    now = NOW

    @staticmethod
    def run(run_id="run-1", execution="exec-1", started="2026-03-01T06:00:00+00:00", **more) -> RunRecord:
        return RunRecord(run_id=run_id, execution_id=execution, source="sales", started_at=started, **more)

    @staticmethod
    def owner(run_id="run-1", execution="exec-1", bound="2026-03-02T06:00:00+00:00") -> Owner:
        return Owner(execution_id=execution, run_id=run_id, started_at="2026-03-01T06:00:00+00:00", bound=bound)

    @staticmethod
    def row(run_id="run-1", table="public.a", attempt=1, state=JobState.SUCCEEDED, **more) -> AttemptRow:
        members = {"job_type": "glue", "recorded_at": "2026-03-01T06:10:00+00:00", **more}
        return AttemptRow(run_id=run_id, source="sales", table=table, attempt=attempt, state=state, **members)

    @staticmethod
    def guard(run_id="run-1", fencing=1, attempt=1) -> Guard:
        return Guard(run_id=run_id, fencing=fencing, attempt=attempt)

    @staticmethod
    def commit(high, low=None, version=0, column="updated_at", kind="timestamp", **more) -> Commit:
        return Commit(from_version=version, column=column, type=kind, low=low, high=high, **more)

    @staticmethod
    def take(store, *tables, owner=None, running=(), all_or_nothing=True, now=NOW):
        owner = owner or Make.owner()
        return store.take(
            "sales", tables, owner, is_running=lambda execution: execution in running, now=now, all_or_nothing=all_or_nothing
        )

    failed = JobState.FAILED
    user_code = FailureClass.USER_CODE


@pytest.fixture
def make() -> type[Make]:
    return Make
