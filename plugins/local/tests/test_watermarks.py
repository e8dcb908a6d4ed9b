"""Watermarks of every type through the whole machine: new rows, no rows, NULLs, a source that went back, a backfill."""

from __future__ import annotations

import json
import sqlite3

import pytest

from extract_core.tracking.sqlite import SQLiteTracking

KINDS = {  # table: declared type, hwm_column_type, marks in order; the first two rows, then a newer one, then one between
    "ints": ("INTEGER", "LongType", ["9", "10", "11"]),
    "decimals": ("DECIMAL(18,2)", "DecimalType", ["9.50", "10.25", "11.00"]),
    "days": ("DATE", "DateType", ["2025-12-30", "2025-12-31", "2026-01-01"]),
    "moments": ("TIMESTAMP", "TimestampType", ["2026-01-01 09:00:00", "2026-01-01 10:00:00", "2026-01-01 11:00:00"]),
    "words": ("TEXT", "StringType", ["a9", "b1", "b2"]),
}


@pytest.fixture
def source(demo_project):
    with sqlite3.connect(demo_project.folder / "sales.db") as connection:
        for table, (declared, _, marks) in KINDS.items():
            connection.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, mark {declared})")
            rows = [(marks[0],), (marks[1],), (None,)]
            connection.executemany(f"INSERT INTO {table} (mark) VALUES (?)", rows)  # noqa: S608 - names of this file
        connection.execute("CREATE TABLE empty (id INTEGER PRIMARY KEY, mark INTEGER)")
    connection.close()
    tables = "".join(
        f"    {table}: {{extract_type: PE, hwm_col_name: mark, hwm_column_type: '{kind}'}}\n"
        for table, kind in [*((table, kind) for table, (_, kind, _) in KINDS.items()), ("empty", "LongType")]
    )
    demo_project.config(
        f"source_name: sales\nextract:\n  job_type: glue\n  db_engine: sqlite\n  db_name: sales.db\n  tables:\n{tables}"
    )
    return demo_project


def change(project, statement):
    with sqlite3.connect(project.folder / "sales.db") as connection:
        for table, (_, _, marks) in KINDS.items():
            connection.execute(statement.format(table=table), marks[2:] if "?" in statement else ())
    connection.close()


def run(project, *arguments):
    done = project.extract("run", "sales", *arguments, "--local", "--output", "json")
    return {row["table"]: row["rows"] for row in json.loads(done.stdout)["tables"]}


def held(project):
    with SQLiteTracking(project.folder / ".extract/tracking.db") as tracking:
        states = tracking.states("sales", [*KINDS, "empty"])
    return {table: (state.watermark, state.version) for table, state in states.items()}


def test_a_life_of_five_runs(source):
    assert run(source) == {**dict.fromkeys(KINDS, 3), "empty": 0}  # NULLs are read by a first run only
    first = held(source)
    assert first.pop("empty") == (None, 0)
    assert {table: version for table, (_, version) in first.items()} == dict.fromkeys(KINDS, 1)
    assert run(source) == {**dict.fromkeys(KINDS, 0), "empty": 0}
    text = source.extract("status", "--local").stdout
    assert all(f" {table}: rows skipped because 'mark' is NULL: 1; " in text for table in KINDS)
    change(source, "INSERT INTO {table} (mark) VALUES (?)")
    assert run(source) == {**dict.fromkeys(KINDS, 1), "empty": 0}
    newest = held(source)
    assert {table: version for table, (_, version) in newest.items()} == {**dict.fromkeys(KINDS, 2), "empty": 0}
    change(source, "DELETE FROM {table} WHERE id > 1")  # a source that was restored from yesterday, or whose clock went back
    failed = json.loads(source.extract("run", "sales", "--local", "--output", "json", code=1).stdout)
    assert {row["table"]: row["rows"] for row in failed["tables"] if row["state"] == "SUCCEEDED"} == {"empty": 0}
    assert all("the newest mark of the table is" in row["message"] for row in failed["tables"] if row["state"] == "FAILED")
    assert held(source) == newest
    assert run(source, "ints", "--backfill-from", "8", "--backfill-to", "10") == {"ints": 1}
    assert held(source) == newest
