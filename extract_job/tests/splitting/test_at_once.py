"""Parts that are read at once: each row once, one snapshot, one result; one failure fails all."""

import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from threading import Semaphore

import psycopg
import pytest

from extract_job.databases.postgresql import connection
from extract_job.engines import at_once


def names(done):
    return [file["name"] for file in done.result["files"]]


@pytest.mark.postgres
@pytest.mark.parametrize("verify", ["count", "full"])
@pytest.mark.parametrize("num_partitions", ["4", "auto"])
def test_each_row_is_in_one_file(shop, pg, verify, num_partitions):
    shop("CREATE TABLE t (n int PRIMARY KEY, note text);\nINSERT INTO t SELECT g, 'note ' || g FROM generate_series(1, 5000) g")
    done = pg(num_partitions=num_partitions, verify=verify)
    assert done.code == 0, done.errors
    assert sorted(done.rows) == [(number, f"note {number}") for number in range(1, 5001)]
    assert len(names(done)) == (4 if num_partitions == "4" else 1)
    assert done.left == [*names(done), "result.json"]
    assert done.result["rows"] == 5000
    assert [file["name"] for file in done.result["proof"]["by_file"]] == names(done)
    assert done.result["proof"]["verify"] == verify


@pytest.mark.postgres
def test_all_parts_read_one_snapshot_while_rows_move_between_them(shop, pg, monkeypatch):
    shop("CREATE TABLE t (n int, k int PRIMARY KEY);\nINSERT INTO t SELECT g, g FROM generate_series(1, 1000) g")
    opened = connection.session

    def moved(arguments, snapshot=None):
        if snapshot is not None:  # between the sessions of two readers, each row moves to the other half
            shop("UPDATE t SET k = CASE WHEN k > 0 THEN k - 2000 ELSE k + 2000 END")
        return opened(arguments, snapshot)

    monkeypatch.setattr("extract_job.databases.postgresql.source.session", moved)
    done = pg(num_partitions="4", partition_column="k", lower_bound="-1000", upper_bound="1000")
    assert done.code == 0, done.errors
    assert sorted(done.rows) == [(number, number) for number in range(1, 1001)]


def test_a_copy_that_was_about_to_begin_is_cancelled_again(monkeypatch):
    monkeypatch.setattr(at_once, "AGAIN_SECONDS", 0.01)

    @dataclass
    class Worker:
        cancelled: Semaphore = field(default_factory=lambda: Semaphore(0))

        def cancel(self):
            self.cancelled.release()

    def copy(worker, number):
        if number == 0:
            raise ValueError("the first part cannot be read")
        for _ in range(3):
            worker.cancelled.acquire()

    with pytest.raises(ValueError, match="the first part"):
        at_once.at_once([Worker(), Worker()], [0, 1], copy, threading.Event())


@pytest.mark.postgres
def test_more_parts_than_connections(shop, pg, monkeypatch):
    sessions, opened = [], connection.session
    monkeypatch.setattr(
        "extract_job.databases.postgresql.source.session", lambda *words: sessions.append(words) or opened(*words)
    )
    shop("CREATE TABLE t (n int PRIMARY KEY);\nINSERT INTO t SELECT generate_series(1, 500)")
    done = pg(num_partitions="20")
    assert sorted(done.rows) == [(number,) for number in range(1, 501)]
    assert len(names(done)) == 20
    assert len(sessions) == 1 + 8


@pytest.mark.postgres
def test_a_part_that_fails_fails_the_attempt_with_its_reason(shop, pg):
    shop("CREATE TABLE t (n int PRIMARY KEY, day date)")
    shop("INSERT INTO t SELECT g, CASE g WHEN 234 THEN date 'infinity' ELSE date '2024-01-01' END FROM generate_series(1, 500) g")
    done = pg(num_partitions="4")
    assert done.code == 1
    assert "column 'day' (date), ctid " in done.failure["message"]
    assert "infinity" in done.failure["message"]
    assert done.left == []


@pytest.mark.postgres
def test_a_signal_stops_all_readers_at_once(shop, argv, tmp_path):
    shop("CREATE TABLE t (n int PRIMARY KEY);\nINSERT INTO t SELECT generate_series(1, 100);\n"
         "CREATE VIEW slow AS SELECT n, pg_sleep(30)::text FROM t")  # fmt: skip
    words = argv(db_engine="postgres", db_name="shop", extract_table="public.slow", num_partitions="2", verify="off")
    job = subprocess.Popen([sys.executable, "-m", "extract_job", *words], stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    with psycopg.connect(dbname="shop", autocommit=True) as watcher:
        for _ in range(300):
            if watcher.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'").fetchone()[0] == 2:
                break
            time.sleep(0.1)
    job.send_signal(signal.SIGTERM)
    _, errors = job.communicate(timeout=20)
    assert job.returncode == 143
    assert errors.splitlines()[-1] == "extract_job: stopped by SIGTERM: wrote no result, removed unfinished files"
    assert [path.name for path in (tmp_path / "out" / "attempt=1").iterdir()] == ["result.json"]


@pytest.mark.postgres
def test_an_increment_can_be_split(sql, runs, new_session):
    sql("CREATE TABLE t (n int PRIMARY KEY, at timestamptz)",
        "INSERT INTO t SELECT g, clock_timestamp() FROM generate_series(1, 100) g")  # fmt: skip
    assert [row[0] for row in runs.rows(num_partitions="3")] == sorted(range(1, 101), key=lambda number: repr((number,)))
    sql("INSERT INTO t SELECT g, clock_timestamp() FROM generate_series(101, 150) g")
    assert sorted(row[0] for row in runs.rows(num_partitions="3", verify="full")) == list(range(101, 151))
    assert runs.last.result["rows_delivered_before"] == 100


@pytest.mark.postgres
def test_a_view_is_split_by_a_hash_and_its_increment_remembers_rows(sql, runs):
    sql("CREATE TABLE t (n int PRIMARY KEY, at timestamptz)", "CREATE VIEW v AS SELECT * FROM t",
        "INSERT INTO t SELECT g, clock_timestamp() FROM generate_series(1, 100) g")  # fmt: skip
    assert len(runs.rows(extract_table="public.v", num_partitions="3")) == 100
    sql("INSERT INTO t SELECT g, clock_timestamp() FROM generate_series(101, 150) g")
    delivered = runs.rows(extract_table="public.v", num_partitions="3")
    assert sorted(row[0] for row in delivered) == list(range(101, 151))


def test_sqlite_says_that_it_is_read_by_one_connection(database, job):
    database("CREATE TABLE t (n INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (?)", [(number,) for number in range(10)])
    done = job(num_partitions="4")
    assert done.rows == [(number,) for number in range(10)]
    assert done.result["notes"] == ["num_partitions has no effect: one connection reads a SQLite file as fast as several"]
    assert job(num_partitions="auto").result["notes"] == []


@pytest.mark.parametrize("number", ["0", "-1", "many", "1.5"])
def test_a_wrong_number_of_parts_is_refused(database, job, number):
    database("CREATE TABLE t (n INTEGER PRIMARY KEY)")
    done = job("--x", num_partitions=number)
    assert done.code == 2
    assert done.failure["message"].startswith(f"--num_partitions '{number}' must be auto or a whole number of at least 1")


@pytest.mark.postgres
def test_threads_end_with_the_job(shop, pg):
    shop("CREATE TABLE t (n int PRIMARY KEY)")
    assert pg(num_partitions="3").code == 0
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("reader")] == []
