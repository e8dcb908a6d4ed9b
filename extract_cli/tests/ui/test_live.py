"""A run at work: what the page and its stream say, from the events that the run's process writes."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from shared_fixtures.page import Page

from extract_cli.ui import run_pages
from extract_cli.ui.live import Follower
from extract_core.contract import FailureClass
from extract_core.registry.routing import HANDLE_STATUS
from extract_core.runs.engine import ExecutionEnd
from extract_core.tracking.open import open_tracking
from extract_local.executions.folder import ExecutionFolder

ARN = "arn:aws:states:us-east-1:000000000000:execution:extract-sales:tonight"


class Machine:
    """Writes the events of an execution into its folder, as its process does."""

    def __init__(self, folder):
        self.folder, self.number = folder, 0

    def event(self, kind, previous=0, **more):
        self.number += 1
        line = {"id": self.number, "previousEventId": previous, "type": kind, "timestamp": datetime.now(UTC).isoformat(), **more}
        with (self.folder.path / "events.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        return self.number

    def starts(self, table):
        item = json.dumps({"table": table, "job_type": "glue"})
        return self.event("TaskStateEntered", stateEnteredEventDetails={"name": "Glue Start", "input": item})

    def ends(self, started, status):
        details = {"name": HANDLE_STATUS, "output": json.dumps({"status": status})}
        self.event("TaskStateExited", started, stateExitedEventDetails=details)


@pytest.fixture
def tonight(project, recorded_run):
    """A run of three tables at work: one has succeeded, one has failed, one runs."""
    folder = ExecutionFolder.create(project / ".extract" / "executions", ARN, "{}", {"source": "sales"})
    machine = Machine(folder)
    with open_tracking(str(project / ".extract" / "tracking.db")) as store:
        tables = {"public.accounts": None, "public.notes": FailureClass.TIMEOUT}
        recorded_run(store, "tonight", tables, planned=3, ended=False)
        machine.event("MapStateStarted", mapStateStartedEventDetails={"length": 3})
        machine.ends(machine.starts("public.accounts"), "SUCCEEDED")
        machine.ends(machine.starts("public.notes"), "FAILED")
        machine.starts("public.<b>events</b>")
        yield machine, store
    folder.close()


LINE = "2 of 3 tables have ended (1 failed), 1 at work, 0 waiting"


def test_the_page_says_what_watch_says(client, tonight):
    page = Page(client.get("/run?run=tonight").text)
    assert page.faults == []
    assert LINE in page.text
    assert "public.<b>events</b>" in page.text
    assert "public.notes · TIMEOUT public.notes: the job ended with TIMEOUT" in page.text
    assert "extract watch tonight --local" in page.text
    assert "Reload the page to see how they are now." in page.text
    assert [attrs["data-events"] for attrs in page.all("section") if "data-events" in attrs] == ["/run/events?run=tonight"]
    assert "RUNNING" in Page(client.get("/").text).text


def test_a_table_that_runs_again_is_running_in_the_list_of_tables(client, tonight):
    machine, _ = tonight
    machine.starts("public.notes")
    rows = re.findall(r"(?s)<tr.*?</tr>", client.get("/run?run=tonight&state=RUNNING").text)
    (row,) = [row for row in rows if "<td>RUNNING</td>" in row]
    assert "public.notes" in row
    assert '<td class="n">1</td>' in row
    assert "<option>SUCCEEDED</option>" in client.get("/run?run=tonight").text


def test_the_stream_follows_it_to_its_end(client, tonight, monkeypatch):
    _, store = tonight
    monkeypatch.setattr(run_pages, "_EVERY", 0.01)
    messages = []
    follow = run_pages._follower

    def and_go_on(*args):
        """After the first look the run ends: so each message is of a known moment."""
        follower = follow(*args)
        if len(messages) == 0:
            messages.append(follower.snapshot()["line"])
        else:
            store.put_summary("tonight", {"state": "FAILED", "ended_at": "2026-03-01T07:00:00+00:00"})
        return follower

    monkeypatch.setattr(run_pages, "_follower", and_go_on)
    with client.stream("GET", "/run/events?run=tonight") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in answer.iter_lines() if line]
    assert messages == [LINE]
    assert lines[-2:] == ["event: ended", "data: {}"]
    first = json.loads(lines[0].removeprefix("data: "))
    assert set(first) == {"counts", "running", "failed"}
    assert LINE in first["counts"]
    assert "public.&lt;b&gt;events&lt;/b&gt;" in first["running"]


def test_a_run_that_is_not_recorded_ends_the_stream(client):
    with client.stream("GET", "/run/events?run=none") as answer:
        assert [line for line in answer.iter_lines() if line] == ["event: ended", "data: {}"]


def test_two_pages_share_one_follower(client, tonight):
    client.get("/run?run=tonight")
    followers = client.app._app.state.followers._by_run
    follower = followers["tonight"]
    client.get("/run?run=tonight")
    assert client.app._app.state.followers._by_run["tonight"] is follower


def test_a_run_whose_process_died_is_shown_and_not_closed(client, tonight):
    machine, store = tonight
    machine.folder.close()
    page = Page(client.get("/run?run=tonight").text)
    assert "DIED" in page.text
    assert "The run died: 1 of 3 tables succeeded" in page.text
    assert store.run("tonight").summary is None


def test_a_run_that_no_page_shows_is_not_followed_for_ever(monkeypatch):
    monkeypatch.setattr("extract_cli.ui.live._UNWATCHED", -1.0)
    follower = Follower(lambda: iter([{"type": "ExecutionStarted", "id": 1}] * 3), lambda _: None)
    follower.snapshot()
    assert follower.is_over


def test_events_that_cannot_be_read_are_named():
    from extract_core.errors import TrackingUnavailable

    def broken():
        raise TrackingUnavailable("Step Functions does not answer")
        yield

    follower = Follower(broken, lambda _: None)
    assert follower.snapshot()["trouble"] == "Step Functions does not answer"


def test_the_end_of_an_execution_ends_its_follower(tonight, project):
    machine, _ = tonight
    machine.folder.end(ExecutionEnd(status="SUCCEEDED"))
    machine.folder.close()
    follower = Follower(lambda: ExecutionFolder.of(project / ".extract" / "executions", "tonight").follow(), lambda _: None)
    for _ in range(500):
        if follower.is_over:
            break
        follower._first.wait(0.02)
    assert follower.snapshot()["line"].startswith("2 of 3 tables have ended")
