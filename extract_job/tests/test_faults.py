"""What bad input and a bad environment get: one clear line, the right exit code, and nothing that looks like data."""

import base64
import os
import resource
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

TABLE = 'CREATE TABLE "public.orders" (id INTEGER PRIMARY KEY, note TEXT)'


def encoded(text):
    return base64.urlsafe_b64encode(text.encode()).decode()


WRONG = [
    ({"run_id": None, "db_name": None}, [], "these arguments are missing: --run_id, --db_name"),
    (
        {"extract_table": None},
        ["--extract_tabel", "t"],
        "these arguments are missing: --extract_table; --extract_tabel was given: did you mean --extract_table?",
    ),
    ({"attempt": "0"}, [], "--attempt '0' is not a whole number of at least 1 and at most 18 digits"),
    ({"attempt": "one"}, [], "--attempt 'one' is not a whole number of at least 1 and at most 18 digits"),
    ({"attempt": "²"}, [], "--attempt '²' is not a whole number of at least 1 and at most 18 digits"),
    ({"fetchsize": "-5"}, [], "--fetchsize '-5' is not a whole number of at least 1 and at most 18 digits"),
    ({"lock_wait_seconds": "x"}, [], "--lock_wait_seconds 'x' is not a whole number of at least 0 and at most 18 digits"),
    ({"db_engine": "oracle"}, [], "--db_engine 'oracle': this version reads 'sqlite' and 'postgres'"),
    ({"run_id": "a\udcff"}, [], "--run_id 'a\\udcff' is not valid text"),
    ({"extract_type": "XE"}, [], "--extract_type 'XE' is neither FE (full) nor PE (incremental)"),
    (
        {"extract_s3_uri": "s3:///out/"},
        [],
        "--extract_s3_uri 's3:///out/' names no bucket; give one like 's3://bucket/orders/'",
    ),
    (
        {"result_uri": "s3://b/out/"},
        [],
        "--result_uri 's3://b/out/' names a folder; give the object, like 's3://b/out/result.json'",
    ),
    (
        {"result_uri": "/tmp/r.json"},
        [],
        "--result_uri '/tmp/r.json' is not a URI of a place; give one like 'file:///data/orders/' or 's3://bucket/orders/'",
    ),
    (
        {"result_uri": "file://data/r.json"},
        [],
        "--result_uri 'file://data/r.json' names the host 'data'; a local place has three slashes: file:///…",
    ),
    ({"result_uri": "file://"}, [], "--result_uri 'file://' has no absolute path; give one like 'file:///data/orders/'"),
    ({}, ["stray"], "'stray' stands where an argument's name is expected; the form is --key value"),
    ({}, ["--lag"], "--lag has no value (a value that begins with '--' needs argument_encoding: json)"),
    ({}, ["--run_id", "b"], "--run_id is given twice: 'run-1' and 'b'"),
    ({}, ["--extract_arguments", encoded("{}")], "--attempt stands beside --extract_arguments; give one or the other"),
    (
        None,
        ["--extract_arguments", "file:///nowhere/a.json"],
        "--extract_arguments 'file:///nowhere/a.json' can't be read: No such file or directory",
    ),
    (None, ["--extract_arguments", "%%%"], "--extract_arguments is not base64url of a JSON object: Only base64 data is allowed"),
    (None, ["--extract_arguments", encoded("[1]")], "--extract_arguments holds a JSON list, not an object of arguments"),
    (
        None,
        ["--extract_arguments", encoded('{"run_id": ["x"]}')],
        "--extract_arguments: 'run_id' is [\"x\"]; it must be a string",
    ),
    ({"extract_type": "PE"}, [], "an incremental extract (--extract_type PE) needs --hwm_col_name and --hwm_column_type"),
]
INCREMENTAL = {"extract_type": "PE", "hwm_col_name": "id"}
WRONG += [
    (INCREMENTAL | {"hwm_column_type": kind} | changed, [], said)
    for kind, changed, said in [
        (
            "uuid",
            {},
            "--hwm_column_type 'uuid' is none of IntegerType, LongType, DecimalType, DateType, TimestampType or StringType",
        ),
        ("int", {"low_watermark": "1.5"}, "--low_watermark '1.5' is not a mark of IntegerType: it takes decimal digits"),
        (
            "int",
            {"low_watermark": str(2**63)},
            f"--low_watermark '{2**63}' is not a mark of IntegerType: it takes 64 bits at most",
        ),
        ("decimal", {"low_watermark": ""}, "--low_watermark '' is not a mark of DecimalType: it takes a decimal number"),
        (
            "date",
            {"low_watermark": "1.5.24"},
            "--low_watermark '1.5.24' is not a mark of DateType: it takes a date like 2024-05-31",
        ),
        (
            "timestamp",
            {"high_watermark": "now"},
            "--high_watermark 'now' is not a mark of TimestampType: it takes a timestamp like 2024-05-31 23:59:59.123456",
        ),
        ("int", {"low_watermark": "9", "high_watermark": "5"}, "--high_watermark '5' is below --low_watermark '9'"),
        ("int", {"lag": "15m"}, "--lag '15m': a watermark of IntegerType takes a number without a unit"),
        ("timestamp", {"lag": "15"}, "--lag '15': a watermark of TimestampType takes a unit: s, m, h, d or w"),
        (
            "timestamp",
            {"lag": "soon"},
            "--lag 'soon' is not a lag; give one like 15m, 2h, 1d, or a whole number for numeric marks",
        ),
        ("string", {"lag": "1"}, "--lag '1': a watermark of StringType has no distance; leave the lag out"),
        (
            "date",
            {"lag": "800000d", "low_watermark": "2024-01-01"},
            "--lag '800000d' goes back beyond the year 1 from --low_watermark '2024-01-01'",
        ),
    ]
]


@pytest.mark.parametrize(("changed", "words", "said"), WRONG)
def test_wrong_arguments_exit_with_2(database, job, argv, changed, words, said):  # noqa: PLR0917 - a case has its parts
    database(TABLE)
    if changed is None:
        changed = dict.fromkeys(word[2:] for word in argv()[::2])
    done = job(*words, **changed)
    assert (done.code, done.errors, done.left) == (2, [f"extract_job: {said}"], [])


def test_a_missing_table_is_named_with_the_nearest(database, process):
    database(TABLE)
    done = process(extract_table="public.orderz")
    assert (done.code, done.errors, done.left) == (
        1,
        ["extract_job: table 'public.orderz' is not in 'sales.db'; nearest: 'public.orders'"],
        [],
    )


def test_a_missing_table_without_a_near_one(database, job):
    database(";".join(f"CREATE TABLE t{number} (id)" for number in range(7)))
    said = "extract_job: table 'customers' is not in 'sales.db'; it has 't0', 't1', 't2', 't3', 't4' and 2 more"
    assert job(extract_table="customers").errors == [said]


def test_an_empty_database_says_so(database, job):
    database("")
    assert job().errors == ["extract_job: table 't' is not in 'sales.db'; the database has no tables"]


def test_an_absent_database_is_never_made(database, process, tmp_path):
    done = process(db_name="no.db")
    said = f"extract_job: database 'no.db' does not exist (--db_name, seen from '{tmp_path}')"
    assert (done.code, done.errors) == (1, [said])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_database(database, job, tmp_path):
    database("")
    (tmp_path / "folder").mkdir()
    assert job(db_name="folder").errors == [f"extract_job: database 'folder' is not a file (--db_name, seen from '{tmp_path}')"]


def test_another_file_is_no_database(database, job, tmp_path):
    database("")
    (tmp_path / "notes.txt").write_text("not a database, and longer than a header of a hundred bytes would be " * 3)
    done = job(db_name="notes.txt")
    assert (done.code, done.errors) == (1, ["extract_job: database 'notes.txt' is not a SQLite database"])


def test_a_damaged_database_is_no_traceback(database, job):
    path = database("CREATE TABLE t (id INTEGER, note TEXT)", "INSERT INTO t VALUES (?, ?)", [(n, "x" * 100) for n in range(500)])
    raw = bytearray(path.read_bytes())
    raw[4096:20000] = b"\xee" * (20000 - 4096)
    path.write_bytes(raw)
    done = job()
    assert (done.code, done.left) == (1, [])
    assert done.errors[1:] == ["extract_job: cannot read database 'sales.db': database disk image is malformed"]


def test_a_database_of_an_odd_name_is_found(database, job, tmp_path):
    path = database("CREATE TABLE t (id INTEGER)", "INSERT INTO t VALUES (?)", [(1,)])
    path.rename(tmp_path / "a b?mode=rw#100%.db")
    assert job(db_name="a b?mode=rw#100%.db").rows == [(1,)]


def test_a_locked_database_is_waited_for_and_then_named(database, job):
    path = database(TABLE)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        done = job(extract_table="public.orders", lock_wait_seconds="0")
    said = "extract_job: database 'sales.db' is locked by another process (waited 0 s); try again when it is free"
    assert (done.code, done.errors) == (1, [said])


def test_unknown_text_columns_are_named(database, job):
    database(TABLE)
    done = job(extract_table="public.orders", text_columns="notes")
    assert done.errors == ["extract_job: --text_columns: table 'public.orders' has no column 'notes'; nearest: 'note'"]


def test_a_place_that_cannot_be_made_is_named(database, job, tmp_path):
    database(TABLE)
    (tmp_path / "file").touch()
    done = job(extract_table="public.orders", extract_s3_uri=(tmp_path / "file" / "x").as_uri())
    assert (done.code, done.errors[1:]) == (1, [f"extract_job: cannot write to '{tmp_path / 'file' / 'x'}': Not a directory"])


def test_a_result_that_cannot_be_put_is_named(database, job, tmp_path):
    database(TABLE)
    (tmp_path / "r").mkdir()
    done = job(extract_table="public.orders", result_uri=(tmp_path / "r").as_uri())
    assert (done.code, done.errors) == (1, [f"extract_job: cannot remove the old result '{tmp_path / 'r'}': Is a directory"])


def test_a_full_disk_leaves_nothing(database, argv, tmp_path):
    rows = [(number, os.urandom(500).hex()) for number in range(3000)]
    database("CREATE TABLE t (id INTEGER, note TEXT)", "INSERT INTO t VALUES (?, ?)", rows)
    done = subprocess.run(
        [sys.executable, "-m", "extract_job", *argv()],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)),
    )
    folder = tmp_path / "out" / "attempt=1"
    assert (done.returncode, done.stderr.splitlines()[1:]) == (1, [f"extract_job: cannot write to '{folder}': File too large"])
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("number", "code", "name"), [(15, 143, "SIGTERM"), (2, 130, "SIGINT")])
def test_a_signal_in_the_middle_stops_it_at_once_and_leaves_nothing(database, argv, tmp_path, number, code, name):  # noqa: PLR0917 - a case has its parts
    # An endless table: only the signal can end the reading of it.
    database("CREATE VIEW t AS WITH RECURSIVE n(id) AS (VALUES (1) UNION ALL SELECT id + 1 FROM n) SELECT id FROM n")
    job = subprocess.Popen([sys.executable, "-m", "extract_job", *argv()], stderr=subprocess.PIPE, text=True)
    folder = tmp_path / "out" / "attempt=1"
    wait_for(lambda: list(folder.glob(".part-*.tmp")))
    started = time.monotonic()
    job.send_signal(number)
    _, errors = job.communicate(timeout=20)
    assert time.monotonic() - started < 5
    assert (job.returncode, list(folder.iterdir())) == (code, [])
    said = f"extract_job: stopped by {name}: no result is written, and what was not yet whole is removed"
    assert errors.splitlines()[1:] == [said]


def test_a_signal_is_heard_while_sqlite_computes(database, argv, tmp_path):
    # The maximum of an endless column: SQLite doesn't come back by itself.
    database("CREATE VIEW t AS WITH RECURSIVE n(id) AS (VALUES (1) UNION ALL SELECT id + 1 FROM n) SELECT id FROM n")
    words = argv(extract_type="PE", hwm_col_name="id", hwm_column_type="int", low_watermark="1")
    job = subprocess.Popen([sys.executable, "-m", "extract_job", "--note", "", *words], stderr=subprocess.PIPE, text=True)
    assert job.stderr.readline() == "extract_job: note: not arguments of this job, ignored: --note\n"
    time.sleep(0.3)
    job.terminate()
    assert job.wait(timeout=20) == 143
    job.stderr.close()


def test_it_is_killed_hard_and_what_is_left_is_no_data(database, argv, tmp_path):
    path = database("CREATE VIEW t AS WITH RECURSIVE n(id) AS (VALUES (1) UNION ALL SELECT id + 1 FROM n) SELECT id FROM n")
    job = subprocess.Popen([sys.executable, "-m", "extract_job", *argv()], stderr=subprocess.DEVNULL)
    folder = tmp_path / "out" / "attempt=1"
    wait_for(lambda: list(folder.glob(".part-*.tmp")))
    job.kill()
    job.wait()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("DROP VIEW t; CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1)")
    assert subprocess.run([sys.executable, "-m", "extract_job", *argv()], check=False, capture_output=True).returncode == 0
    assert (folder / "result.json").exists()


def test_importing_it_loads_no_arrow():
    code = "import sys, extract_job.program\n"
    code += "print(sorted({name.split('.')[0] for name in sys.modules} & {'pyarrow', 'extract_core'}))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def wait_for(condition):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("it didn't happen within 30 s")
