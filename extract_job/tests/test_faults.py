"""Bad input and a bad environment: one clear line, the right exit code, no files like data."""

import base64
import json
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
    ({"run_id": None, "db_name": None}, [], "missing arguments: --run_id, --db_name"),
    (
        {"extract_table": None},
        ["--extract_tabel", "t"],
        "missing arguments: --extract_table; --extract_tabel is unknown, did you mean --extract_table?",
    ),
    ({"attempt": "0"}, [], "--attempt '0' must be a whole number of at least 1, with at most 18 digits"),
    ({"attempt": "one"}, [], "--attempt 'one' must be a whole number of at least 1, with at most 18 digits"),
    ({"attempt": "²"}, [], "--attempt '²' must be a whole number of at least 1, with at most 18 digits"),
    ({"fetchsize": "-5"}, [], "--fetchsize '-5' must be a whole number of at least 1, with at most 18 digits"),
    ({"lock_wait_seconds": "x"}, [], "--lock_wait_seconds 'x' must be a whole number of at least 0, with at most 18 digits"),
    (
        {"db_engine": "db2"},
        [],
        (
            "--db_engine 'db2' is not supported: this version reads 'sqlite', 'postgres', 'mysql', 'mariadb', 'sqlserver' and "
            "'oracle'"
        ),
    ),
    ({"run_id": "a\udcff"}, [], "--run_id 'a\\udcff' is not valid text"),
    ({"extract_type": "XE"}, [], "--extract_type 'XE' is neither FE (full) nor PE (incremental)"),
    (
        {"extract_s3_uri": "s3:///out/"},
        [],
        "--extract_s3_uri 's3:///out/' has no bucket; use a URI like 's3://bucket/orders/'",
    ),
    (
        {"result_uri": "s3://b/out/"},
        [],
        "--result_uri 's3://b/out/' names a folder; name an object, like 's3://b/out/result.json'",
    ),
    (
        {"result_uri": "/tmp/r.json"},
        [],
        "--result_uri '/tmp/r.json' is not a file:// or s3:// URI; use one like 'file:///data/orders/' or 's3://bucket/orders/'",
    ),
    (
        {"result_uri": "file://data/r.json"},
        [],
        "--result_uri 'file://data/r.json' names the host 'data'; a local path begins with three slashes: file:///…",
    ),
    ({"result_uri": "file://"}, [], "--result_uri 'file://' has no absolute path; use a URI like 'file:///data/orders/'"),
    ({}, ["stray"], "expected the name of an argument instead of 'stray'; write --key value"),
    ({}, ["--lag"], "--lag has no value; if the value begins with '--', set argument_encoding: json"),
    ({}, ["--run_id", "b"], "--run_id is given twice: 'run-1' and 'b'"),
    ({}, ["--extract_arguments", encoded("{}")], "--attempt and --extract_arguments cannot be combined; use one of them"),
    (
        None,
        ["--extract_arguments", "file:///nowhere/a.json"],
        "cannot read --extract_arguments 'file:///nowhere/a.json': No such file or directory",
    ),
    (None, ["--extract_arguments", "%%%"], "--extract_arguments is not base64url of a JSON object: Only base64 data is allowed"),
    (None, ["--extract_arguments", encoded("[1]")], "--extract_arguments is a JSON list, not a JSON object of arguments"),
    (
        None,
        ["--extract_arguments", encoded('{"run_id": ["x"]}')],
        "--extract_arguments: 'run_id' is [\"x\"]; it must be a string",
    ),
    ({"future": "maybe"}, [], "--future 'maybe' is not one of exclude and read"),
    ({"on_mark_behind": ""}, [], "--on_mark_behind '' is not one of fail and continue"),
    ({"on_schema_change": "FAIL"}, [], "--on_schema_change 'FAIL' is not one of warn, fail and allow"),
    ({"verify": "yes"}, [], "--verify 'yes' is not one of count, off and full"),
    ({"row_security": "off"}, [], "--row_security 'off' is not one of refuse and allow"),
    (
        {"last_result": "s3://b/"},
        [],
        "--last_result 's3://b/' names a folder; name an object, like 's3://b/result.json'",
    ),
    ({"extract_type": "PE"}, [], "an incremental extract (--extract_type PE) requires --hwm_col_name and --hwm_column_type"),
]
INCREMENTAL = {"extract_type": "PE", "hwm_col_name": "id"}
WRONG += [
    (INCREMENTAL | {"hwm_column_type": kind} | changed, [], message)
    for kind, changed, message in [
        (
            "uuid",
            {},
            "--hwm_column_type 'uuid' is not one of IntegerType, LongType, DecimalType, DateType, TimestampType or StringType",
        ),
        ("int", {"low_watermark": "1.5"}, "--low_watermark '1.5' is not a valid mark of IntegerType: expected decimal digits"),
        (
            "int",
            {"low_watermark": str(2**63)},
            f"--low_watermark '{2**63}' is not a valid mark of IntegerType: it does not fit into 64 bits",
        ),
        ("decimal", {"low_watermark": ""}, "--low_watermark '' is not a valid mark of DecimalType: expected a decimal number"),
        (
            "date",
            {"low_watermark": "1.5.24"},
            "--low_watermark '1.5.24' is not a valid mark of DateType: expected a date like 2024-05-31",
        ),
        (
            "timestamp",
            {"high_watermark": "now"},
            "--high_watermark 'now' is not a valid mark of TimestampType: expected a timestamp like 2024-05-31 23:59:59.123456",
        ),
        ("int", {"low_watermark": "9", "high_watermark": "5"}, "--high_watermark '5' is below --low_watermark '9'"),
        ("int", {"lag": "15m"}, "--lag '15m': a watermark of IntegerType takes a number without a unit"),
        ("timestamp", {"lag": "15"}, "--lag '15': a watermark of TimestampType takes a unit: s, m, h, d or w"),
        (
            "timestamp",
            {"lag": "soon"},
            "--lag 'soon' is not a valid lag; use one like 15m, 2h or 1d, or a whole number for numeric marks",
        ),
        (
            "int",
            {"lag": "9" * 5_000},
            f"--lag '{'9' * 80}' is not a valid lag; use one like 15m, 2h or 1d, or a whole number for numeric marks",
        ),
        ("string", {"lag": "1"}, "--lag '1': a watermark of StringType cannot have a lag; remove --lag"),
        (
            "date",
            {"lag": "800000d", "low_watermark": "2024-01-01"},
            "--lag '800000d' before --low_watermark '2024-01-01' is before the year 1",
        ),
    ]
]


@pytest.mark.parametrize(("changed", "words", "message"), WRONG)
def test_wrong_arguments_exit_with_2(database, job, argv, changed, words, message):  # noqa: PLR0917 - a case has its parts
    database(TABLE)
    if changed is None:
        changed = dict.fromkeys(word[2:] for word in argv()[::2])
    done = job(*words, **changed)
    assert (done.code, done.errors, done.left) == (2, [f"extract_job: {message}"], [])


def test_wrong_arguments_are_a_failure_object_if_the_place_is_known(database, job):
    database(TABLE)
    assert job(fetchsize="-5").result == {
        "version": 2,
        "run_id": "run-1",
        "attempt": 1,
        "table": "t",
        "error": {
            "class": "CONFIG",
            "message": "--fetchsize '-5' must be a whole number of at least 1, with at most 18 digits",
            "retryable": False,
        },
    }


def test_a_missing_table_is_named_with_the_nearest(database, process):
    database(TABLE)
    done = process(extract_table="public.orderz")
    assert (done.code, done.errors, done.left) == (
        1,
        ["extract_job: database 'sales.db' has no table 'public.orderz'; nearest: 'public.orders'"],
        [],
    )


def test_a_missing_table_without_a_near_one(database, job):
    database(";".join(f"CREATE TABLE t{number} (id)" for number in range(7)))
    message = "extract_job: database 'sales.db' has no table 'customers'; there are 't0', 't1', 't2', 't3', 't4' and 2 more"
    assert job(extract_table="customers").errors == [message]


def test_an_empty_database_says_so(database, job):
    database("")
    assert job().errors == ["extract_job: database 'sales.db' has no table 't'; there are none"]


def test_a_missing_database_is_never_created(database, process, tmp_path):
    done = process(db_name="no.db")
    message = f"extract_job: database 'no.db' does not exist (--db_name, relative to '{tmp_path}')"
    assert (done.code, done.errors) == (1, [message])
    assert not (tmp_path / "no.db").exists()
    assert done.failure == {"class": "CONFIG", "message": message.removeprefix("extract_job: "), "retryable": False}


@pytest.mark.parametrize("name", ["x" * 256, "a/" * 3_000 + "b"])
def test_a_name_that_no_file_can_have_is_not_a_database(job, name):
    done = job(db_name=name)
    assert (done.code, done.failure["class"]) == (1, "CONFIG")
    assert f"database {name!r} cannot be opened: File name too long (--db_name, relative to " in done.errors[0]


def test_a_folder_is_not_a_database(database, job, tmp_path):
    database("")
    (tmp_path / "folder").mkdir()
    assert job(db_name="folder").errors == [f"extract_job: database 'folder' is not a file (--db_name, relative to '{tmp_path}')"]


def test_another_file_is_not_a_database(database, job, tmp_path):
    database("")
    (tmp_path / "notes.txt").write_text("not a database, and longer than a header of a hundred bytes would be " * 3)
    done = job(db_name="notes.txt")
    assert (done.code, done.errors) == (1, ["extract_job: database 'notes.txt' is not a SQLite database"])


def test_a_damaged_database_is_reported_without_a_traceback(database, job):
    path = database("CREATE TABLE t (id INTEGER, note TEXT)", "INSERT INTO t VALUES (?, ?)", [(n, "x" * 100) for n in range(500)])
    raw = bytearray(path.read_bytes())
    raw[4096:20000] = b"\xee" * (20000 - 4096)
    path.write_bytes(raw)
    done = job()
    assert (done.code, done.left) == (1, [])
    assert done.errors[1:] == ["extract_job: cannot read database 'sales.db': database disk image is malformed"]


def test_a_database_with_special_characters_in_its_name_is_found(database, job, tmp_path):
    path = database("CREATE TABLE t (id INTEGER)", "INSERT INTO t VALUES (?)", [(1,)])
    path.rename(tmp_path / "a b?mode=rw#100%.db")
    assert job(db_name="a b?mode=rw#100%.db").rows == [(1,)]


def test_the_job_waits_for_a_locked_database_and_then_names_it(database, job):
    path = database(TABLE)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        done = job(extract_table="public.orders", lock_wait_seconds="0")
    message = "extract_job: database 'sales.db' is locked by another process (waited 0 s); try again when it is free"
    assert (done.code, done.errors) == (1, [message])


def test_a_locked_database_is_a_passing_fault(database, job):
    path = database(TABLE)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        failure = job(extract_table="public.orders", lock_wait_seconds="0").failure
    assert (failure["class"], failure["retryable"]) == ("CAPACITY", True)


def test_unknown_text_columns_are_named(database, job):
    database(TABLE)
    done = job(extract_table="public.orders", text_columns="notes")
    assert done.errors == ["extract_job: table 'public.orders' has no column 'notes' (--text_columns); nearest: 'note'"]


def test_a_folder_that_cannot_be_created_is_named(database, job, tmp_path):
    database(TABLE)
    (tmp_path / "file").touch()
    done = job(extract_table="public.orders", extract_s3_uri=(tmp_path / "file" / "x").as_uri())
    assert (done.code, done.errors[1:]) == (1, [f"extract_job: cannot write to '{tmp_path / 'file' / 'x'}': Not a directory"])


def test_a_result_that_cannot_be_written_is_named(database, job, tmp_path):
    database(TABLE)
    (tmp_path / "r").mkdir()
    done = job(extract_table="public.orders", result_uri=(tmp_path / "r").as_uri())
    assert (done.code, done.errors) == (1, [f"extract_job: cannot remove the old result '{tmp_path / 'r'}': Is a directory"])


def test_a_full_disk_leaves_no_files(database, argv, tmp_path):
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
    assert [path.name for path in folder.iterdir()] == ["result.json"]  # the reason of the failure


@pytest.mark.parametrize(("number", "code", "name"), [(15, 143, "SIGTERM"), (2, 130, "SIGINT")])
def test_a_signal_while_reading_stops_the_job_at_once_and_leaves_no_files(database, argv, tmp_path, number, code, name):  # noqa: PLR0917 - a case has its parts
    # An endless table: only the signal can stop the read.
    database("CREATE VIEW t AS WITH RECURSIVE n(id) AS (VALUES (1) UNION ALL SELECT id + 1 FROM n) SELECT id FROM n")
    job = subprocess.Popen([sys.executable, "-m", "extract_job", *argv()], stderr=subprocess.PIPE, text=True)
    folder = tmp_path / "out" / "attempt=1"
    wait_for(lambda: list(folder.glob(".part-*.tmp")))
    started = time.monotonic()
    job.send_signal(number)
    _, errors = job.communicate(timeout=20)
    assert time.monotonic() - started < 5
    assert (job.returncode, [path.name for path in folder.iterdir()]) == (code, ["result.json"])
    message = f"stopped by {name}: wrote no result, removed unfinished files"
    assert errors.splitlines()[1:] == [f"extract_job: {message}"]
    failure = json.loads((folder / "result.json").read_text())["error"]
    assert failure == {"class": "INTERRUPTED", "message": message, "retryable": True}


def test_a_signal_is_handled_while_sqlite_computes(database, argv, tmp_path):
    # The maximum of an endless column: SQLite never returns by itself.
    database("CREATE VIEW t AS WITH RECURSIVE n(id) AS (VALUES (1) UNION ALL SELECT id + 1 FROM n) SELECT id FROM n")
    words = argv(extract_type="PE", hwm_col_name="id", hwm_column_type="int", low_watermark="1")
    job = subprocess.Popen([sys.executable, "-m", "extract_job", "--note", "", *words], stderr=subprocess.PIPE, text=True)
    assert job.stderr.readline() == "extract_job: note: ignored unknown arguments: --note\n"
    time.sleep(0.3)
    job.terminate()
    assert job.wait(timeout=20) == 143
    job.stderr.close()


def test_after_a_hard_kill_the_leftovers_are_not_data(database, argv, tmp_path):
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


def test_importing_the_program_does_not_load_arrow():
    code = "import sys, extract_job.program\n"
    code += "print(sorted({name.split('.')[0] for name in sys.modules} & {'pyarrow', 'extract_core'}))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def wait_for(condition):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("it did not happen within 30 s")
