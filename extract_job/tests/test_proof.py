"""The proof: figures of the source against those of the files, and what a difference does."""

import json
import sqlite3

import pytest

from extract_job.parquet import ParquetTarget

TABLE = """
CREATE TABLE t (id INTEGER PRIMARY KEY, amount DECIMAL(10,2), wide NUMERIC, active BOOLEAN, score DOUBLE, name TEXT, born DATE,
  at TIMESTAMP, zoned TIMESTAMPTZ, payload BLOB, anything);
INSERT INTO t VALUES
  (1, 19.99, 1.5, 1, 0.1, 'é😀', '2024-05-31', '2024-05-31 23:59:59.123456', '2024-05-31T10:00:00+02:00', x'00ff1f', 1.5),
  (2, '0.10', '-0.000000000000000001', 'false', -0.0, '', '0001-01-01', '2024-05-31T10:00', '2024-05-31 10:00:00Z', x'', 7),
  (3, 5, -3, NULL, 9e999, char(31, 0, 31), '9999-12-31', '1969-12-31', '1969-12-31 23:59:59.5+00:00', NULL, ''),
  (-4, 0.30000000000000004, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (9223372036854775807, -0.0, 123456789.25, 1, 1e300, 'a', '2000-02-29', '2024-05-31 10:00:00.5', NULL, x'61', 'x'),
  (-9223372036854775808, -7.25, 0, 0, -1.5, 'a', '2000-02-29', '2024-05-31 10:00:00', NULL, x'61', 'x');
"""


@pytest.fixture
def damaged(monkeypatch):
    """Return a function that changes each table that the writer of files gets."""

    def damage(change):
        write = ParquetTarget.write
        monkeypatch.setattr(ParquetTarget, "write", lambda self, table: write(self, change(table)))

    return damage


def test_count_is_the_default(database, job):
    database(TABLE)
    proof = job(rows_per_file="4").result["proof"]
    assert proof == {
        "verify": "count",
        "source": {"rows": 6},
        "files": {"rows": 6},
        "by_file": [{"name": "part-00000.parquet", "rows": 4}, {"name": "part-00001.parquet", "rows": 2}],
    }


def test_off_proves_nothing(database, job, damaged):
    database(TABLE)
    damaged(lambda table: table.slice(1))
    assert job(verify="off").result["proof"] is None


def test_count_finds_a_lost_row_and_puts_nothing(database, job, damaged):
    database(TABLE)
    damaged(lambda table: table.slice(1))
    done = job()
    message = done.errors[-1]
    assert message == (
        "extract_job: table 't': the files do not hold what the source holds: rows: 6 in the source, 5 in the files. The file is "
        "removed, and nothing is committed. Run the table again. If the proof fails again, the job changes values: report it "
        "with this message. A view that computes other values at each read cannot be proved: set verify: count for it"
    )
    assert (done.code, done.left) == (1, [])
    error = json.loads(done.result_path.read_text())["error"]
    assert (error["class"], error["retryable"]) == ("PROOF", False)


def test_full_holds_all_figures(database, job):
    database(TABLE)
    proof = job(verify="full").result["proof"]
    assert proof["source"] == proof["files"]
    assert (proof["verify"], proof["hash"], proof["source"]["rows"]) == ("full", "crc32", 6)
    assert proof["by_file"] == [{"name": "part-00000.parquet", "rows": 6, "digest": proof["files"]["digest"]}]
    columns = proof["files"]["columns"]
    assert columns["id"] == {"values": 6, "min": str(-(2**63)), "max": str(2**63 - 1), "sum": "1"}
    assert columns["amount"] == {"values": 6, "min": "-7.25", "max": "19.99", "sum": "18.14"}
    assert columns["wide"]["sum"] == "123456787.749999999999999999"
    assert columns["active"] == {"values": 5, "sum": "2"}
    score = {key: value for key, value in columns["score"].items() if key != "hash"}
    assert score == {"values": 5, "min": "-1.5", "max": "inf", "nan": 0, "negative_zeros": 0}
    assert (columns["name"]["values"], columns["name"]["bytes"]) == (5, 11)
    assert (columns["born"]["min"], columns["born"]["max"]) == ("0001-01-01", "9999-12-31")
    assert columns["at"]["max"] == "2024-05-31 23:59:59.123456"
    assert columns["zoned"]["max"] == "2024-05-31 10:00:00.000000+00:00"


def test_full_accepts_an_empty_table_and_a_database_in_utf_16(database, job):
    database(f"PRAGMA encoding = 'UTF-16'; {TABLE} CREATE TABLE empty (a INTEGER, b TEXT, c DECIMAL(30,2))")
    assert job(verify="full").code == 0
    done = job(verify="full", extract_table="empty")
    assert done.result["proof"]["files"]["columns"]["c"] == {"values": 0, "min": None, "max": None, "sum": "0.00"}


def test_a_table_of_many_columns(database, job):
    columns = ", ".join(f"c{number} TEXT" for number in range(700))
    database(f"CREATE TABLE t ({columns})", "INSERT INTO t (c699) VALUES (?)", [("x",)])
    assert job(verify="full").result["proof"]["files"]["columns"]["c699"]["bytes"] == 1


def test_full_names_the_column_of_a_changed_value(database, job, damaged):
    database(TABLE)
    damaged(lambda table: table.set_column(5, "name", [["é😀", "", "\x1f\x00\x1f", None, "b", "a"]]))
    done = job(verify="full")
    assert "column 'name', sum of the hashes of the values: " in done.errors[-1]
    assert done.code == 1


def test_full_finds_values_that_moved_to_other_rows(database, job, damaged):
    database(TABLE)
    damaged(lambda table: table.set_column(0, "id", table["id"].take([1, 0, 2, 3, 4, 5])))
    message = job(verify="full").errors[-1]
    assert "digest of the rows (each column has its values, but in other rows): " in message


def test_rows_of_an_overlap_that_are_left_out_are_part_of_the_sum(database, job, tmp_path):
    database("CREATE TABLE t (id INTEGER PRIMARY KEY, at DATE, v DOUBLE); INSERT INTO t VALUES (1, '2024-05-31', 0.5)")
    first = tmp_path / "first" / "result.json"
    marked = {"extract_type": "PE", "hwm_col_name": "at", "hwm_column_type": "DateType", "verify": "full"}
    assert job(**marked, extract_s3_uri=first.parent.as_uri(), result_uri=first.as_uri()).code == 0
    with sqlite3.connect("sales.db") as connection:
        connection.execute("INSERT INTO t VALUES (2, '2024-05-31', -0.25)")
    connection.close()
    result = job(**marked, low_watermark="2024-05-31", last_result=first.as_uri()).result
    proof = result["proof"]
    assert (result["rows"], result["rows_delivered_before"]) == (1, 1)
    assert [proof[part]["rows"] for part in ("source", "files", "left_out")] == [2, 1, 1]
    assert [proof[part]["columns"]["id"]["sum"] for part in ("source", "files", "left_out")] == ["3", "2", "1"]
