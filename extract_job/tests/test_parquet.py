"""The Parquet files: row groups, types, and how columns are encoded."""

import sqlite3
from contextlib import closing

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

DECLARED = {
    "id": "INTEGER", "flag": "BOOLEAN", "ratio": "DOUBLE", "total": "DECIMAL(12,2)", "day": "DATE", "at": "TIMESTAMP",
    "instant": "TIMESTAMPTZ", "name.first": "TEXT", "payload": "BLOB",
}  # fmt: skip
ROWS = [
    (number, number % 2, number / 4, f"{number}.25", "2024-05-31", f"2024-05-31 10:00:{number % 60:02}",
     f"2024-05-31T10:00:{number % 60:02}Z", f"name {number % 5}", b"\x00%d" % (number % 5))
    for number in range(3000)
]  # fmt: skip


@pytest.fixture
def file(database, job):
    columns = ", ".join(f'"{name}" {declared}' for name, declared in DECLARED.items())
    database(f"CREATE TABLE t ({columns})", "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", ROWS)
    done = job()
    assert done.code == 0, done.errors
    return done.folder / "part-00000.parquet"


def encodings(file):
    group = pq.read_metadata(file).row_group(0)
    return {column.path_in_schema: column.encodings for column in (group.column(index) for index in range(group.num_columns))}


def test_only_text_and_binary_columns_have_a_dictionary(file):
    with_dictionary = {name for name, used in encodings(file).items() if "RLE_DICTIONARY" in used}
    assert with_dictionary == {"name.first", "payload"}


def test_numbers_and_times_are_plain(file):
    others = encodings(file).keys() - {"name.first", "payload"}
    assert {name: set(encodings(file)[name]) for name in others} == {name: {"PLAIN", "RLE"} for name in others}
    assert others >= {"id", "total", "day", "at", "instant"}


def test_the_encoding_changes_neither_values_nor_types(file, tmp_path):
    written = pq.read_table(file)
    pq.write_table(written, tmp_path / "default.parquet")  # pyarrow's default: dictionaries for all columns
    assert pq.read_table(tmp_path / "default.parquet").equals(written)
    with closing(sqlite3.connect("sales.db")) as connection:
        assert written["id"].to_pylist() == [row[0] for row in connection.execute("SELECT id FROM t")]
    assert written.schema.field("total").type == pa.decimal128(12, 2)
    assert [str(value) for value in written["total"].to_pylist()] == [row[3] for row in ROWS]
    assert written["name.first"].to_pylist() == [row[7] for row in ROWS]
    assert written["payload"].to_pylist() == [row[8] for row in ROWS]
