"""A full extract: rows, files, the result object, and files that are not data."""

import base64
import json
import re
import sqlite3

import pyarrow.parquet as pq
import pytest

from extract_job.result import checksum

TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)"
INSERT = "INSERT INTO t VALUES (?, ?)"


def test_a_process_copies_a_table_and_reports(database, process, tmp_path):
    database(
        'CREATE TABLE "public.orders" (id INTEGER PRIMARY KEY, note TEXT)',
        'INSERT INTO "public.orders" VALUES (?, ?)',
        [(1, 'a "quote"'), (2, "new\nline"), (3, "näïve ✓ 🎉"), (4, None), (5, "")],
    )
    done = process(extract_table="public.orders")
    assert (done.code, done.rows) == (
        0,
        [(1, 'a "quote"'), (2, "new\nline"), (3, "näïve ✓ 🎉"), (4, None), (5, "")],
    )
    size = (done.folder / "part-00000.parquet").stat().st_size
    source = done.result["source"]
    assert (source["engine"], source["version"], source["identity"]) == ("sqlite", sqlite3.sqlite_version, None)
    assert done.result == {
        "checksum": checksum(done.result),
        "version": 2,
        "run_id": "run-1",
        "attempt": 1,
        "source_name": "sales",
        "table": "public.orders",
        "rows": 5,
        "bytes": size,
        "files": [{"name": "part-00000.parquet", "bytes": size, "rows": 5}],
        "low_watermark": None,
        "high_watermark": None,
        "rows_without_watermark": 0,
        "rows_in_the_future": 0,
        "rows_delivered_before": 0,
        "schema": [
            {"column": "id", "declared": "INTEGER", "arrow": "int64", "nullable": True},
            {"column": "note", "declared": "TEXT", "arrow": "string", "nullable": True},
        ],
        "schema_changes": [],
        "source": source,
        "snapshot": None,
        "overlap": None,
        "chunks": None,
        "where": None,
        "proof": {
            "verify": "count",
            "source": {"rows": 5},
            "files": {"rows": 5},
            "by_file": [{"name": "part-00000.parquet", "rows": 5}],
        },
        "notes": [],
    }
    assert done.left == ["part-00000.parquet", "result.json"]
    assert done.errors[0] == (
        f"extract_job: public.orders: reading all rows of 'sales.db' into '{tmp_path / 'out' / 'attempt=1'}'"
    )
    assert re.fullmatch(rf"extract_job: public\.orders: 5 rows, {size} bytes in 1 file, \d+\.\d\d s", done.errors[1])
    assert len(done.errors) == 2


def test_files_are_zstd_parquet(database, job):
    database(TABLE, INSERT, [(1, "x")])
    done = job()
    assert pq.ParquetFile(done.folder / "part-00000.parquet").metadata.row_group(0).column(0).compression == "ZSTD"


def test_an_empty_table_is_one_file_with_its_schema(database, job):
    database("CREATE TABLE t (id INTEGER, price DECIMAL(10,2), at TIMESTAMP)")
    done = job()
    assert (done.code, done.result["rows"], len(done.result["files"])) == (0, 0, 1)
    assert [str(kind) for kind in done.table.schema.types] == ["int64", "decimal128(10, 2)", "timestamp[us]"]


@pytest.mark.parametrize(
    "name",
    [
        "public.orders",
        "main.orders",
        'say "hi"',
        "with space",
        "Bestellungen_größe",
        "a'b",
        "[x]",
        "select",
        "a;b--",
        "☃.🎉",
        "sqlites",
    ],
)
def test_any_table_name_is_read(database, job, name):
    quoted = name.replace('"', '""')
    database(f'CREATE TABLE "{quoted}" ("{quoted}" INTEGER)', f'INSERT INTO "{quoted}" VALUES (?)', [(7,)])  # noqa: S608
    done = job(extract_table=name)
    assert (done.code, done.table.to_pylist()) == (0, [{name: 7}])


def test_a_qualified_name_falls_back_to_the_schema(database, job):
    database(TABLE, INSERT, [(1, "x")])
    assert job(extract_table="main.t").rows == [(1, "x")]


def test_a_name_that_means_two_tables_is_refused_and_quotes_name_one(database, job):
    database('CREATE TABLE t (id); CREATE TABLE "main.t" (id INTEGER)', 'INSERT INTO "main.t" VALUES (?)', [(9,)])
    assert job(extract_table="main.t").errors[-1] == (
        "extract_job: database 'sales.db': the name 'main.t' means 2 tables; write the one to be read: main.\"main.t\" or "
        'main."t"'
    )
    assert job(extract_table='"main.t"').rows == [(9,)]
    assert job(extract_table='main."t"').rows == job(extract_table="t").rows == []


def test_names_are_found_in_any_case_as_in_sqlite(database, job):
    database(TABLE, INSERT, [(1, "x")])
    assert job(extract_table="T").rows == [(1, "x")]


def test_a_view_and_generated_columns_are_read(database, job):
    database(
        "CREATE TABLE b (id INTEGER, twice INTEGER AS (id * 2)); CREATE VIEW t AS SELECT id, twice FROM b",
        "INSERT INTO b VALUES (?)",
        [(4,)],
    )
    assert job().rows == [(4, 8)]
    assert job(extract_table="b").rows == [(4, 8)]


def test_files_roll_over_at_the_row_bound(database, job):
    database(TABLE, INSERT, [(number, "x") for number in range(5000)])
    done = job(rows_per_file="2000")
    assert [(file["name"], file["rows"]) for file in done.result["files"]] == [
        ("part-00000.parquet", 2000),
        ("part-00001.parquet", 2000),
        ("part-00002.parquet", 1000),
    ]
    assert done.table["id"].to_pylist() == list(range(5000))
    assert done.result["bytes"] == sum(file["bytes"] for file in done.result["files"])


@pytest.mark.parametrize("rows", [2000, 4000])
def test_no_empty_file_follows_a_full_last_file(database, job, rows):
    database(TABLE, INSERT, [(number, "x") for number in range(rows)])
    assert [file["rows"] for file in job(rows_per_file="2000").result["files"]] == [2000] * (rows // 2000)


@pytest.mark.parametrize("fetchsize", ["1", "7", "1000", "1000000"])
def test_fetchsize_changes_nothing_in_the_data(database, job, fetchsize):
    rows = [(number, f"name {number}") for number in range(1500)]
    database(TABLE, INSERT, rows)
    done = job(fetchsize=fetchsize)
    assert done.rows == rows
    assert pq.ParquetFile(done.folder / "part-00000.parquet").num_row_groups == 1


def test_a_rerun_of_an_attempt_replaces_its_result_and_leftovers_are_not_data(database, job):
    database(TABLE, INSERT, [(number, "x") for number in range(30)])
    first = job(rows_per_file="10")
    (first.folder / ".part-00000.parquet.dead.tmp").write_bytes(b"half a file")
    again = job()
    assert [file["name"] for file in again.result["files"]] == ["part-00000.parquet"]
    assert again.result["rows"] == 30
    assert "part-00002.parquet" in again.left


def test_a_failed_rerun_leaves_no_result_of_the_earlier_process(database, job):
    database(TABLE, INSERT, [(1, "x")])
    assert job().code == 0
    failed = job(extract_table="gone")
    assert failed.code == 1
    assert failed.result == {
        "version": 2,
        "run_id": "run-1",
        "attempt": 1,
        "table": "gone",
        "error": {"class": "CONFIG", "message": "database 'sales.db' has no table 'gone'; there are 't'", "retryable": False},
    }


def test_one_argument_may_hold_all_arguments(database, process, argv):
    database('CREATE TABLE "-t" (id INTEGER)', 'INSERT INTO "-t" VALUES (?)', [(1,)])
    words = argv(extract_table="-t", run_id="", source_name="--x")
    pairs = dict(zip((word[2:] for word in words[::2]), words[1::2], strict=True)) | {"low_watermark": None, "attempt": 1}
    encoded = base64.urlsafe_b64encode(json.dumps(pairs).encode()).decode().rstrip("=")
    nothing = dict.fromkeys(pairs)
    done = process("--extract_arguments", encoded, **nothing)
    assert (done.code, done.rows, done.result["run_id"]) == (0, [(1,)], "")


def test_unknown_arguments_are_ignored_with_a_note(database, job):
    database(TABLE)
    done = job("--test", "1", "--dry-run", "--lagg", "1d")
    assert done.code == 0
    assert done.errors[0] == ("extract_job: note: ignored unknown arguments: --dry-run, --lagg (did you mean --lag?), --test")
