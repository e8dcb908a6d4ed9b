"""`hive_partitions`: each row is in the folder of its values, and nothing is lost by it."""

import json

import duckdb
import pyarrow.parquet as pq
import pytest
from shared_fixtures.attempts import places, result_of

from extract_job import partitioning
from extract_job.engines.part import PartCopier
from extract_job.errors import FailureClass, JobError
from extract_job.partitioning import folder_name
from extract_job.proof.verify import verified
from extract_job.storage.opening import files_in

TABLE = """CREATE TABLE t (id INTEGER PRIMARY KEY, country TEXT, day DATE, at TIMESTAMP, x DOUBLE);
INSERT INTO t VALUES (1, 'DE', '2026-01-01', '2026-01-01 23:59:59.999999', 1), (2, NULL, NULL, NULL, 2),
  (3, 'DE', '2026-01-02', '2026-01-02 00:00:00', 3), (4, 'a/b=c%', '2026-01-01', '2026-01-01 00:00:00', 4),
  (5, '', NULL, NULL, 5), (6, '../up', '2026-01-01', '2026-01-01 00:00:00', 6)"""
NULL = "__HIVE_DEFAULT_PARTITION__"


def folders(done):
    """The ids in each folder."""
    parts = {}
    for file in done.result["files"]:
        rows = pq.ParquetFile(done.folder / file["name"]).read()
        assert rows.num_rows == file["rows"]
        parts.setdefault(file["name"].rpartition("/")[0], []).extend(rows.column("id").to_pylist())
    return parts


@pytest.mark.parametrize("verify", ["off", "count", "full"])
@pytest.mark.parametrize(
    ("partitions", "expected"),
    [
        (["country"], {"country=DE": [1, 3], f"country={NULL}": [2, 5], "country=a%2Fb%3Dc%25": [4], "country=..%2Fup": [6]}),
        (["day"], {"day=2026-01-01": [1, 4, 6], "day=2026-01-02": [3], f"day={NULL}": [2, 5]}),
        ([{"d": "at"}], {"d=2026-01-01": [1, 4, 6], "d=2026-01-02": [3], f"d={NULL}": [2, 5]}),
        (
            [{"d": "at"}, "country"],
            {
                "d=2026-01-01/country=DE": [1], "d=2026-01-02/country=DE": [3], f"d={NULL}/country={NULL}": [2, 5],
                "d=2026-01-01/country=a%2Fb%3Dc%25": [4], "d=2026-01-01/country=..%2Fup": [6],
            },
        ),
    ],
)  # fmt: skip
def test_each_row_is_in_the_folder_of_its_values(database, job, verify, partitions, expected):
    database(TABLE)
    done = job(hive_partitions=json.dumps(partitions), verify=verify)
    assert done.code == 0, done.errors
    assert folders(done) == expected
    assert done.result["rows"] == 6
    files = {path.relative_to(done.folder).as_posix() for path in done.folder.rglob("*") if path.is_file()}
    assert files == {"result.json", *(file["name"] for file in done.result["files"])}
    assert verified({}, done.result_path.read_bytes(), files_in(done.folder)).differences == ()


def test_a_value_may_have_any_control_character(database, job):
    codes = [*range(32), 127]
    rows = [(code, f"{chr(code)}x") for code in codes]
    database("CREATE TABLE t (id INTEGER PRIMARY KEY, k TEXT)", "INSERT INTO t VALUES (?, ?)", rows)
    done = job(hive_partitions='["k"]', verify="full")
    assert done.code == 0, done.errors
    assert folders(done) == {f"k=%{code:02X}x": [code] for code in codes}


def test_duckdb_reads_the_files_with_and_without_the_folders(database, job):
    database(TABLE)
    done = job(hive_partitions='["country",{"d":"at"}]')
    files = [str(done.folder / file["name"]) for file in done.result["files"]]
    for option in (False, True):
        rows = duckdb.read_parquet(files, hive_partitioning=option).order("id").fetchall()
        assert [row[0] for row in rows] == [1, 2, 3, 4, 5, 6]


def test_a_table_without_rows_has_one_file_with_its_columns(database, job):
    database("CREATE TABLE t (id INTEGER, country TEXT)")
    done = job(hive_partitions='["country"]', verify="full")
    assert [file["name"] for file in done.result["files"]] == ["part-00000.parquet"]
    assert done.table.column_names == ["id", "country"]


def test_a_metadata_column_and_a_new_name_make_folders(database, job):
    database(TABLE)
    done = job(
        hive_partitions='["land",{"run_day":"loaded"}]', rename='{"country":"land"}', metadata_columns='{"loaded":"extracted_at"}'
    )
    today = done.table.to_pylist()[0]["loaded"].date()
    assert f"land=DE/run_day={today}" in folders(done)


@pytest.mark.parametrize(
    ("partitions", "message"),
    [
        (["contry"], "hive_partitions names the column 'contry', which the files do not have; they have 'id', 'country', 'day'"),
        (["x"], "hive_partitions names 'x', which is double in the files; name a column of texts, whole numbers"),
        (["at"], "hive_partitions names 'at', which is timestamp[us] in the files; name a column of texts, whole numbers"),
        (["at"], "decimals, booleans or dates; for its days: {day: at}"),
        ([{"d": "country"}], "hive_partitions takes the day of 'country', which is string in the files; name a column of dates"),
        ([{"Day": "at"}], "hive_partitions calls the day of 'at' 'Day', and the files have a column of this name"),
    ],
)  # fmt: skip
def test_a_column_that_cannot_make_folders_is_refused(database, job, partitions, message):
    database(TABLE)
    done = job(hive_partitions=json.dumps(partitions))
    assert (done.failure["class"], done.left) == ("CONFIG", [])
    assert done.failure["message"].startswith("table 't': hive_partitions")
    assert message in done.failure["message"]


@pytest.mark.parametrize("value", ['["a","A"]', '[{"a":"b"},"a"]', '[""]', "[1]", '{"a":""}', "nonsense"])
def test_an_argument_of_another_form_is_refused(database, job, value):
    database(TABLE)
    done = job(hive_partitions=value)
    assert done.code == 2
    assert "--hive_partitions" in done.errors[-1]


def test_too_many_partitions_and_too_long_values_are_refused(database, job, monkeypatch):
    database(TABLE)
    monkeypatch.setattr(partitioning, "MOST", 5)
    done = job(hive_partitions='["id"]')
    assert "hive_partitions makes more than 5 partitions, the next one is 'id=6'; name columns" in done.failure["message"]
    assert [path for path in done.folder.rglob("*") if path.is_file()] == [done.result_path]
    database("", "INSERT INTO t (country) VALUES (?)", [("x" * 250,)])
    failure = job(hive_partitions='["country"]').failure
    assert (failure["class"], "has more than 255 bytes" in failure["message"]) == ("CONFIG", True)


def test_memory_and_open_files_have_bounds_and_no_row_is_lost(database, job, monkeypatch):
    database("""CREATE TABLE t (id INTEGER PRIMARY KEY, g INTEGER); INSERT INTO t
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i, i % 20 FROM n""")
    monkeypatch.setattr(partitioning, "MOST_BYTES", 50_000)
    monkeypatch.setattr(partitioning, "MOST_OPEN", 3)
    done = job(hive_partitions='["g"]', verify="full")
    assert done.code == 0, done.errors
    parts = folders(done)
    assert len(done.result["files"]) > len(parts) == 20
    assert all(sorted(ids) == list(range(group or 20, 20001, 20)) for group in range(20) for ids in [parts[f"g={group}"]])


def test_the_next_attempt_takes_over_the_folders_of_whole_chunks(database, job, tmp_path, monkeypatch):
    database("""CREATE TABLE t (id INTEGER PRIMARY KEY, g INTEGER); INSERT INTO t
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 90) SELECT i, i % 3 FROM n""")
    copied, calls = PartCopier.copied, []

    def fail(*arguments, **options):
        calls.append(1)
        if len(calls) == 3:
            raise JobError("the host is gone", FailureClass.INTERRUPTED, retryable=True)
        return copied(*arguments, **options)

    wanted = {"chunk_rows": "30", "hive_partitions": '["g"]'}
    with monkeypatch.context() as patch:
        patch.setattr(PartCopier, "copied", fail)
        assert job(**wanted, **places(tmp_path, 1)).code == 1
    assert job(**wanted, **places(tmp_path, 2)).code == 0
    result = result_of(tmp_path, 2)
    assert result["chunks"]["earlier"] == 2
    folder = tmp_path / "data" / "attempt=2"
    ids = {}
    for file in result["files"]:
        group = file["name"].partition("/")[0]
        ids.setdefault(group, []).extend(pq.ParquetFile(folder / file["name"]).read().column("id").to_pylist())
    assert {group: sorted(numbers) for group, numbers in ids.items()} == {
        f"g={group}": list(range(group or 3, 91, 3)) for group in range(3)
    }


def test_letters_are_encoded_as_in_hive():
    assert folder_name("a b", "x y:z\\ü{}[]^\"'#?*\n") == "a b=x y%3Az%5Cü%7B}%5B%5D%5E%22%27%23%3F%2A%0A"
    assert folder_name("k", None) == folder_name("k", "") == f"k={NULL}"
