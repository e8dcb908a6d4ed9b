"""A project whose stores have runs, and the app over it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from shared_fixtures.results import HOSTILE
from starlette.testclient import TestClient

from extract_cli.ui.app import make_app
from extract_cli.ui.site import Site
from extract_core.contract import FailureClass, JobState
from extract_core.tracking.open import open_tracking
from extract_core.tracking.records import AttemptRow, Commit, Guard, MarkChange, Owner, Policy, RunRecord

PORT = 8123
TOKEN = "of-this-test_0"
BASE = f"http://127.0.0.1:{PORT}"
ARN = "arn:aws:states:us-east-1:000000000000:execution:extract-sales:"


def record_run(store, run_id, tables, *, source="sales", day=1, ended=True, planned=None, **more):
    """A run of these tables: a name to how it failed, or to None. Watermarks rise from day to day."""
    started = f"2026-03-{day:02}T06:00:00+00:00"
    execution = ARN + run_id
    store.start_run(RunRecord(run_id=run_id, execution_id=execution, source=source, started_at=started, **more))
    owner = Owner(execution_id=execution, run_id=run_id, started_at=started, bound="2100-01-01T00:00:00+00:00")
    claim = store.take(source, list(tables), owner, is_running=lambda _: True, now=datetime.now(UTC), all_or_nothing=True)
    store.plan_run(run_id, plan_uri="file:///gone", planned=planned or len(tables), policy=Policy(), skipped=[])
    for number, (table, failure) in enumerate(tables.items()):
        row = AttemptRow(
            run_id=run_id, source=source, table=table, attempt=1, job_type="glue", failure=failure,
            state=JobState.FAILED if failure else JobState.SUCCEEDED,
            message=f"{table}: the job ended with {failure}" if failure else None,
            recorded_at=f"2026-03-{day:02}T06:10:{number % 60:02}+00:00", started_at=started,
            ended_at=f"2026-03-{day:02}T06:05:{number % 60:02}+00:00", rows=None if failure else 100 * (number + day),
            watermark_high=None if failure else f"2026-03-{day:02} 05:59:00", settings={"worker_type": "G.1X"},
        )  # fmt: skip
        state = claim.taken[table].state
        commit = Commit(
            from_version=state.version, column="updated_at", type="timestamp", high=row.watermark_high, rows=row.rows or 0
        )
        store.finish(row, guard=Guard(run_id=run_id, fencing=state.fencing, attempt=1), commit=None if failure else commit)
    if ended:
        failed = sum(failure is not None for failure in tables.values())
        summary = {"state": "FAILED" if failed else "SUCCEEDED", "ended_at": f"2026-03-{day:02}T06:12:00+00:00"}
        store.put_summary(run_id, {**summary, "seconds": 720.0, "failed": failed, "rows": 1_234})


@pytest.fixture
def stored(project):
    """The project with three ended runs, one of them of hostile names, a refused one, and a mark set by hand."""
    with open_tracking(str(project / ".extract" / "tracking.db")) as store:
        for day in (1, 2):
            record_run(store, f"night-{day}", {"public.accounts": None, "public.notes": FailureClass.CAPACITY}, day=day)
        failures = list(FailureClass)
        names = {name: failures[number % 15] if number % 2 else None for number, name in enumerate(HOSTILE) if name.isprintable()}
        record_run(store, HOSTILE[1], names, source="odd", day=3, rerun_of=HOSTILE[0])
        store.start_run(
            RunRecord(run_id="refused", execution_id=ARN + "r", source="sales", started_at="2026-03-04T06:00:00+00:00")
        )
        store.refuse_run("refused", "the tables are held")
        store.put_summary("refused", {"state": "FAILED", "ended_at": "2026-03-04T06:00:01+00:00"})
        state = store.states("sales", ["public.accounts"])["public.accounts"]
        store.set_mark(
            MarkChange(
                source="sales", table="public.accounts", version=state.version + 1, changed_at="2026-03-05T00:00:00+00:00",
                changed_by="ann@desk", reason="rows came late", before=state.watermark, mark="2026-01-01 00:00:00",
                column="updated_at", type="timestamp",
            )
        )  # fmt: skip
    return project


@pytest.fixture
def client(project):
    """A browser that has the token. It does not raise what the app raises: it shows the page."""
    app = make_app(Site(project, local=True), token=TOKEN, port=PORT, patience=60)  # each page is whole
    made = TestClient(app, base_url=BASE, raise_server_exceptions=False)
    assert made.get("/static/style.css").status_code == 200
    made.get("/", params={"token": TOKEN})
    return made


def lines_of(answer):
    """The messages of a stream: name of the event, and its data."""
    name = "message"
    for line in answer.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))
            name = "message"


@pytest.fixture
def recorded_run():
    """Records a run in a store: see `record_run`."""
    return record_run
