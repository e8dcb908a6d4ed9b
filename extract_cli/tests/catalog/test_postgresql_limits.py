"""What a look at the rows of a PostgreSQL table may cost, and what happens where the server refuses it."""

from __future__ import annotations

import pytest

from extract_cli.catalog import propose, read_database
from extract_core.errors import UsageError


@pytest.fixture
def database(postgresql_port):
    """A separate database, a way to execute statements in it, and its URL."""
    from adbc_driver_postgresql import dbapi

    def url(name):
        return f"postgresql://admin:admin@127.0.0.1:{postgresql_port}/{name}"

    def execute(*statements, name="limits"):
        with dbapi.connect(url(name), autocommit=True) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    execute("DROP DATABASE IF EXISTS limits", "CREATE DATABASE limits", name="postgres")
    return execute, url("limits")


@pytest.mark.postgres
def test_a_look_that_the_server_refuses_leaves_the_table_with_what_is_known(database):
    execute, url = database
    execute(
        "CREATE TABLE slow (id int PRIMARY KEY, updated_at timestamp NOT NULL)",
        "INSERT INTO slow VALUES (1, '2026-01-01'), (2, '2026-01-02')",
        "ANALYZE slow",
        "CREATE FUNCTION never() RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$",
        "ALTER TABLE slow ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE slow FORCE ROW LEVEL SECURITY",
        "CREATE POLICY never ON slow USING (never())",
        "CREATE ROLE looker LOGIN PASSWORD 'looker'",
        "GRANT SELECT ON slow TO looker",
    )
    read = read_database(url.replace("admin:admin", "looker:looker"))
    execute("DROP OWNED BY looker", "DROP ROLE looker")
    (table,) = read.tables
    assert table.rows == 2
    assert propose(table).keys["watermark"]["column"] == "updated_at"


@pytest.mark.postgres
def test_a_server_that_goes_away_in_the_middle_is_told(database):
    execute, url = database
    execute(
        "CREATE TABLE gone (id int PRIMARY KEY, updated_at timestamp NOT NULL)",
        "INSERT INTO gone VALUES (1, '2026-01-01')",
        "ANALYZE gone",
        "CREATE FUNCTION leave() RETURNS bool LANGUAGE sql AS 'SELECT pg_terminate_backend(pg_backend_pid())'",
        "CREATE ROLE leaver LOGIN PASSWORD 'leaver' IN ROLE pg_signal_backend",
        "ALTER TABLE gone ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY leave ON gone USING (leave())",
        "GRANT SELECT ON gone TO leaver",
    )
    with pytest.raises(UsageError, match=r"can't be read: .*terminating connection due to administrator command"):
        read_database(url.replace("admin:admin", "leaver:leaver"))
    execute("DROP OWNED BY leaver", "DROP ROLE leaver")
