from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from extract_core.errors import TrackingError, TrackingUnavailable
from extract_core.tracking.open import open_tracking
from extract_core.tracking.records import RunRecord
from extract_core.tracking.schema import SCHEMA, UPGRADES, VERSION
from extract_core.tracking.sqlite import SQLiteTracking

RECORD = RunRecord(run_id="run-1", execution_id="exec-1", source="sales", started_at="2026-03-01T06:00:00Z")


@pytest.mark.parametrize("place", ["sqlite://{0}/a%20b/t.db", "file://{0}/a%20b/t.db", "{0}/a b/t.db"])
def test_a_place_is_a_uri_or_a_path(tmp_path, place):
    with open_tracking(place.format(tmp_path)) as store:
        store.start_run(RECORD)
    assert (tmp_path / "a b" / "t.db").is_file()


NAME_ONE = "name a file, as in sqlite:///absolute/path, or a table, as in dynamodb://table?region=eu-central-1"


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (
            "redis://x",
            f"the tracking place 'redis://x' is not known: {NAME_ONE}",
        ),
        (
            "",
            f"the tracking place '' is not known: {NAME_ONE}",
        ),
        ("sqlite://t.db", "the tracking place 'sqlite://t.db' has no absolute path: write sqlite:///absolute/path"),
    ],
)
def test_a_place_that_cannot_be(place, message):
    with pytest.raises(TrackingError) as raised:
        open_tracking(place)
    assert str(raised.value) == message


def test_a_missing_store_is_not_made_where_one_only_looks(tmp_path):
    place = str(tmp_path / "t.db")
    with pytest.raises(TrackingError) as raised:
        open_tracking(place, create=False)
    assert str(raised.value) == f"there is no tracking store at {place!r}: start a run there first, or name the right place"
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_is_there_when_it_is_opened_again(tmp_path):
    with SQLiteTracking(tmp_path / "t.db") as store:
        store.start_run(RECORD)
    with SQLiteTracking(tmp_path / "t.db", create=False) as store:
        assert store.run("run-1") == RECORD
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.db"]


@pytest.mark.parametrize("version", range(1, VERSION))
def test_a_store_of_an_older_version_is_read_and_brought_up(tmp_path, version):
    path = tmp_path / "t.db"
    with sqlite3.connect(path) as connection:
        for statement in (*SCHEMA, *(step for older in range(1, version) for step in UPGRADES[older])):
            connection.execute(statement)
        connection.execute("INSERT INTO schema_version VALUES (?)", (version,))
        table, low = ("table_name", "low_watermark") if version < 4 else ('"table"', "watermark_low")
        connection.execute(
            f"INSERT INTO attempts (run_id, source, {table}, attempt, state, recorded_at, retryable, {low}) "  # noqa: S608 - ours
            "VALUES ('run-1', 'sales', 'a', 1, 'SUCCEEDED', 't', 0, '7')"
        )
        connection.execute(
            f"INSERT INTO table_states (source, {table}, fencing, attempt, watermark, watermark_version) "  # noqa: S608 - ours
            "VALUES ('sales', 'a', 3, 1, '7', 2)"
        )
    connection.close()
    before = path.read_bytes()
    for read_only in (True, False, True, False):
        with SQLiteTracking(path, read_only=read_only) as store:
            (row,) = store.attempts("run-1")
            assert (row.table, row.state, row.message_uri, row.watermark_low) == ("a", "SUCCEEDED", None, "7")
            assert store.mark_changes("sales", "a") == []
            assert store.history("sales", "a") == [row]
            state = store.states("sales", ["a"])["a"]
            assert (state.watermark, state.set_by_hand, state.base, state.last_result) == ("7", False, None, None)
        assert sorted(place.name for place in tmp_path.iterdir()) == ["t.db"]
        if read_only:
            assert path.read_bytes() == before
        before = path.read_bytes()


def test_a_file_that_is_no_database(tmp_path):
    path = tmp_path / "t.db"
    path.write_text("source_name: sales\n" * 100)
    with pytest.raises(TrackingError) as raised:
        SQLiteTracking(path)
    assert str(raised.value) == (
        f"the tracking store {str(path)!r}: this file is not a SQLite database: name another place for tracking, or move the "
        "file away (file is not a database)"
    )
    assert path.read_text() == "source_name: sales\n" * 100


def test_a_database_of_something_else(tmp_path):
    path = tmp_path / "sales.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE accounts (id)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(TrackingError) as raised:
        SQLiteTracking(path)
    assert str(raised.value) == (
        f"{str(path)!r} is a database, but no tracking store (it holds accounts): name another place for tracking"
    )
    assert path.read_bytes() == before


def test_a_store_of_a_newer_version(tmp_path):
    path = tmp_path / "t.db"
    SQLiteTracking(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO schema_version VALUES (?)", (VERSION + 1,))
    connection.close()
    with pytest.raises(TrackingError) as raised:
        SQLiteTracking(path)
    assert str(raised.value) == (
        f"the tracking store {str(path)!r} has schema version {VERSION + 1}, this extract-sfn knows {VERSION}: "
        "upgrade extract-sfn, or name another place for tracking"
    )


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "t.db"
    with pytest.raises(TrackingError) as raised:
        SQLiteTracking(path)
    assert str(raised.value).startswith(f"the folder of the tracking store {str(path)!r} can't be made: ")


def test_a_path_that_is_a_folder(tmp_path):
    with pytest.raises(TrackingError) as raised:
        SQLiteTracking(tmp_path)
    assert str(raised.value) == (
        f"the tracking store {str(tmp_path)!r}: the file can't be opened: see that its folder exists and that this user may "
        "write there (unable to open database file)"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(TrackingError, match="can't be opened"):
            SQLiteTracking(tmp_path / "t.db")
    finally:
        tmp_path.chmod(0o700)


def test_a_store_that_this_user_may_not_write_is_read_and_not_written(tmp_path, monkeypatch):
    """As another user, or on a read-only disk: root may write everywhere, so the answer of the system is given here."""
    path = tmp_path / "t.db"
    with SQLiteTracking(path) as store:
        store.start_run(RECORD)
    before = path.read_bytes()
    monkeypatch.setattr(os, "access", lambda *_: False)
    with SQLiteTracking(path) as store:
        assert [run.run_id for run in store.runs()] == ["run-1"]
        with pytest.raises(TrackingError) as raised:
            store.start_run(RunRecord(run_id="run-2", execution_id="e", source="s", started_at="t", event={}))
    assert str(raised.value) == (
        f"the tracking store {str(path)!r}: the file or its folder can't be written: give this user the right to, or name "
        "another one (attempt to write a readonly database)"
    )
    assert ([entry.name for entry in tmp_path.iterdir()], path.read_bytes()) == (["t.db"], before)


def test_a_full_disk_keeps_nothing_of_the_write_and_all_of_the_others(tmp_path):
    with SQLiteTracking(tmp_path / "t.db") as store:
        store.start_run(RECORD)
        connection = store._database._connection
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        large = RunRecord(run_id="run-2", execution_id="e", source="s", started_at="t", event={"x": "y" * 100_000})
        with pytest.raises(TrackingError) as raised:
            store.start_run(large)
        assert not isinstance(raised.value, TrackingUnavailable)
        assert str(raised.value) == (
            f"the tracking store {str(tmp_path / 't.db')!r}: the disk is full, nothing of this write was kept: free some space; "
            "continue a run that ended because of it with: extract rerun RUN; repeat any other command (database or disk is full)"
        )
        connection.execute("PRAGMA max_page_count = 100000")
        store.start_run(large)
        assert [run.run_id for run in store.runs()] == ["run-2", "run-1"]


def test_a_store_that_stays_locked_is_worth_another_try(tmp_path):
    path = tmp_path / "t.db"
    with SQLiteTracking(path, busy_seconds=0.05) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TrackingUnavailable) as raised:
            store.start_run(RECORD)
        assert str(raised.value) == (
            f"the tracking store {str(path)!r} is in use by another process and stayed locked (database is locked): try again"
        )
        assert store.runs() == []  # readers are not kept waiting
        other.execute("ROLLBACK")
        other.close()
        assert store.start_run(RECORD) == RECORD


def test_a_store_that_is_closed_says_so(tmp_path):
    store = SQLiteTracking(tmp_path / "t.db")
    store.close()
    with pytest.raises(TrackingError, match="closed database"):
        store.runs()


CONTENDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from extract_core.tracking.records import Owner
from extract_core.tracking.sqlite import SQLiteTracking
path, name = Path(sys.argv[1]), sys.argv[2]
won = 0
with SQLiteTracking(path) as store:
    for number in range(40):
        owner = Owner(execution_id=name, run_id=name, started_at="t", bound="2100-01-01T00:00:00Z")
        won += len(store.take("sales", [f"t{number}"], owner, is_running=lambda _: True, now=datetime.now(UTC),
                              all_or_nothing=True).taken)
print(won)
"""


def test_processes_that_open_and_take_at_once_share_the_tables(tmp_path):
    path = tmp_path / "new" / "t.db"
    commands = [[sys.executable, "-c", CONTENDER, str(path), f"run-{number}"] for number in range(3)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    won = [int(process.communicate(timeout=60)[0]) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sum(won) == 40


KILLED = """
import os, signal, sys
from pathlib import Path
from extract_core.tracking.records import RunRecord
from extract_core.tracking.schema import SCHEMA, UPGRADES, VERSION
from extract_core.tracking.sqlite import SQLiteTracking
store = SQLiteTracking(Path(sys.argv[1]))
store.start_run(RunRecord(run_id="run-1", execution_id="e", source="s", started_at="t"))
with store._database.writing() as cursor:
    cursor.execute("DELETE FROM runs")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_that_dies_in_a_write_leaves_what_was_committed(tmp_path):
    path = tmp_path / "t.db"
    assert subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False).returncode == -9
    with SQLiteTracking(Path(path)) as store:
        assert [run.run_id for run in store.runs()] == ["run-1"]
