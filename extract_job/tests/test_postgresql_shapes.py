"""Tables of unusual shapes: very many columns, very large values, computed columns, no columns."""

from __future__ import annotations

import psycopg
import pytest

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def shapes(postgresql_port):
    server = f"host=127.0.0.1 port={postgresql_port} user=admin password=admin"
    with psycopg.connect(server, dbname="postgres", autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS shapes")
        admin.execute("CREATE DATABASE shapes")
    with psycopg.connect(server, dbname="shapes", autocommit=True) as connection:
        yield connection


@pytest.fixture
def pg(shapes, postgresql_port, job, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    values = {"PGHOST": "127.0.0.1", "PGPORT": str(postgresql_port), "PGUSER": "admin", "PGPASSWORD": "admin"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return lambda table, **changed: job(db_engine="postgres", db_name="shapes", extract_table=table, **changed)


def test_as_many_columns_as_a_table_can_have(shapes, pg):
    """1,600 is the limit of PostgreSQL (https://www.postgresql.org/docs/current/limits.html)."""
    columns = ", ".join(f"c{number} int2 DEFAULT {number}" for number in range(1600))
    shapes.execute(f"CREATE TABLE wide ({columns})")
    shapes.execute("INSERT INTO wide (c0) VALUES (0)")
    done = pg("wide", verify="full")
    assert done.code == 0, done.errors
    assert done.rows == [tuple(range(1600))]


def test_values_larger_than_a_batch(shapes, pg):
    """A batch of the driver has about 16 MB."""
    shapes.execute("CREATE TABLE large (id int, x text, b bytea, a text[])")
    shapes.execute(
        "INSERT INTO large SELECT i, repeat('é', 12000000 + i), decode(repeat('00ff', 6000000), 'hex'), "
        "ARRAY[repeat('x', 17000000)] FROM generate_series(1, 2) i"
    )
    done = pg("large")
    assert done.code == 0, done.errors
    for number, text, data, array in done.rows:
        assert text == "é" * (12_000_000 + number)
        assert data == b"\x00\xff" * 6_000_000
        assert array == f'["{"x" * 17_000_000}"]'
    assert len(done.rows) == 2


def test_computed_columns_and_dropped_ones(shapes, pg):
    shapes.execute(
        "CREATE TABLE computed (id int GENERATED ALWAYS AS IDENTITY, gone text, "
        "twice int GENERATED ALWAYS AS (n * 2) STORED, n int)"
    )
    shapes.execute("ALTER TABLE computed DROP COLUMN gone")
    shapes.execute("INSERT INTO computed (n) VALUES (4), (NULL)")
    assert pg("computed").rows == [(1, 8, 4), (2, None, None)]


def test_a_table_without_columns_is_refused(shapes, pg):
    """Parquet cannot hold rows without columns."""
    shapes.execute("CREATE TABLE nothing ()")
    done = pg("nothing")
    assert (done.code, done.errors[-1]) == (1, "extract_job: table 'nothing' has no columns to read")
