"""Each type of PostgreSQL: psycopg reads the source, Arrow and DuckDB read the files, and all three agree.

The job itself uses ADBC and Arrow, so psycopg and DuckDB would see a fault that these two share.
"""

from __future__ import annotations

import json
import math
from datetime import datetime
from decimal import Decimal

import duckdb
import psycopg
import pytest
from psycopg import sql
from shared_fixtures.postgresql_types import INTERNAL, TYPES

pytestmark = pytest.mark.postgres

TEXT_OF_COPY = """
SET DateStyle = 'ISO'; SET TimeZone = 'UTC'; SET IntervalStyle = 'iso_8601'; SET bytea_output = 'hex'; SET lc_monetary = 'C';
SET extra_float_digits = 1; SET search_path = 'pg_catalog'
"""
"""The settings that the README of the job promises for its texts."""


@pytest.fixture(scope="module")
def source(postgresql_port):
    """A new database that the job reaches by libpq's variables, and psycopg's connection to it."""
    server = f"host=127.0.0.1 port={postgresql_port} user=admin password=admin"
    with psycopg.connect(server, dbname="postgres", autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS every_type")
        admin.execute("CREATE DATABASE every_type")
    with psycopg.connect(server, dbname="every_type", autocommit=True) as connection:
        connection.execute("CREATE TABLE anchor (id int)")
        for tested in TYPES.values():
            if tested.setup:
                connection.execute(tested.setup)
        yield connection


@pytest.fixture
def pg(source, postgresql_port, job, monkeypatch, tmp_path):
    """Return a function that runs the job on table `t` of the database."""
    monkeypatch.chdir(tmp_path)
    values = {"PGHOST": "127.0.0.1", "PGPORT": str(postgresql_port), "PGUSER": "admin", "PGPASSWORD": "admin"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return lambda **changed: job(db_engine="postgres", db_name="every_type", extract_table="public.t", **changed)


@pytest.fixture
def type_(declared, source):
    """A type, and an empty table `t` with a column `v` of it, and `w`, which the test reads as text."""
    source.execute("DROP TABLE IF EXISTS t")
    source.execute(f"CREATE TABLE t (i int, v {declared}, w {declared})")
    return TYPES[declared]


def insert(source, number, typed, as_text):
    row = sql.SQL("INSERT INTO t VALUES ({}, {}, {})").format(number, sql.Literal(typed), sql.Literal(as_text))
    source.execute(row)


def copied(source, column):
    """The column as COPY writes it."""
    with source.transaction(force_rollback=True):
        source.execute(TEXT_OF_COPY)
        with source.cursor().copy(sql.SQL("COPY (SELECT {} FROM public.t ORDER BY i) TO STDOUT").format(sql.SQL(column))) as copy:
            return [value for (value,) in copy.rows()]


def native(source, column, count):
    """The values of the first rows as psycopg reads them."""
    source.execute("SET TimeZone = 'UTC'")
    query = sql.SQL("SELECT {} FROM t ORDER BY i LIMIT {}").format(sql.SQL(column), count)
    return [value for (value,) in source.execute(query)]


def duckdb_rows(done):
    """The columns `v` and `w` of the files by DuckDB; instants without their zone, which is UTC."""
    files = [str(done.folder / file["name"]) for file in done.result["files"]]
    value = "make_timestamp(epoch_us(v))" if str(done.table.schema.field("v").type) == "timestamp[us, tz=UTC]" else "v"
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT {value}, w FROM read_parquet(?) ORDER BY i", [files]).fetchall()  # noqa: S608 - ours


def same(actual, expected):
    """Equal in type and value; NaN equals itself, and zero has a sign."""
    if isinstance(expected, float):
        return isinstance(actual, float) and (repr(actual) == repr(expected) or actual == expected != 0)
    if isinstance(expected, (list, dict)):
        pairs = (
            zip(actual, expected, strict=True)
            if isinstance(expected, list)
            else zip(actual.items(), expected.items(), strict=True)
        )
        return type(actual) is type(expected) and all(same(left, right) for left, right in pairs)
    if isinstance(expected, tuple):
        return all(same(left, right) for left, right in zip(actual, expected, strict=True))
    return type(actual) is type(expected) and actual == expected


def in_json(value):
    """What JSON makes of psycopg's values: numbers that are not finite, and all but numbers and booleans, are texts."""
    if isinstance(value, list):
        return [in_json(inner) for inner in value]
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, (float, Decimal)) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity"
    return value if value is None or isinstance(value, (bool, int, float, Decimal, dict)) else str(value)


NATIVE_LISTS = {"integer[]", "text[]", "char(6)[]", "bytea[]", "double precision[]", "numeric[]", "inet[]", "json[]"}
"""Structures that psycopg reads as lists; it leaves the others as text."""


@pytest.mark.parametrize("declared", TYPES)
def test_a_value_is_the_same_in_source_and_file(type_, source, pg):
    for number, literal in enumerate(type_.values):
        insert(source, number, literal, literal)
    insert(source, len(type_.values), None, None)
    for number, literal in enumerate(type_.refused, len(type_.values) + 1):
        insert(source, number, None, literal)
    done = pg(text_columns="w")
    assert done.code == 0, done.errors
    assert str(done.table.schema.field("v").type) == type_.arrow
    assert str(done.table.schema.field("w").type) == "string"
    count = len(type_.values)
    rows = sorted(done.table.to_pylist(), key=lambda row: row["i"])
    by_duckdb = duckdb_rows(done)
    shown = copied(source, "w")
    assert [row["w"] for row in rows] == [text for _, text in by_duckdb] == shown
    assert {row["v"] for row in rows[count:]} == {value for value, _ in by_duckdb[count:]} == {None}
    expected = [text if value is None else value for value, text in zip(type_.values.values(), shown, strict=False)]
    by_arrow = [row["v"] for row in rows[:count]]
    if type_.arrow == "string" and not type_.is_json:
        assert by_arrow == [value for value, _ in by_duckdb[:count]] == expected == shown[:count]
        return
    if type_.is_json:
        whole = float if type_.declared == "double precision[]" else int
        real = Decimal if type_.declared == "numeric[]" else float
        assert by_arrow == [value for value, _ in by_duckdb[:count]]
        assert same([json.loads(text, parse_int=whole, parse_float=real) for text in by_arrow], expected), by_arrow
        if type_.declared in NATIVE_LISTS:
            assert same([in_json(value) for value in native(source, "v", count)], expected)
        return
    assert same(by_arrow, expected), (by_arrow, expected)
    # psycopg gives the shortest text of a real, which is another double.
    assert same(native(source, "v::float8" if type_.arrow == "float" else "v", count), expected)
    if type_.arrow != "decimal256(76, 3)":  # DuckDB's decimals end at 38 digits
        without_zone = [value.replace(tzinfo=None) if isinstance(value, datetime) else value for value in expected]
        assert same([value for value, _ in by_duckdb[:count]], without_zone), by_duckdb


@pytest.mark.parametrize("declared", [name for name, tested in TYPES.items() if tested.refused])
def test_a_value_that_the_file_cannot_hold_is_refused_with_its_place(type_, source, pg):
    for literal, why in type_.refused.items():
        source.execute("TRUNCATE t")
        insert(source, 1, next(iter(type_.values)), None)
        insert(source, 2, literal, None)
        value = repr(copied(source, "v")[1])
        value = value if len(value) <= 80 else value[:77] + "…"
        done = pg()
        assert (done.code, done.left) == (1, [])
        assert done.errors[-1] == (
            f"extract_job: table 'public.t', column 'v' ({type_.shown or type_.declared}), ctid (0,2): {value} {why}; fix the "
            "value, or read the column as text with --text_columns v"
        )


def test_the_table_of_types_is_complete(source):
    """Each base type, range and multirange of the catalog is tested, or is one of PostgreSQL's internals."""
    query = """
    SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm')
      AND (typelem = 0 OR typsubscript <> 'array_subscript_handler'::regproc OR typname IN ('int2vector', 'oidvector'))
    """
    known = {name for (name,) in source.execute(query)}
    tested = {
        name for (name,) in source.execute(
            "SELECT typname FROM pg_type t, unnest(%s::text[]) AS declared WHERE t.oid = to_regtype(declared)", [list(TYPES)]
        )
    }  # fmt: skip
    assert known - tested == INTERNAL
