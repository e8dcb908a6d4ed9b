"""How long attempts waited for a slot of a pool: a column of `status` and `history`, beside the seconds of the job."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from extract_core.contract import JobState
from extract_core.tracking.open import open_tracking
from extract_core.tracking.records import AttemptRow, Guard, Owner, Policy, RunRecord

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)


@pytest.fixture
def ran(project):
    """A run of two tables of 30 seconds; the first attempt waited so many seconds for its slot."""

    def run(waited):
        tables = ["public.accounts", "public.notes"]
        with open_tracking(str(project / ".extract" / "tracking.db")) as tracking:
            tracking.start_run(RunRecord(run_id="one", execution_id="e", source="sales", started_at=NOW.isoformat()))
            tracking.plan_run("one", plan_uri="file:///gone", planned=2, policy=Policy(), skipped=[])
            owner = Owner(execution_id="e", run_id="one", started_at=NOW.isoformat(), bound="2100-01-01T00:00:00+00:00")
            tracking.take("sales", tables, owner, is_running=lambda _: True, now=NOW, all_or_nothing=True)
            for table, seconds in zip(tables, (waited, None), strict=True):
                row = AttemptRow(
                    run_id="one", source="sales", table=table, attempt=1, job_type="glue", state=JobState.SUCCEEDED,
                    recorded_at=NOW.isoformat(), started_at="2026-03-01T06:00:00+00:00", ended_at="2026-03-01T06:00:30+00:00",
                    waited_seconds=seconds,
                )  # fmt: skip
                tracking.finish(row, guard=Guard(run_id="one", fencing=1, attempt=1))
            tracking.put_summary("one", {"state": "SUCCEEDED"})

    return run


def cells(text):
    return [line.split() for line in text.splitlines() if line.strip(" ─")]


def test_waited_seconds_are_apart_from_those_of_the_job(cli, ran):
    ran(1_295)
    assert cells(cli("status", "one").out)[1:] == [
        ["Table", "Job", "type", "State", "Failure", "Rows", "Waited", "Seconds"],
        ["public.accounts", "glue", "SUCCEEDED", "1,295", "30.0"],
        ["public.notes", "glue", "SUCCEEDED", "30.0"],
    ]
    _, head, row = cells(cli("history", "public.accounts").out)
    assert head == ["Recorded", "Run", "Attempt", "State", "Failure", "Rows", "Waited", "From", "To"]
    assert row == ["2026-03-01T06:00:00", "one", "1", "SUCCEEDED", "1,295"]
    assert [row["waited_seconds"] for row in json.loads(cli("status", "one", "--output", "json").out)["tables"]] == [1295, None]
    assert json.loads(cli("history", "public.accounts", "--output", "json").out)[0]["waited_seconds"] == 1295


@pytest.mark.parametrize("waited", [None, 0])
def test_without_waits_the_column_is_left_out(cli, ran, waited):
    ran(waited)
    assert "Waited" not in cli("status", "one").out
    assert "Waited" not in cli("history", "public.accounts").out
