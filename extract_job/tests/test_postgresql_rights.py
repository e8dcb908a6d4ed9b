"""A table that this user may not read whole is refused with the right that is missing; hidden rows are never left out."""

from __future__ import annotations

import psycopg
import pytest

pytestmark = pytest.mark.postgres

TABLES = """
CREATE SCHEMA closed;
CREATE TABLE closed.t (id int);
CREATE TABLE hidden (id int);
CREATE TABLE partly (id int, "the salary" int, name text);
CREATE TABLE base (id int);
CREATE ROLE rights_owner;
CREATE VIEW of_base AS SELECT id FROM base;
ALTER VIEW of_base OWNER TO rights_owner;
CREATE TABLE policed (id int, owner text);
CREATE VIEW of_policed AS SELECT id FROM policed;
CREATE TABLE parent (id int) PARTITION BY LIST (id);
CREATE TABLE part PARTITION OF parent DEFAULT;
INSERT INTO policed VALUES (1, 'rights_reader'), (2, 'other');
INSERT INTO parent VALUES (1);
ALTER TABLE policed ENABLE ROW LEVEL SECURITY;
ALTER TABLE policed FORCE ROW LEVEL SECURITY;
ALTER TABLE part ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON policed USING (owner = 'rights_reader');
ALTER TABLE policed OWNER TO rights_owner;
ALTER VIEW of_policed OWNER TO rights_owner;
GRANT SELECT ON closed.t, of_base, policed, of_policed, parent TO rights_reader;
GRANT SELECT (id, name) ON partly TO rights_reader;
"""
PERMISSIONS = {
    "closed.t": (
        "table 'closed.t': user 'rights_reader' has no USAGE right on schema 'closed'; "
        'GRANT USAGE ON SCHEMA "closed" TO "rights_reader"'
    ),
    "public.hidden": (
        "table 'public.hidden': user 'rights_reader' has no SELECT right; "
        'GRANT SELECT ON "public"."hidden" TO "rights_reader"'
    ),
    "public.partly": (
        "table 'public.partly': user 'rights_reader' has no SELECT right of column 'the salary'; "
        'GRANT SELECT ON "public"."partly" TO "rights_reader", or read a view without these columns'
    ),
    "public.of_base": (
        "database 'rights': ERROR: permission denied for table base; grant this user SELECT on the table and USAGE on its "
        "schema; for a view, grant them to its owner"
    ),
    "public.policed": (
        "table 'public.policed' has row-level security, which hides rows from user 'rights_reader'; let the job use a role with "
        "BYPASSRLS, or set row_security: allow to read the visible rows only"
    ),
    "public.of_policed": (
        "database 'rights': ERROR: query would be affected by row-level security policy for table \"policed\"; let the job use a "
        "role with BYPASSRLS (for a view, its owner), or set row_security: allow to read the visible rows only"
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def rights(postgresql_port):
    server = f"host=127.0.0.1 port={postgresql_port} user=admin password=admin"
    with psycopg.connect(server, dbname="postgres", autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS rights")
        for role in ("rights_reader", "rights_owner"):
            admin.execute(f"DROP ROLE IF EXISTS {role}")
        admin.execute("CREATE ROLE rights_reader LOGIN PASSWORD 'x'")
        admin.execute("CREATE DATABASE rights")
    with psycopg.connect(server, dbname="rights", autocommit=True) as owner:
        owner.execute(TABLES)


@pytest.fixture
def pg(rights, postgresql_port, job, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    values = {"PGHOST": "127.0.0.1", "PGPORT": str(postgresql_port), "PGUSER": "rights_reader", "PGPASSWORD": "x"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return lambda table, **changed: job(db_engine="postgres", db_name="rights", extract_table=table, **changed)


@pytest.mark.parametrize("table", PERMISSIONS)
def test_a_missing_right_is_named(pg, table):
    done = pg(table)
    assert done.errors[-1] == f"extract_job: {PERMISSIONS[table]}"
    assert done.result["error"] == {"class": "PERMISSION", "message": PERMISSIONS[table], "retryable": False}


def test_hidden_rows_are_left_out_by_choice_only(pg):
    assert pg("public.policed", row_security="allow").rows == [(1, "rights_reader")]
    assert pg("public.of_policed", row_security="allow").rows == [(1,)]


def test_row_level_security_of_a_partition_does_not_count_for_its_parent(pg):
    """The policies of the named table apply, not those of its partitions (sql-createpolicy.html)."""
    assert pg("public.parent").rows == [(1,)]
