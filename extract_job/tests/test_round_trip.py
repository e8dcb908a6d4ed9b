"""Random rows of SQLite are read back unchanged, for any file size; memory stays flat."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract_job.program import run
from extract_job.stopping import StopRequest

DECLARED = "a BIGINT, b BOOLEAN, c DOUBLE, d DECIMAL(15,4), e DATE, f TIMESTAMP, g TIMESTAMPTZ, h TEXT, i BLOB"
moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30))  # noqa: DTZ001 - a timestamp without a zone is meant
maybe = st.none()
ROW = st.tuples(
    st.integers(-(2**63), 2**63 - 1) | maybe,
    st.booleans() | maybe,
    st.floats(allow_nan=False) | maybe,
    st.decimals(-(10**10), 10**10, places=4, allow_nan=False) | maybe,
    st.dates() | maybe,
    moments | maybe,
    moments.map(lambda moment: moment.replace(tzinfo=UTC)) | maybe,
    st.text() | maybe,
    st.binary() | maybe,
)


def as_written(row):
    """The row as an application writes it into SQLite."""
    *first, number, day, moment, instant, text, blob = row
    return (
        *first,
        None if number is None else str(number),
        day and day.isoformat(),
        moment and moment.isoformat(" "),
        instant and instant.isoformat(),
        text,
        blob,
    )


@settings(max_examples=60)
@given(rows=st.lists(ROW, max_size=30), per_file=st.integers(1, 40))
def test_rows_are_read_back_unchanged(rows, per_file):
    with TemporaryDirectory() as name:
        folder = Path(name)
        with closing(sqlite3.connect(folder / "s.db")) as connection:
            connection.execute(f"CREATE TABLE t ({DECLARED})")
            connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", map(as_written, rows))
            connection.commit()
        pairs = {"extract_table": "t", "run_id": "r", "attempt": "1", "db_engine": "sqlite", "db_name": str(folder / "s.db")}
        pairs |= {
            "extract_s3_uri": (folder / "o").as_uri(),
            "result_uri": (folder / "r.json").as_uri(),
            "rows_per_file": str(per_file),
        }
        assert run([word for key, value in pairs.items() for word in ("--" + key, value)], StopRequest()) == 0
        files = json.loads((folder / "r.json").read_text())["files"]
        read = [tuple(row.values()) for file in files for row in pq.read_table(folder / "o" / file["name"]).to_pylist()]
        assert read == rows
        assert [file["rows"] for file in files] == [pq.read_metadata(folder / "o" / file["name"]).num_rows for file in files]


def test_decimals_are_read_back_unchanged(database, job):
    numbers = [f"{sign}{number / 100:.2f}" for number in range(0, 3_000_000, 997) for sign in ("", "-")]
    database("CREATE TABLE t (c DECIMAL(10,2))", "INSERT INTO t VALUES (?)", [(number,) for number in numbers])
    assert [row[0] for row in job().rows] == [Decimal(number) for number in numbers]


PEAK = "import resource, sys\nfrom extract_job.program import main\ncode = main(sys.argv[1:])\n"
PEAK += "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\nsys.exit(code)"


def peak_kib(argv):
    done = subprocess.run([sys.executable, "-c", PEAK, *argv], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.parametrize("big", [400_000, pytest.param(4_000_000, marks=pytest.mark.soak)])
def test_memory_does_not_grow_with_the_table(database, argv, big):
    row = "SELECT value, value * 0.25, 'some text that is not very short ' || value, '2024-05-31 10:00:00' FROM generated"
    made = "WITH RECURSIVE generated(value) AS (VALUES (1) UNION ALL SELECT value + 1 FROM generated LIMIT"
    declared = "(a INTEGER, b DECIMAL(12,2), c TEXT, d TIMESTAMP)"
    database(
        f"CREATE TABLE small {declared}; INSERT INTO small {made} 200000) {row};"
        f"CREATE TABLE big {declared}; INSERT INTO big {made} {big}) {row};"
    )
    small = peak_kib(argv(extract_table="small"))
    assert peak_kib(argv(extract_table="big")) < small * 1.2


@pytest.mark.parametrize(("width", "small", "big"), [(40_000, 2_000, 6_000), (2_000_000, 40, 120)])
def test_memory_is_bounded_by_wide_rows_too(database, argv, width, small, big):
    row = f"SELECT id, randomblob({width}) FROM n"  # noqa: S608 - a number
    counted = "WITH RECURSIVE n(id) AS (VALUES (1) UNION ALL SELECT id + 1 FROM n LIMIT"
    database(
        "CREATE TABLE small (id INTEGER, c BLOB); CREATE TABLE big (id INTEGER, c BLOB);"
        f"INSERT INTO small {counted} {small}) {row}; INSERT INTO big {counted} {big}) {row};"
    )
    least = peak_kib(argv(extract_table="small"))
    assert peak_kib(argv(extract_table="big")) < least * 1.3
