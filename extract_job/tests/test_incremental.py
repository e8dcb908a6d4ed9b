"""Incremental extracts: which rows are read, which mark is reported, what is refused."""

import sqlite3
from contextlib import closing

import pytest

STAMPS = [(1, "2024-05-01 10:00:00"), (2, "2024-05-01 11:00:00"), (3, None), (4, "2024-05-02 09:30:00.5")]
BY_TIME = {"extract_type": "PE", "hwm_col_name": "at", "hwm_column_type": "TimestampType"}
BY_ID = {"extract_type": "incremental", "hwm_col_name": "id", "hwm_column_type": "longtype"}


@pytest.fixture
def stamped(database):
    return database("CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP)", "INSERT INTO t VALUES (?, ?)", STAMPS)


def ids(done):
    assert done.code == 0, done.errors
    return sorted(row[0] for row in done.rows)


def marks(done):
    result = done.result
    return result["low_watermark"], result["high_watermark"], result["rows_without_watermark"]


def test_the_first_run_reads_everything_and_reports_the_newest_mark(stamped, job):
    done = job(**BY_TIME)
    assert ids(done) == [1, 2, 3, 4]
    assert marks(done) == (None, "2024-05-02 09:30:00.5", 0)


def test_the_next_run_reads_only_what_is_newer(stamped, job, tmp_path):
    done = job(**BY_TIME, low_watermark="2024-05-01 10:30:00", lag="0")
    assert ids(done) == [2, 4]
    assert marks(done) == ("2024-05-01 10:30:00", "2024-05-02 09:30:00.5", 1)
    notes = [
        (
            "rows from '2024-05-01 10:30:00' up to '2024-05-01 10:30:00' are read again, also those that were delivered: no "
            "result of a committed attempt is known"
        ),
        "rows skipped because 'at' is NULL: 1; only a full extract, or a first one, reads them",
    ]
    assert done.result["notes"] == notes
    assert done.errors[:3] == [
        (
            "extract_job: t: reading rows by 'at' from '2024-05-01 10:30:00' up to '2024-05-02 09:30:00.5' of 'sales.db' into "
            f"'{tmp_path / 'out' / 'attempt=1'}'"
        ),
        *(f"extract_job: note: {note}" for note in notes),
    ]


def test_three_runs_in_a_row_read_each_row_once(stamped, chain):
    runs = chain(**BY_TIME)
    assert ids(runs.run()) == [1, 2, 3, 4]
    with closing(sqlite3.connect(stamped)) as connection:
        connection.execute("INSERT INTO t VALUES (5, '2024-05-03 00:00:00')")
        connection.commit()
    assert ids(runs.run()) == [5]
    third = runs.run()
    assert ids(third) == []
    assert marks(third)[:2] == ("2024-05-03 00:00:00", "2024-05-03 00:00:00")
    assert third.table.schema.names == ["id", "at"]


def test_the_mark_never_goes_backwards(stamped, job):
    done = job(**BY_TIME, low_watermark="2026-01-01 00:00:00", on_mark_behind="continue")
    assert ids(done) == []
    assert marks(done) == ("2026-01-01 00:00:00", "2026-01-01 00:00:00", 1)


def test_an_empty_table_has_no_mark(database, job):
    database("CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP)")
    assert marks(job(**BY_TIME)) == (None, None, 0)
    assert marks(job(**BY_ID, low_watermark="7", on_mark_behind="continue")) == ("7", "7", 0)


def test_without_any_mark_the_first_run_reads_all(database, job):
    database("CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP)", "INSERT INTO t VALUES (?, NULL)", [(1,), (2,)])
    done = job(**BY_TIME)
    assert ids(done) == [1, 2]
    assert marks(done) == (None, None, 0)


def test_a_backfill_reads_its_range(stamped, job):
    done = job(**BY_TIME, low_watermark="2024-05-01 10:00:00", high_watermark="2024-05-01 23:59:59")
    assert ids(done) == [2]
    assert marks(done) == ("2024-05-01 10:00:00", "2024-05-01 11:00:00", 1)


def test_a_backfill_without_a_beginning(stamped, job):
    done = job(**BY_TIME, high_watermark="2024-05-01 10:30:00")
    assert ids(done) == [1]
    assert marks(done) == (None, "2024-05-01 10:00:00", 1)
    assert ids(job(**BY_TIME, high_watermark="2020-01-01 00:00:00")) == []


@pytest.mark.parametrize(
    ("lag", "low", "expected"),
    [
        ("30m", "2024-05-01 11:00:00", [2, 4]),
        ("61m", "2024-05-01 11:00:00", [1, 2, 4]),
        ("2h", "2024-05-01 11:00:00", [1, 2, 4]),
        ("0", "2024-05-01 11:00:00", [2, 4]),
        ("23h", "2024-05-02 09:30:00.5", [2, 4]),
        ("1w", "2024-05-02", [1, 2, 4]),
    ],
)
def test_a_lag_moves_the_beginning_and_not_the_mark(stamped, job, lag, low, expected):
    done = job(**BY_TIME, low_watermark=low, lag=lag)
    assert ids(done) == expected
    assert marks(done)[0] == low


def test_lag_with_nothing_new_keeps_the_mark(stamped, job):
    done = job(**BY_TIME, low_watermark="2024-05-02 09:30:00.5", lag="23h")
    assert ids(done) == [2, 4]
    assert marks(done)[1] == "2024-05-02 09:30:00.5"


@pytest.mark.parametrize(
    ("declared", "kind", "values", "low", "expected", "high"),
    [
        ("INTEGER", "IntegerType", [1, 9, 10, 100], "9", [9, 10, 100], "100"),
        ("INTEGER", "int", [-6, -5, -4], "-5", [-5, -4], "-4"),
        ("BIGINT", "LONGTYPE", [2**60 - 1, 2**60, 2**60 + 1], str(2**60), [2**60, 2**60 + 1], str(2**60 + 1)),
        ("DECIMAL(10,2)", "DecimalType", [9.25, 9.5, 10.25], "9.50", [9.5, 10.25], "10.25"),
        ("REAL", "decimal", [1e-8, 1e-7, 0.5], "0.0000001", [1e-7, 0.5], "0.5"),
        (
            "DATE",
            "DateType",
            ["2024-01-30", "2024-01-31", "2024-02-01"],
            "2024-01-31",
            ["2024-01-31", "2024-02-01"],
            "2024-02-01",
        ),
        ("TEXT", "StringType", ["B", "a", "ä"], "a", ["a", "ä"], "ä"),
        ("TEXT COLLATE NOCASE", "string", ["B", "a", "b"], "a", ["a", "b"], "b"),
        ("TEXT", "string", ["", "x"], "", ["", "x"], "x"),
        (
            "TIMESTAMPTZ",
            "timestamp",
            ["2024-05-01T09:59:59Z", "2024-05-01T10:00:00Z"],
            "2024-05-01T10:00:00Z",
            None,
            "2024-05-01T10:00:00Z",
        ),
    ],
)
def test_marks_of_every_type(database, job, declared, kind, values, low, expected, high):  # noqa: PLR0917 - a case has its parts
    database(f'CREATE TABLE t ("the mark" {declared})', "INSERT INTO t VALUES (?)", [(value,) for value in values])
    done = job(extract_type="PE", hwm_col_name="THE MARK", hwm_column_type=kind, low_watermark=low, lag="0")
    assert done.code == 0, done.errors
    assert marks(done) == (low, high, 0)
    assert len(done.rows) == (1 if expected is None else len(expected))
    if expected is not None:
        assert [str(row[0]) for row in done.rows] == [
            str(row) if declared != "DECIMAL(10,2)" else f"{row:.2f}" for row in expected
        ]


@pytest.mark.parametrize(
    ("declared", "kind", "values", "value", "why"),
    [
        ("TEXT", "IntegerType", ["9", "10"], "'10'", "it is text"),
        ("INTEGER", "IntegerType", [1, "x"], "'x'", "it is text"),
        ("INTEGER", "IntegerType", [1.5], "1.5", "it is a real"),
        ("TIMESTAMP", "TimestampType", [1717113600, "2024-05-31 00:00:00"], "1717113600", "it is an integer"),
        ("TIMESTAMP", "TimestampType", ["yesterday"], "'yesterday'", "expected a timestamp like 2024-05-31 23:59:59.123456"),
        ("TIMESTAMP", "DateType", ["2024-05-31 10:00"], "'2024-05-31 10:00'", "expected a date like 2024-05-31"),
        ("DATE", "DateType", ["2024-02-30"], "'2024-02-30'", "day is out of range for month"),
        ("BLOB", "StringType", [b"x"], "b'x'", "it is a blob"),
        ("REAL", "DecimalType", [float("inf")], "inf", "it is a real"),
    ],
)
def test_a_value_that_is_not_a_mark_is_refused(database, job, declared, kind, values, value, why):  # noqa: PLR0917 - a case has its parts
    database(f"CREATE TABLE t (c {declared})", "INSERT INTO t VALUES (?)", [(row,) for row in values])
    done = job(extract_type="PE", hwm_col_name="c", hwm_column_type=kind)
    assert (done.code, done.errors) == (
        1,
        [
            (
                f"extract_job: table 't': watermark column 'c' ({declared}) holds {value}, which is not a valid mark of {kind} "
                f"({why}); fix the value, set the --hwm_column_type that fits the column, or run a full extract"
            )
        ],
    )


@pytest.mark.parametrize(
    ("low", "late"),
    [
        ("2024-05-01T09:00:00", "2024-05-01 10:00:00"),
        ("2024-05-01 09:00:00+02:00", "2024-05-01 08:00:00+00:00"),
        ("2024-05-01T10:00:00Z", "2024-05-01T10:00:00.5Z"),
    ],
)
def test_forms_of_timestamps_that_would_lose_rows_are_refused(database, job, low, late):
    database("CREATE TABLE t (c TEXT)", "INSERT INTO t VALUES (?)", [(low,), (late,)])
    done = job(extract_type="PE", hwm_col_name="c", hwm_column_type="TimestampType", low_watermark=low, lag="0")
    assert (done.code, done.errors) == (
        1,
        [
            (
                f"extract_job: table 't': watermark column 'c' holds {late!r} near {low!r}, where the read begins: SQLite "
                "compares them as text, timestamps of different forms are not in time order, and rows would be lost; write them "
                "in one form, or run a full extract"
            )
        ],
    )


def test_other_forms_on_other_days_are_accepted(database, job):
    rows = [("2024-05-01T09:00:00",), ("2024-05-02 10:00:00",), ("2024-05-03",)]
    database("CREATE TABLE t (c TEXT)", "INSERT INTO t VALUES (?)", rows)
    done = job(extract_type="PE", hwm_col_name="c", hwm_column_type="TimestampType", low_watermark="2024-05-01T09:00:00", lag="0")
    assert done.rows == rows


def test_a_missing_watermark_column_is_named(stamped, job):
    done = job(extract_type="PE", hwm_col_name="att", hwm_column_type="TimestampType")
    assert (done.code, done.errors) == (
        1,
        ["extract_job: table 't' has no column 'att' (the watermark, --hwm_col_name); nearest: 'at'"],
    )


def test_a_full_extract_reports_no_high_mark(stamped, job):
    done = job(extract_type="FE", hwm_col_name="at", hwm_column_type="TimestampType", low_watermark="2024-05-01 10:00:00")
    assert ids(done) == [1, 2, 3, 4]
    assert marks(done) == ("2024-05-01 10:00:00", None, 0)


def test_rows_that_arrive_during_the_read_belong_to_the_next_run(database, job, monkeypatch):
    path = database(
        "PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (?)", [(1,), (2,)]
    )
    from extract_job.databases.sqlite import source as sqlite_source

    read = sqlite_source.SqliteSource.read

    def late(self, most):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("INSERT INTO t SELECT max(id) + 1 FROM t")
            connection.commit()
        return read(self, most)

    monkeypatch.setattr(sqlite_source.SqliteSource, "read", late)
    done = job(**BY_ID)
    assert ids(done) == [1, 2]
    assert marks(done) == (None, "2", 0)
