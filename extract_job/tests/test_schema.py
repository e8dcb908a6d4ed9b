"""The schema in the result, and what happens if it is not that of the last committed attempt."""

import json
import sqlite3

import pytest

from extract_job.result import ResultColumn
from extract_job.schema import changes_since

FIRST = "CREATE TABLE t (id INTEGER PRIMARY KEY, amount DECIMAL(5,2), name VARCHAR(5) NOT NULL, at TIMESTAMP)"
ROW = "INSERT INTO t (id, name, at) VALUES (1, 'a', '2024-05-31 10:00:00')"
PART = {"extract_type": "PE", "hwm_col_name": "id", "hwm_column_type": "LongType"}


@pytest.fixture
def after(database, job, tmp_path):
    """Return a function that makes the table, extracts it, makes it anew and extracts it again."""

    def go(second, **changed):
        database(f"{FIRST}; {ROW}")
        last = tmp_path / "first" / "result.json"
        assert job(**PART, extract_s3_uri=last.parent.as_uri(), result_uri=last.as_uri()).code == 0
        with sqlite3.connect("sales.db") as connection:
            connection.executescript(f"DROP TABLE t; {second}; {ROW.replace('(1', '(2')}")
        connection.close()
        pairs = PART | {"low_watermark": "1", "lag": "0", "last_result": last.as_uri()} | changed
        return job(**pairs)

    return go


def test_the_result_carries_the_schema(database, job):
    database(f"{FIRST}; {ROW}")
    assert job().result["schema"] == [
        {"column": "id", "declared": "INTEGER", "arrow": "int64", "nullable": True},
        {"column": "amount", "declared": "DECIMAL(5,2)", "arrow": "decimal128(5, 2)", "nullable": True},
        {"column": "name", "declared": "VARCHAR(5)", "arrow": "string", "nullable": False},
        {"column": "at", "declared": "TIMESTAMP", "arrow": "timestamp[us]", "nullable": True},
    ]


def test_the_same_schema_has_no_changes(after):
    done = after(FIRST)
    assert (done.code, done.result["rows"], done.result["schema_changes"]) == (0, 1, [])


CHANGED = "CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP, amount DECIMAL(9,2), name VARCHAR(9), more TEXT)"
SENTENCES = [
    "column 'more' (TEXT) was added",
    "column 'amount' has another type: DECIMAL(5,2) to DECIMAL(9,2), in the files decimal128(5, 2) to decimal128(9, 2)",
    "column 'name' has another type: VARCHAR(5) to VARCHAR(9), in the files string as before",
    "column 'name' can now be NULL",
    "the columns have another order: id, at, amount, name (before: id, amount, name, at)",
]


def test_changes_that_readers_can_bridge_are_reported(after):
    done = after(CHANGED)
    assert (done.code, done.result["schema_changes"]) == (0, SENTENCES)
    note = f"the schema has changed since the last committed attempt: {'; '.join(SENTENCES)}"
    assert note in done.result["notes"]
    assert f"extract_job: note: {note}" in done.errors


def test_allow_reports_them_in_the_result_only(after):
    done = after(CHANGED, on_schema_change="allow")
    assert (done.code, done.result["schema_changes"]) == (0, SENTENCES)
    assert not any("schema" in note for note in done.result["notes"])


def test_fail_refuses_every_change(after):
    done = after(FIRST.replace(" NOT NULL", ""), on_schema_change="fail")
    assert done.errors[-1] == (
        "extract_job: table 't': the schema has changed: column 'name' can now be NULL. Nothing was read. To accept the change, "
        "set on_schema_change: warn, or begin a new base with --reingest"
    )
    assert (done.code, json.loads(done.result_path.read_text())["error"]["class"], done.left) == (1, "CONFIG", [])


RESCALED = FIRST.replace("DECIMAL(5,2)", "DECIMAL(10,4)")


def test_an_increment_that_readers_would_misread_is_refused(after):
    done = after(RESCALED)
    assert done.errors[-1] == (
        "extract_job: table 't': column 'amount' has another type: DECIMAL(5,2) to DECIMAL(10,4), in the files decimal128(5, 2) "
        "to decimal128(10, 4). Readers would misread the new files beside the committed ones, or refuse them. Nothing was read. "
        "Begin a new base with --reingest, or set on_schema_change: allow"
    )
    assert (done.code, json.loads(done.result_path.read_text())["error"]["class"], done.left) == (1, "CONFIG", [])


FULL = dict.fromkeys(("extract_type", "hwm_col_name", "hwm_column_type", "low_watermark", "lag"))


@pytest.mark.parametrize("changed", [{"on_schema_change": "allow"}, FULL], ids=["allow", "full"])
def test_a_choice_and_a_full_extract_pass(after, changed):
    done = after(RESCALED, **changed)
    assert (done.code, len(done.result["schema_changes"])) == (0, 1)


def test_a_last_result_without_a_schema_is_not_compared():
    column = ResultColumn("a", "INTEGER", "int64", nullable=True)
    for members in ({}, {"schema": None}, {"schema": [1]}, {"schema": [{"column": "a"}]}):
        assert changes_since({"table": "t"} | members, "t", [column]).all == ()


def test_a_column_that_was_dropped_is_named():
    old = {"column": "a", "declared": "", "arrow": "string", "nullable": True}
    last = {"table": "t", "schema": [old, {**old, "column": "b"}]}
    changes = changes_since(last, "t", [ResultColumn("a", "", "string", nullable=False)])
    assert changes.all == ("column 'b' (no type declared) was dropped", "column 'a' can no longer be NULL")
    assert changes.refused == ()
    assert changes_since(last, "other", []).all == ()
