"""Progress is folded from history events, whatever their interleaving."""

from __future__ import annotations

import io
import json
import re
import signal
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from rich.console import Console

from extract_cli.views.changes import echo_changes
from extract_cli.views.pace import Pace
from extract_cli.views.progress import Progress
from extract_cli.views.progress_view import _stopping, draw, elapsed, running_line
from extract_core.registry.routing import CHOOSE, FINISHED, HANDLE_STATUS, ITERATE, NOT_RECORDED, RECORDED, WAIT


def entered(identity: int, previous: int, name: str, kind: str, value: object) -> dict[str, object]:
    details = {"name": name, "input": json.dumps(value)}
    return {"id": identity, "previousEventId": previous, "type": f"{kind}StateEntered", "stateEnteredEventDetails": details}


def exited(identity: int, previous: int, name: str, kind: str, output: object) -> dict[str, object]:
    details = {"name": name, "output": json.dumps(output)}
    return {"id": identity, "previousEventId": previous, "type": f"{kind}StateExited", "stateExitedEventDetails": details}


def event(identity: int, previous: int, kind: str, **details: object) -> dict[str, object]:
    return {"id": identity, "previousEventId": previous, "type": kind, **details}


def test_old_counts_of_a_map_do_not_make_more_tables_run_than_are_left():
    progress = Progress()
    progress.feed(event(0, 0, "MapRunCounted", mapRunCountedEventDetails={"total": 3, "running": 3}))
    assert progress.at_work == 3
    for number in (10, 20):
        progress.feed(entered(number, 0, "Glue", "Task", {"table": f"t{number}", "job_type": "glue"}))
        progress.feed(exited(number + 1, number, HANDLE_STATUS, "Task", {"status": "SUCCEEDED"}))
    assert (progress.done, progress.at_work) == (2, 1)


def test_two_tables_side_by_side():
    progress = Progress()
    orders, lines = ({"table": name, "job_type": "glue"} for name in ("orders", "lines"))
    events = [
        entered(1, 0, ITERATE, "Map", {"tables_to_extract": [orders, lines]}),
        event(2, 1, "MapStateStarted", mapStateStartedEventDetails={"length": 2}),
        event(3, 2, "MapIterationStarted"),
        event(4, 2, "MapIterationStarted"),
        entered(5, 3, CHOOSE, "Choice", orders),
        entered(6, 4, CHOOSE, "Choice", lines),
        entered(7, 5, "Glue Start Extract Job Run", "Task", orders),
        entered(8, 6, "Glue Start Extract Job Run", "Task", lines),
        event(9, 7, "TaskScheduled"),
        event(10, 8, "TaskScheduled"),
    ]
    assert [progress.feed(event) for event in events] == [[]] * len(events)
    assert progress.planned == 2
    assert progress.running == {"orders": "glue", "lines": "glue"}
    assert progress.feed(entered(11, 10, HANDLE_STATUS, "Task", lines)) == []
    assert progress.feed(event(12, 11, "TaskSucceeded")) == []
    assert progress.feed(exited(13, 12, HANDLE_STATUS, "Task", {"status": "FAILED"})) == ["lines"]
    assert progress.running == {"orders": "glue"}
    assert progress.feed(entered(14, 9, NOT_RECORDED, "Pass", orders)) == []
    assert progress.feed(exited(15, 14, NOT_RECORDED, "Pass", {})) == ["orders"]
    assert progress.ended == {"lines": "FAILED", "orders": "NOT_RECORDED"}
    assert progress.running == {}


def test_a_table_that_could_not_be_planned_ends_without_having_run():
    progress = Progress()
    item = {"table": "crm.leads", "plan_error": {"failure": "CONFIG"}}
    progress.feed(event(3, 2, "MapIterationStarted"))
    progress.feed(entered(4, 3, CHOOSE, "Choice", item))
    progress.feed(entered(5, 4, HANDLE_STATUS, "Task", item))
    assert progress.running == {}
    assert progress.feed(exited(6, 5, HANDLE_STATUS, "Task", {"status": "FAILED"})) == ["crm.leads"]


def test_states_inside_a_branch_of_a_plugin_belong_to_its_table():
    progress = Progress()
    item = {"table": "orders", "job_type": "poll"}
    progress.feed(event(1, 0, "MapIterationStarted"))
    progress.feed(entered(2, 1, "Poll Start", "Task", item))
    progress.feed(exited(3, 2, "Poll Start", "Task", item))
    progress.feed(entered(4, 3, "Poll Wait", "Wait", "not an object"))
    progress.feed(exited(5, 4, "Poll Wait", "Wait", "not an object"))
    progress.feed(entered(6, 5, HANDLE_STATUS, "Task", "not an object"))
    assert progress.feed(exited(7, 6, HANDLE_STATUS, "Task", {"status": "SUCCEEDED"})) == ["orders"]


@pytest.mark.parametrize("goes_on", [{}, {"table": "late", "attempt": 2, "retry_wait_seconds": 60}])
def test_each_table_of_a_shared_job_ends_with_its_own_state(goes_on, capsys):
    item = {"table": "first", "job_type": "glue"}
    answer = {"status": "SUCCEEDED", "ended": {"second": "FAILED", "first": "SUCCEEDED"}, **goes_on}
    events = [
        entered(1, 0, "Glue Start Extract Job Run", "Task", item),
        entered(2, 1, HANDLE_STATUS, "Task", item),
        exited(3, 2, HANDLE_STATUS, "Task", answer),
    ]
    timed = [{**event, "timestamp": datetime(2026, 12, 1, tzinfo=UTC)} for event in events]
    draw("r", echo_changes(timed))
    printed = capsys.readouterr()
    changes = [json.loads(line) for line in printed.out.splitlines()]
    assert [(change["table"], change["state"]) for change in changes if "state" in change] == [
        ("second", "FAILED"),
        ("first", "SUCCEEDED"),
    ]
    lines = [" ".join(line.split()[:3]) for line in printed.err.splitlines() if "first" in line or "second" in line]
    assert lines == ["✗ second FAILED", "✓ first SUCCEEDED"]


def test_a_table_that_goes_round_again_is_running_not_ended():
    progress = Progress()
    item = {"table": "orders", "job_type": "glue", "attempt": 1}
    again = {**item, "attempt": 2, "retry_wait_seconds": 60}
    progress.feed(event(1, 0, "MapIterationStarted"))
    progress.feed(entered(2, 1, CHOOSE, "Choice", item))
    progress.feed(entered(3, 2, "Glue Start Extract Job Run", "Task", item))
    progress.feed(entered(4, 3, HANDLE_STATUS, "Task", item))
    assert progress.feed(exited(5, 4, HANDLE_STATUS, "Task", again)) == []
    for number, (name, kind) in enumerate([(FINISHED, "Choice"), (WAIT, "Wait"), (CHOOSE, "Choice")]):
        assert progress.feed(entered(6 + 2 * number, 5 + 2 * number, name, kind, again)) == []
        assert progress.feed(exited(7 + 2 * number, 6 + 2 * number, name, kind, again)) == []
    assert (progress.running, progress.attempts, progress.ended) == ({"orders": "glue"}, {"orders": 2}, {})
    progress.feed(entered(12, 11, "Glue Start Extract Job Run", "Task", again))
    progress.feed(entered(13, 12, HANDLE_STATUS, "Task", again))
    assert progress.feed(exited(14, 13, HANDLE_STATUS, "Task", {"status": "SUCCEEDED"})) == ["orders"]
    progress.feed(entered(15, 14, FINISHED, "Choice", {"status": "SUCCEEDED"}))
    progress.feed(entered(16, 15, RECORDED, "Succeed", {"status": "SUCCEEDED"}))
    assert (progress.running, progress.ended) == ({}, {"orders": "SUCCEEDED"})


def test_a_terminal_shows_the_bar_and_what_runs(monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr(
        "extract_cli.views.progress_view.stderr_console", lambda: Console(file=shown, force_terminal=True, width=120)
    )
    began = (datetime.now(UTC) - timedelta(minutes=3)).isoformat()
    item = {"table": "public.[orders]", "job_type": "glue"}
    draw(
        "run-1",
        [
            event(1, 0, "MapStateStarted", mapStateStartedEventDetails={"length": 2}, timestamp=began),
            {**entered(2, 1, "Glue Start", "Task", item), "timestamp": began},
        ],
    )
    assert re.search(r"0/2.*public\.\[orders\] 3 min", shown.getvalue())


def test_a_small_run_shows_the_time_left_also_to_one_who_comes_late(monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr(
        "extract_cli.views.progress_view.stderr_console", lambda: Console(file=shown, force_terminal=True, width=120)
    )
    began = datetime.now(UTC) - timedelta(minutes=10)

    def at(minutes, event):
        return {**event, "timestamp": (began + timedelta(minutes=minutes)).isoformat()}

    events = [at(0, event(1, 0, "MapStateStarted", mapStateStartedEventDetails={"length": 4}))]
    events += [at(2 * number + 2, event) for number in range(3) for event in whole(number, "SUCCEEDED")]
    draw("run-1", [*events, at(6, entered(90, 1, "Glue Start", "Task", {"table": "public.d", "job_type": "glue"}))])
    assert re.search(r"3/4.*about 2 min left; public\.d 4 min", shown.getvalue())


def test_running_tables_are_shown_with_the_time_that_they_have_taken():
    began = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
    progress = Progress(planned=9)
    assert running_line(progress, began) == "planning"
    for number, minutes in enumerate((100, 2, 0.2, 0.1, 0.05)):
        table = f"t{number}"
        progress.running[table] = "glue"
        progress.since[table] = began - timedelta(minutes=minutes)
    assert running_line(progress, began) == "t0 1 h 40 min, t1 2 min, t2 12 s, t3 6 s +1"
    progress.feed(
        event(0, 0, "MapRunCounted", mapRunCountedEventDetails={"total": 50, "running": 20, "succeeded": 2, "aborted": 1})
    )
    assert (progress.planned, progress.done, progress.at_work) == (50, 3, 20)
    assert running_line(progress, began).endswith(" +16")
    done = Progress(planned=1, ended={"t": "FAILED"})
    assert running_line(done, began) == "summing up"
    assert elapsed(began + timedelta(hours=1), began) == "0 s"  # of a run whose waits hurry


def test_a_run_under_nohup_lives_on_without_its_terminal():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with _stopping():
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) != signal.SIG_DFL
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def whole(number: int, status: str) -> list[dict[str, object]]:
    """The events of a table in a child execution: its job and its end."""
    base, item = 100 * number, {"table": f"t{number:05d}", "job_type": "glue"}
    at = {"timestamp": "2026-03-01T06:00:00+00:00"}
    events = [
        event(base + 1, 0, "ExecutionStarted"),
        entered(base + 2, 0, "Glue Start", "Task", item),
        exited(base + 3, base + 2, "Glue Start", "Task", item),
        entered(base + 4, base + 3, HANDLE_STATUS, "Task", item),
        exited(base + 5, base + 4, HANDLE_STATUS, "Task", {"status": status}),
        entered(base + 6, base + 5, RECORDED, "Succeed", {"status": status}),
        event(base + 7, base + 6, "ExecutionSucceeded"),
    ]
    return [{**event, **at} for event in events]


def counted(total: int) -> dict[str, object]:
    return event(0, 0, "MapRunCounted", mapRunCountedEventDetails={"total": total, "pending": total})


def test_of_a_large_run_the_failed_tables_are_lines(monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr("extract_cli.views.progress_view.stderr_console", lambda: Console(file=shown, width=120))
    draw(
        "run-1",
        [
            counted(1_200),
            *(event for number in range(1_200) for event in whole(number, "FAILED" if number == 7 else "SUCCEEDED")),
        ],
    )
    assert shown.getvalue().splitlines() == ["run run-1", "  ✗ t00007                           FAILED       0.0 s"]


class Failed:
    """Says why each table failed, as the tracking store does."""

    def of(self, table):
        row = {"table": table, "failure": "USER_CODE", "message": f"[no] table\n{table} " + "x" * 200}
        return SimpleNamespace(**row)


@pytest.mark.parametrize("tables", [3, 1_200])
def test_a_failed_table_comes_with_its_reason_at_once(monkeypatch, tables):
    shown = io.StringIO()
    monkeypatch.setattr("extract_cli.views.progress_view.stderr_console", lambda: Console(file=shown, width=40, soft_wrap=True))
    failed = [counted(tables), *whole(1, "FAILED"), *whole(2, "UNKNOWN")]
    draw("run-1", failed, Failed())
    lines = shown.getvalue().splitlines()
    assert [line[:75] for line in lines] == [
        "run run-1",
        "  ✗ t00001                           FAILED       0.0 s  USER_CODE [no] tab",
        "  ✗ t00002                           UNKNOWN      0.0 s  USER_CODE [no] tab",
    ]
    assert lines[1].endswith("USER_CODE [no] table\\nt00001 " + "x" * 16 + " … " + "x" * 75 + " (229 characters)")


def test_changes_are_lines_with_the_reason_of_a_failure(capsys):
    events = [counted(2), *whole(1, "SUCCEEDED"), *whole(2, "FAILED")]
    at = "2026-03-01T06:00:00+00:00"
    assert list(echo_changes([{**event, "timestamp": at} for event in events], Failed())) == [
        {**event, "timestamp": at} for event in events
    ]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    message = Failed().of("t00002").message
    assert lines == [
        {"planned": 2, "at": at},
        {"counts": {"total": 2, "pending": 2}, "at": at},
        {"table": "t00001", "started": at, "job_type": "glue"},
        {"table": "t00001", "state": "SUCCEEDED", "at": at},
        {"table": "t00002", "started": at, "job_type": "glue"},
        {"table": "t00002", "state": "FAILED", "at": at, "failure": "USER_CODE", "message": message},
    ]


@pytest.mark.parametrize("width", [20, 40])
def test_the_bar_fits_a_narrow_terminal(monkeypatch, width):
    shown = io.StringIO()
    monkeypatch.setattr(
        "extract_cli.views.progress_view.stderr_console", lambda: Console(file=shown, force_terminal=True, width=width)
    )
    draw("r", [counted(1_200), *whole(1, "FAILED")])
    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.getvalue())
    assert max(len(line) for line in re.split(r"[\r\n]", drawn) if "✗" not in line) <= width


def test_a_log_gets_a_line_of_counts_from_time_to_time(monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr("extract_cli.views.progress_view.stderr_console", lambda: Console(file=shown, width=120))
    monkeypatch.setattr("extract_cli.views.pace._LINE_EVERY", 0.0)
    draw(
        "run-1",
        [counted(2_000), *(event for number in range(8) for event in whole(number, "FAILED" if number == 1 else "SUCCEEDED"))],
    )
    assert "  3 of 2,000, 1 failed" in shown.getvalue().splitlines()


def test_memory_does_not_grow_with_the_events_of_ended_tables():
    progress = Progress()
    for number in range(500):
        for event in whole(number, "SUCCEEDED"):
            progress.feed(event)
    assert len(progress.ended) == 500
    assert (progress._table_of, progress._events_of, progress.running, progress.failed) == ({}, {}, {}, 0)


def test_the_pace_is_that_of_the_last_two_minutes():
    pace = Pace()
    assert pace.words() == []
    for second in range(0, 600, 10):
        pace.feed(min(second, 300) * 20, 20_000, now=float(second))
    assert pace.words() == []  # nothing has ended for a while
    for second in range(600, 730, 10):
        pace.feed(6_000 + (second - 600) // 10, 20_000, now=float(second))
    assert pace.words() == ["6 per minute", "about 38 h 51 min left"]
    pace.feed(20_000, 20_000, now=731.0)
    assert pace.words() == ["126 per second"]


def test_a_table_that_waits_for_a_slot_is_named_with_its_pool_until_its_job_starts():
    from extract_cli.views.progress import Progress

    def event(number, kind, name, **item):
        details = {"name": name, "input": json.dumps(item)}
        key = "stateExitedEventDetails" if kind.endswith("Exited") else "stateEnteredEventDetails"
        return {"id": number, "previousEventId": number - 1, "type": kind, key: details, "timestamp": "2026-03-01T06:00:00+00:00"}

    item = {"table": "public.a", "job_type": "glue", "pool": "sales-db"}
    progress = Progress()
    progress.feed(event(1, "ChoiceStateEntered", "Choose Job Type", **item))
    progress.feed(event(2, "TaskStateEntered", "Take A Slot", **item))
    assert (progress.for_slot, progress.running) == ({"public.a": "sales-db"}, {})
    progress.feed(event(3, "TaskStateExited", "Take A Slot"))
    progress.feed(event(4, "ChoiceStateEntered", "Choose Job Type", **item))
    progress.feed(event(5, "TaskStateEntered", "Glue Start Extract Job Run", **item))
    assert (progress.for_slot, progress.running) == ({}, {"public.a": "glue"})
