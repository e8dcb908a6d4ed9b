"""The window of SQLite: a row that commits within the lag is delivered once per version."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from extract_job.databases import delivered
from extract_job.databases.sqlite import watermark as sqlite_watermark

BY_TIME = {"hwm_col_name": "at", "hwm_column_type": "TimestampType"}
BY_ID = {"hwm_col_name": "id", "hwm_column_type": "LongType"}
BY_CODE = {"hwm_col_name": "code", "hwm_column_type": "StringType"}
DAY = "2024-05-01"


@pytest.fixture
def sql(database):
    """Return a function that runs statements in `sales.db`."""
    path = database("")

    def run(script):
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(script)
            connection.commit()

    return run


def test_a_late_row_within_the_lag_is_found_once(sql, chain):
    sql(f"CREATE TABLE t (id INTEGER, at TIMESTAMP); INSERT INTO t VALUES (1, '{DAY} 10:00:00'), (2, '{DAY} 11:00:00')")  # noqa: S608 - the values are those of the tests
    runs = chain(**BY_TIME)
    assert len(runs.rows()) == 2
    sql(f"INSERT INTO t VALUES (3, '{DAY} 10:00:00'), (4, '{DAY} 09:00:00')")  # noqa: S608 - the values are those of the tests
    assert [row[0] for row in runs.rows()] == [3]  # the fourth is late by more than 70 minutes
    assert runs.last.result["rows_delivered_before"] == 2
    assert runs.rows() == []
    assert runs.last.result["rows_delivered_before"] == 3


@pytest.mark.parametrize("lag", ["0", "1h"])
def test_rows_with_the_mark_itself_are_found_once(sql, chain, lag):
    sql(f"CREATE TABLE t (id INTEGER, at TIMESTAMP); INSERT INTO t VALUES (1, '{DAY} 10:00:00')")  # noqa: S608 - the values are those of the tests
    runs = chain(**BY_TIME, lag=lag)
    assert len(runs.rows()) == 1
    sql(f"INSERT INTO t VALUES (2, '{DAY} 10:00:00')")  # noqa: S608 - the values are those of the tests
    assert [row[0] for row in runs.rows()] == [2]
    sql(f"INSERT INTO t VALUES (3, '{DAY} 10:00:00')")  # noqa: S608 - the values are those of the tests
    assert [row[0] for row in runs.rows()] == [3]
    assert runs.rows() == []


def test_equal_rows_without_a_key_are_counted(sql, chain):
    sql(f"CREATE TABLE t (v TEXT, at TIMESTAMP); INSERT INTO t VALUES ('x', '{DAY} 10:00:00'), ('x', '{DAY} 10:00:00')")  # noqa: S608 - the values are those of the tests
    runs = chain(**BY_TIME)
    assert len(runs.rows()) == 2
    sql(f"INSERT INTO t VALUES ('x', '{DAY} 10:00:00')")  # noqa: S608 - the values are those of the tests
    assert len(runs.rows()) == 1
    assert runs.rows() == []
    sql("DELETE FROM t WHERE rowid = 1")
    assert runs.rows() == []
    sql(f"INSERT INTO t VALUES ('x', '{DAY} 10:00:00')")  # noqa: S608 - the values are those of the tests
    assert len(runs.rows()) == 1


@pytest.mark.parametrize("value", ["'1'", "1.0", "X'31'", "NULL"])
def test_values_that_look_alike_are_other_rows(sql, chain, value):
    sql("CREATE TABLE t (v, id INTEGER); INSERT INTO t VALUES (1, 5)")
    runs = chain(**BY_ID)
    before = runs.run(text_columns="v").code
    sql(f"INSERT INTO t VALUES ({value}, 5)")  # noqa: S608 - the values are those of the tests
    done = runs.run(text_columns="v")
    assert before == 0
    if value == "X'31'":
        assert "is a blob, not text" in done.errors[-1]
    else:
        assert done.result["rows"] == 1


def test_an_update_in_the_overlap_is_a_new_version(sql, chain):
    sql(f"CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, at TIMESTAMP); INSERT INTO t VALUES (1, 'old', '{DAY} 10:00:00')")  # noqa: S608 - the values are those of the tests
    runs = chain(**BY_TIME)
    runs.rows()
    sql("UPDATE t SET v = 'new'")  # the same mark: a program wrote twice in one second
    assert [row[1] for row in runs.rows()] == ["new"]
    sql("DELETE FROM t WHERE id = 1")
    assert runs.rows(on_mark_behind="continue") == []


@pytest.mark.parametrize(
    ("declared", "kind", "first", "late", "new"),
    [
        ("INTEGER", "LongType", "5000", "4000", "5001"),
        ("INTEGER", "LongType", "-5", "-1005", "-4"),
        ("DECIMAL(10,2)", "DecimalType", "5000.5", "4000.5", "5000.75"),
        ("REAL", "DecimalType", "0.1", "-999.9", "0.30000000000000004"),
        ("DATE", "DateType", "'2024-03-01'", "'2024-02-29'", "'2024-03-02'"),
        ("TIMESTAMP", "TimestampType", "'2024-03-01 00:30:00.5'", "'2024-02-29 23:20:00.5'", "'2024-03-01 00:30:00.6'"),
        ("TIMESTAMPTZ", "TimestampType", "'2024-03-01T00:05:00Z'", "'2024-02-29T23:55:00Z'", "'2024-03-01T00:06:00Z'"),
        ("TIMESTAMPTZ", "TimestampType", "'2024-03-01 00:05+02:00'", "'2024-02-29 23:55+02:00'", "'2024-03-01 00:06+02:00'"),
        ("TEXT", "StringType", "'b'", "'b'", "'c'"),
        ("TEXT", "StringType", "''", "''", "'c'"),
    ],
)
def test_the_default_lag_of_each_type(sql, chain, declared, kind, first, late, new):  # noqa: PLR0917 - a case has its parts
    sql(f"CREATE TABLE t (id INTEGER, mark {declared}); INSERT INTO t VALUES (1, {first})")  # noqa: S608 - the values are those of the tests
    runs = chain(hwm_col_name="mark", hwm_column_type=kind)
    assert len(runs.rows()) == 1
    sql(f"INSERT INTO t VALUES (2, {late}), (3, {new})")  # noqa: S608 - the values are those of the tests
    assert [row[0] for row in runs.rows()] == [2, 3]
    assert runs.rows() == []


def test_many_runs_in_a_row_deliver_each_row_once(sql, chain):
    sql("CREATE TABLE t (id INTEGER, at TIMESTAMP)")
    runs, written, read = chain(**BY_TIME, lag="10m"), [], []
    for number in range(12):
        stamps = [f"{DAY} 10:{number * 4 + late:02}:00" for late in (0, 1, 2, 0)]
        rows = [(number * 4 + offset, stamp) for offset, stamp in enumerate(stamps)]
        written += [row[0] for row in rows]
        sql(f"INSERT INTO t VALUES {', '.join(map(str, rows))}")  # noqa: S608 - the values are those of the tests
        read += [row[0] for row in runs.rows()]
    assert sorted(read) == written


def test_a_longer_lag_begins_where_the_last_attempt_remembers(sql, chain):
    sql(f"CREATE TABLE t (id INTEGER, at TIMESTAMP); INSERT INTO t VALUES (1, '{DAY} 08:00:00'), (2, '{DAY} 11:00:00')")  # noqa: S608 - the values are those of the tests
    runs = chain(**BY_TIME)
    runs.rows(lag="1h")
    assert runs.rows(lag="1d") == []  # from 10:00 on: nothing is known of the rows before
    sql(f"INSERT INTO t VALUES (3, '{DAY} 10:00:00')")  # noqa: S608 - the values are those of the tests
    assert [row[0] for row in runs.rows(lag="1d")] == [3]


def test_one_instant_in_two_spellings_is_not_delivered_by_each_run(sql, chain):
    sql(f"CREATE TABLE t (id INTEGER, at TIMESTAMP); INSERT INTO t VALUES (1, '{DAY} 10:00:00')")  # noqa: S608 - the values are those of the tests
    runs = chain(**BY_TIME, lag="0")
    runs.rows()
    sql(f"INSERT INTO t VALUES (2, '{DAY} 10:00:00.000')")  # noqa: S608 - the values are those of the tests
    assert [row[0] for row in runs.rows()] == [2]
    # Tracking takes the two for one mark, and may keep the first spelling.
    assert runs.rows(low_watermark=f"{DAY} 10:00:00") == []
    sql(f"INSERT INTO t VALUES (3, '{DAY} 10:00:00'), (4, '{DAY} 10:00:00.0')")  # noqa: S608 - the values are those of the tests
    assert [row[0] for row in runs.rows()] == [3, 4]
    assert runs.rows() == []


def test_text_marks_are_in_the_order_of_their_bytes(sql, chain):
    sql("CREATE TABLE t (code TEXT COLLATE NOCASE); INSERT INTO t VALUES ('a'), ('b')")
    runs = chain(**BY_CODE)
    assert len(runs.rows()) == 2
    sql("INSERT INTO t VALUES ('C')")  # below 'b', so it is late, and a text has no lag
    assert runs.rows() == []
    sql("INSERT INTO t VALUES ('c')")
    assert runs.rows() == [("c",)]
    assert runs.rows() == []


@pytest.fixture
def noon(monkeypatch):
    """This machine's clock stands at noon, UTC and local time."""
    now = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return now.astimezone(tz) if tz else now.replace(tzinfo=None)

    monkeypatch.setattr(sqlite_watermark, "datetime", Clock)
    monkeypatch.setattr(sqlite_watermark, "wall_clock", lambda: now.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("declared", "kind", "now", "future"),
    [
        ("TIMESTAMP", "TimestampType", "2024-05-01 12:00:00", "2024-05-01 12:00:01"),
        ("TIMESTAMP", "TimestampType", "2024-05-01T12:00:00.000", "2024-05-01T12:00:00.001"),
        ("TIMESTAMPTZ", "TimestampType", "2024-05-01 14:00:00+02:00", "2024-05-01 14:00:01+02:00"),
        ("TIMESTAMPTZ", "TimestampType", "2024-05-01T12:00:00Z", "2024-05-01T12:00:01Z"),
        ("DATE", "DateType", "2024-05-01", "2024-05-02"),
        ("TIMESTAMP", "TimestampType", "2024-05-01T11:59:00", "2999-12-31 00:00:00"),
    ],
)
@pytest.mark.usefixtures("noon")
def test_rows_in_the_future_wait_for_their_time(sql, chain, declared, kind, now, future):  # noqa: PLR0917 - a case has its parts
    sql(f"CREATE TABLE t (id INTEGER, mark {declared}); INSERT INTO t VALUES (1, '{now}'), (2, '{future}')")  # noqa: S608 - the values are those of the tests
    runs = chain(hwm_col_name="mark", hwm_column_type=kind)
    assert [row[0] for row in runs.rows()] == [1]
    result = runs.last.result
    assert (result["high_watermark"], result["rows_in_the_future"]) == (now, 1)
    note = "rows skipped because 'mark' is above the clock of the source: 1; they are read when their time has come, or now with"
    assert result["notes"] == [f"{note} future: read"]
    assert runs.rows() == []
    assert [row[0] for row in runs.rows(future="read")] == [2]
    assert runs.last.result["rows_in_the_future"] == 0


@pytest.mark.usefixtures("noon")
def test_a_committed_mark_in_the_future_is_a_conflict(sql, chain):
    sql("CREATE TABLE t (at TIMESTAMP); INSERT INTO t VALUES ('2999-12-31 00:00:00')")
    runs = chain(**BY_TIME)
    assert runs.run(future="read").result["high_watermark"] == "2999-12-31 00:00:00"
    assert runs.run(on_mark_behind="continue").failure == {
        "class": "CONFLICT",
        "message": (
            "the committed mark '2999-12-31 00:00:00' of 'at' is in the future: the clock of the source says "
            "'2024-05-01T12:00:00.000000', and rows up to the mark would never count as new; begin anew with --reingest, or set "
            "a mark that is not in the future"
        ),
        "retryable": False,
    }


def test_the_wall_clock_does_not_repeat_an_hour(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    import time

    time.tzset()
    try:
        for minutes in range(0, 180, 10):  # clocks go back from 03:00 to 02:00 at 01:00 UTC
            moment = datetime(2024, 10, 27, 0, 30, tzinfo=UTC) + timedelta(minutes=minutes)

            class Clock(datetime):
                @classmethod
                def now(cls, tz=None, moment=moment):
                    return moment.astimezone(tz)

            monkeypatch.setattr(sqlite_watermark, "datetime", Clock)
            assert sqlite_watermark.wall_clock() == moment.replace(tzinfo=None) + timedelta(hours=2)
    finally:
        monkeypatch.undo()
        time.tzset()


BEHIND = (
    ": the table was emptied or restored, or its numbers begin again, so that new rows may stay below the mark; begin anew with "
    "--reingest, or set on_mark_behind: continue if the table is emptied on purpose"
)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("DELETE FROM t", f"the table has no rows with a mark, and the committed mark of 'id' is '100'{BEHIND}"),
        ("UPDATE t SET id = 7", f"the newest mark of the table is '7', and the committed mark of 'id' is '100'{BEHIND}"),
        ("UPDATE t SET id = NULL", f"the table has no rows with a mark, and the committed mark of 'id' is '100'{BEHIND}"),
    ],
)
def test_a_newest_mark_below_the_committed_one_is_a_conflict(sql, chain, change, message):
    sql("CREATE TABLE t (id INTEGER, v TEXT); INSERT INTO t VALUES (100, 'old')")
    runs = chain(**BY_ID)
    runs.rows()
    sql(change)
    done = runs.run()
    assert (done.code, done.errors[-1]) == (1, f"extract_job: {message}")
    assert done.failure == {"class": "CONFLICT", "message": message, "retryable": False}
    done = runs.run(on_mark_behind="continue")
    assert (done.code, done.result["high_watermark"]) == (0, "100")
    sql("DELETE FROM t; INSERT INTO t VALUES (101, 'x')")
    assert runs.rows() == [(101, "x")]


def without_memory(result):
    (result.parent / json.loads(result.read_text())["overlap"]["remembers"]).unlink()


@pytest.mark.parametrize("loss", [lambda result: result.unlink(), without_memory, lambda result: result.write_text("{")])
def test_without_the_last_result_the_overlap_is_read_again_and_a_note_says_so(sql, chain, loss):
    sql(f"CREATE TABLE t (id INTEGER, at TIMESTAMP); INSERT INTO t VALUES (1, '{DAY} 08:00:00'), (2, '{DAY} 10:00:00')")  # noqa: S608 - the values are those of the tests
    runs = chain(**BY_TIME)
    runs.rows()
    last, high = runs.last.result_path, runs.last.result["high_watermark"]
    loss(last)
    runs.last = None
    done = runs.run(low_watermark=high, last_result=last.as_uri())
    assert [row[0] for row in done.rows] == [2]
    (note,) = done.result["notes"]
    assert note.startswith(
        f"rows from '{DAY} 08:50:00' up to '{DAY} 10:00:00' are read again, also those that were delivered: the "
    )
    assert runs.rows() == []


def test_other_columns_read_the_overlap_again(sql, chain):
    sql(f"CREATE TABLE t (id INTEGER, at TIMESTAMP); INSERT INTO t VALUES (1, '{DAY} 10:00:00')")  # noqa: S608 - the values are those of the tests
    runs = chain(**BY_TIME)
    runs.rows()
    sql("ALTER TABLE t ADD COLUMN v TEXT")
    assert runs.rows() == [(1, datetime(2024, 5, 1, 10, 0), None)]  # noqa: DTZ001 - it has no zone
    assert runs.last.result["notes"] == [
        (
            f"rows from '{DAY} 08:50:00' up to '{DAY} 10:00:00' are read again, also those that were delivered: the table's "
            "columns have changed, so that old rows cannot be recognised"
        ),
        "the schema has changed since the last committed attempt: column 'v' (TEXT) was added",
    ]
    assert runs.rows() == []


def test_an_overlap_that_is_too_large_to_remember_fails_before_rows_are_read(sql, chain, monkeypatch):
    monkeypatch.setattr(delivered, "MOST_REMEMBERED", 3)
    sql(f"CREATE TABLE t (id INTEGER, at TIMESTAMP); INSERT INTO t VALUES {', '.join([f'''(1, '{DAY} 10:00:00')'''] * 4)}")  # noqa: S608 - the values are those of the tests
    done = chain(**BY_TIME).run()
    assert done.failure == {
        "class": "CONFIG",
        "message": (
            f"table 't': more than 3 rows have a mark from '{DAY} 08:50:00' to '{DAY} 10:00:00', and the next attempt would have "
            "to recognise each of them; set a shorter lag, use a watermark column with finer marks, or run a full extract"
        ),
        "retryable": False,
    }
    assert done.left == []


def test_a_backfill_remembers_nothing_and_reads_as_it_is_asked(sql, chain):
    sql("CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1), (2), (3), (4)")
    done = chain(**BY_ID).run(low_watermark="1", high_watermark="3")
    assert sorted(done.rows) == [(2,), (3,)]
    assert (done.result["overlap"], done.result["notes"]) == (None, [])
    assert done.left == ["part-00000.parquet", "result.json"]


def test_the_result_says_what_the_next_attempt_must_know(sql, chain):
    sql("CREATE TABLE t (id INTEGER, v TEXT); INSERT INTO t VALUES (1, 'a'), (500, 'b'), (1500, 'c')")
    done = chain(**BY_ID).run()
    overlap = done.result["overlap"]
    name = overlap.pop("remembers")
    assert overlap == {
        "begin": "500", "lag": "1000", "column": "id", "by": "digests", "rows": 2, "tables": [], "columns": ["id", "v"]
    }  # fmt: skip
    assert done.left == ["part-00000.parquet", name, "result.json"]
    source = done.result["source"]
    assert (source["engine"], source["version"], source["identity"]) == ("sqlite", sqlite3.sqlite_version, None)


def test_rows_that_are_left_out_are_shown_to_the_proof(sql, chain, monkeypatch):
    from extract_job.databases.sqlite.source import SqliteSource

    shown, read = [], SqliteSource.read

    def with_proof(self, most):
        self.left_out_to(lambda table: shown.extend(table["id"].to_pylist()))
        return read(self, most)

    monkeypatch.setattr(SqliteSource, "read", with_proof)
    sql("CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1), (2)")
    runs = chain(**BY_ID)
    runs.rows()
    sql("INSERT INTO t VALUES (3)")
    assert (runs.rows(), shown) == ([(3,)], [1, 2])


def test_several_columns_are_no_watermark(sql, chain):
    sql("CREATE TABLE t (a INTEGER, b INTEGER)")
    assert chain(hwm_col_name="a,b", hwm_column_type="LongType").run().failure["message"] == (
        "table 't': --hwm_col_name 'a,b' names several columns, but a watermark is one column; use one whose values grow with "
        "each change, or run a full extract"
    )
