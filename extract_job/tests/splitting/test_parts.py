# ruff: noqa: S608 - the statements are those of the tests
"""Each row of a table is in exactly one part, whatever the types, the values, the bounds and the number of parts."""

import sqlite3
from contextlib import nullcontext, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract_job.arguments.selection import Selection
from extract_job.databases.sqlite.splitting import SqliteSplit
from extract_job.databases.sqlite.tables import find_table
from extract_job.errors import JobError
from extract_job.splitting.cuts import Scale, quantiles, spaced
from extract_job.splitting.plan import Split, parts_of

VALUES = {
    "INTEGER": st.integers(-(2**63), 2**63 - 1) | st.integers(-5, 5) | st.just("text in a column of numbers"),
    "DOUBLE": st.floats(allow_nan=False) | st.integers(-9, 9),
    "DECIMAL(9,3)": st.integers(-(10**9), 10**9).map(lambda number: number / 1000),
    "TEXT": st.text("aAbB'\"\\%é\u4e00 \0", max_size=4) | st.text(max_size=3).filter(lambda text: text.isprintable()),
    "TEXT COLLATE NOCASE": st.text("aAbB", max_size=3),
    "DATE": st.dates().map(str) | st.just("0000-00-00"),
    "TIMESTAMP": st.datetimes().map(str),
    "BLOB": st.binary(max_size=2),
}
BOUNDS = {
    "INTEGER": st.tuples(st.integers(), st.integers()),
    "DOUBLE": st.tuples(st.floats(), st.floats()),
    "DECIMAL(9,3)": st.tuples(st.integers(-9, 9), st.integers(-9, 9)),
    "DATE": st.tuples(st.dates(), st.dates()),
    "TIMESTAMP": st.tuples(st.datetimes(), st.datetimes()),
}


def opened(columns, rows, key=""):
    """A table in memory. SQLite allows NULL in a key of several columns."""
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE t ({columns}, n{key})")
    for number, row in enumerate(rows):
        marks = ", ".join("?" * (len(row) + 1))
        connection.execute(f"INSERT OR IGNORE INTO t VALUES ({marks})", (*row, number))
    return connection, SqliteSplit(connection, find_table(connection, "memory", "t", Selection()))


def numbers(connection, part):
    return [n for (n,) in connection.execute(f"SELECT n FROM t WHERE {part.sql}", part.values)]


def check(connection, parts):
    """Each row is in one part."""
    rows = [n for part in parts for n in numbers(connection, part)]
    assert sorted(rows) == [n for (n,) in connection.execute("SELECT n FROM t ORDER BY n")]


@settings(max_examples=120, deadline=None, database=None)
@given(st.data())
def test_a_row_is_in_one_part(data):
    kind = data.draw(st.sampled_from(sorted(VALUES)))
    rows = data.draw(st.lists(st.tuples(st.none() | VALUES[kind]), max_size=30))
    bounds = data.draw(st.none() | BOUNDS[kind].map(lambda ends: tuple(map(str, ends)))) if kind in BOUNDS else None
    connection, split = opened(f"k {kind}", rows)
    with suppress(JobError) if bounds else nullcontext():  # bounds may be in the wrong order, or infinite
        check(connection, parts_of(split, "t", Split("k", bounds), data.draw(st.integers(1, 40))))


def test_bounds_may_be_as_far_apart_as_doubles_are():
    connection, split = opened("k DOUBLE", [(1e-200,), (1e134,), (None,)])
    check(connection, parts_of(split, "t", Split("k", ("3.6612590261864546e-250", "2e+134")), 3))


@settings(max_examples=60, deadline=None, database=None)
@given(st.data())
def test_a_row_is_in_one_part_by_several_columns(data):
    kinds = data.draw(st.lists(st.sampled_from(["INTEGER", "TEXT", "TEXT COLLATE NOCASE", "DATE"]), min_size=2, max_size=3))
    rows = data.draw(st.lists(st.tuples(*(st.none() | VALUES[kind] for kind in kinds)), max_size=30))
    names = [f"k{number}" for number in range(len(kinds))]
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(names, kinds, strict=True))
    connection, split = opened(columns, rows, f", PRIMARY KEY ({', '.join(names)})")
    assert [column.name for column in split.key(None).columns] == names
    check(connection, parts_of(split, "t", Split(), data.draw(st.integers(1, 20))))


def test_a_table_without_a_key_is_split_by_its_row_numbers():
    connection, split = opened("k TEXT", [("a",)] * 100)
    parts = parts_of(split, "t", Split(), 4)
    check(connection, parts)
    assert [len(numbers(connection, part)) for part in parts] == [25] * 4


@pytest.mark.parametrize(
    ("scale", "least", "greatest", "cuts"),
    [
        (Scale.INTEGER, "1", "9", ["3", "5", "7"]),
        (Scale.INTEGER, "-100", "100", ["-50", "0", "50"]),
        (Scale.INTEGER, "7", "7", ["7"]),
        (Scale.INTEGER, "0", "2", ["0", "1"]),
        (Scale.NUMBER, "0.5", "2.5", ["1", "1.5", "2"]),
        (Scale.DATE, "2024-01-01", "2024-01-05", ["2024-01-02", "2024-01-03", "2024-01-04"]),
        (Scale.TIMESTAMP, "2024-01-01", "2024-01-02", ["2024-01-01 06:00:00", "2024-01-01 12:00:00", "2024-01-01 18:00:00"]),
        (Scale.TIMESTAMP, "2024-01-01 00:00:00+00", "2024-01-01 00:00:04+00",
         ["2024-01-01 00:00:01+00:00", "2024-01-01 00:00:02+00:00", "2024-01-01 00:00:03+00:00"]),
    ],
)  # fmt: skip
def test_cuts_are_at_equal_distances(scale, least, greatest, cuts):
    assert spaced(scale, least, greatest, 4) == cuts


@pytest.mark.parametrize(
    ("scale", "least", "greatest"),
    [
        (Scale.INTEGER, "9", "1"),
        (Scale.INTEGER, "a", "9"),
        (Scale.NUMBER, "NaN", "1"),
        (Scale.NUMBER, "1", "-Infinity"),
        (Scale.DATE, "2024-02-01", "2024-01-01"),
        (Scale.DATE, "infinity", "infinity"),
        (Scale.TIMESTAMP, "2024-01-01 00:00:00+00", "2024-01-02"),
    ],
)
def test_bounds_of_another_kind_are_refused(scale, least, greatest):
    with pytest.raises(ValueError, match=r".+"):
        spaced(scale, least, greatest, 4)


def test_a_sample_is_cut_into_equal_parts():
    sample = [(number // 10,) for number in range(100)]
    assert quantiles(sample, 5) == [(2,), (4,), (6,), (8,)]
    assert quantiles([("a",)] * 9, 3) == [("a",)]
    assert quantiles([], 3) == []
