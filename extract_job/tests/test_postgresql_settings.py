"""Settings of a role or a database change neither the rows nor the values that the job reads."""

from __future__ import annotations

import psycopg
import pytest

pytestmark = pytest.mark.postgres

TABLE = """
CREATE SCHEMA app;
CREATE TABLE app.t (
  id int, at timestamptz, day date, span interval, raw bytea, raws bytea[], price money, share float8, doc xml, note text,
  what regclass, days daterange, numbers int[], fixed char(3)
);
INSERT INTO app.t VALUES (
  1, '2024-02-01 03:04:05+00', '2024-02-01', '1 day 02:00', '\\x00ff', '{"\\\\x00ff"}', '1234.5', 0.1, '<a/>', 'a\\b',
  'app.t', '[2024-02-01,2024-02-03)', '{1,NULL}', 'a'
), (2, '2024-02-02', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
"""
SETTINGS = {
    "TimeZone": "Asia/Kathmandu",
    "DateStyle": "SQL, DMY",
    "IntervalStyle": "postgres_verbose",
    "bytea_output": "escape",
    "quote_all_identifiers": "on",
    "extra_float_digits": "-15",
    "xmloption": "document",
    "xmlbinary": "hex",
    "standard_conforming_strings": "off",
    "escape_string_warning": "off",
    "backslash_quote": "off",
    "array_nulls": "off",
    "transform_null_equals": "on",
    "client_encoding": "LATIN1",
    "default_transaction_isolation": "serializable",
    "default_transaction_read_only": "on",
    "default_transaction_deferrable": "on",
    "statement_timeout": "45s",
    "lock_timeout": "45s",
    "idle_in_transaction_session_timeout": "45s",
    "idle_session_timeout": "45s",
    "search_path": "app, pg_catalog",
    "row_security": "on",
    "gin_fuzzy_search_limit": "1",
    "lc_monetary": "C.UTF-8",
    "lc_numeric": "C.UTF-8",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "jit": "off",
    "synchronize_seqscans": "off",
}
MARKED = {"extract_type": "PE", "hwm_col_name": "at", "hwm_column_type": "TimestampType"}


@pytest.fixture
def as_role(postgresql_port, job, monkeypatch, tmp_path):
    """A new database with a table and a role that has it; returns the owner's connection and a function that runs the job."""
    monkeypatch.chdir(tmp_path)
    values = {"PGHOST": "127.0.0.1", "PGPORT": str(postgresql_port), "PGUSER": "settings_reader", "PGPASSWORD": "x"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    server = f"host=127.0.0.1 port={postgresql_port} user=admin password=admin"
    with psycopg.connect(server, dbname="postgres", autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS settings")
        admin.execute("DROP ROLE IF EXISTS settings_reader")
        admin.execute("CREATE ROLE settings_reader LOGIN PASSWORD 'x'")
        admin.execute("CREATE DATABASE settings")
    with psycopg.connect(server, dbname="settings", autocommit=True) as owner:
        owner.execute(TABLE)
        owner.execute("GRANT USAGE ON SCHEMA app TO settings_reader")
        owner.execute("GRANT SELECT ON app.t TO settings_reader")
        yield (
            owner,
            lambda **changed: job(
                **{"db_engine": "postgres", "db_name": "settings", "extract_table": "app.t"} | MARKED | changed
            ),
        )


def outcome(done):
    assert done.code == 0, done.errors
    return done.rows, done.table.schema, done.result["high_watermark"]


@pytest.fixture
def plain(as_role):
    """The database, the job, and what it reads without any setting."""
    owner, job = as_role
    return owner, job, outcome(job())


@pytest.mark.parametrize(
    "left_out", [(), ("quote_all_identifiers", "search_path")], ids=["all", "those that the driver survives"]
)
@pytest.mark.parametrize("of", ["ROLE settings_reader", "DATABASE settings"])
def test_settings_of_a_role_or_a_database_change_nothing(plain, of, left_out):
    owner, job, expected = plain
    owner.execute("CREATE VIEW app.timeouts AS SELECT name, setting FROM pg_settings WHERE name LIKE '%timeout' ORDER BY name")
    owner.execute("GRANT SELECT ON app.timeouts TO settings_reader")
    for name, value in SETTINGS.items():
        if name not in left_out:
            owner.execute(f"ALTER {of} SET {name} = {value if name == 'search_path' else repr(value)}")
    assert outcome(job()) == expected
    assert expected[0][0][3:8] == ("P1DT2H", b"\x00\xff", '["\\\\x00ff"]', "$1,234.50", 0.1)
    assert expected[0][0][10:] == ("app.t", "[2024-02-01,2024-02-03)", "[1,null]", "a  ")
    timeouts = dict(job(extract_table="app.timeouts", extract_type="FE").rows)
    assert (timeouts["statement_timeout"], timeouts["idle_in_transaction_session_timeout"], timeouts["lock_timeout"]) == (
        "0",
        "0",
        "15000",
    )


HOSTILE = """
CREATE SCHEMA hostile;
CREATE TABLE hostile.pg_class (oid int, relname name, relnamespace int, relkind "char");
CREATE TABLE hostile.pg_namespace (oid int, nspname name);
CREATE TABLE hostile.pg_attribute (attrelid int);
CREATE TABLE hostile.pg_type (oid int);
CREATE TABLE hostile.pg_settings (name text, setting text);
CREATE DOMAIN hostile.timestamptz AS pg_catalog.int4;
CREATE FUNCTION hostile.format_type(oid, int) RETURNS pg_catalog.text LANGUAGE sql AS $$ SELECT 'hostile'::pg_catalog.text $$;
CREATE FUNCTION hostile.to_json(anyelement) RETURNS json LANGUAGE sql AS $$ SELECT '"hostile"'::json $$;
CREATE FUNCTION hostile.to_json(int[]) RETURNS json LANGUAGE sql AS $$ SELECT '"hostile"'::json $$;
CREATE FUNCTION hostile.max(timestamptz) RETURNS pg_catalog.timestamptz LANGUAGE sql AS $$ SELECT now() $$;
CREATE FUNCTION hostile.textrecv(internal) RETURNS pg_catalog.text LANGUAGE internal AS 'textrecv';
CREATE FUNCTION hostile.never(pg_catalog.timestamptz, pg_catalog.timestamptz) RETURNS bool LANGUAGE sql AS 'SELECT false';
CREATE FUNCTION hostile.never(name, name) RETURNS bool LANGUAGE sql AS 'SELECT false';
CREATE FUNCTION hostile.never(pg_catalog.text, pg_catalog.text) RETURNS bool LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR hostile.<= (leftarg = pg_catalog.timestamptz, rightarg = pg_catalog.timestamptz, function = hostile.never);
CREATE OPERATOR hostile.> (leftarg = pg_catalog.timestamptz, rightarg = pg_catalog.timestamptz, function = hostile.never);
CREATE OPERATOR hostile.= (leftarg = name, rightarg = name, function = hostile.never);
CREATE OPERATOR hostile.= (leftarg = pg_catalog.text, rightarg = pg_catalog.text, function = hostile.never);
GRANT USAGE ON SCHEMA hostile TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA hostile TO PUBLIC;
"""


def test_objects_that_shadow_those_of_postgresql_change_nothing(plain):
    owner, job, expected = plain
    owner.execute(HOSTILE)
    owner.execute("ALTER ROLE settings_reader SET search_path = hostile, app, pg_catalog")
    assert outcome(job()) == expected
    assert outcome(job(extract_table="t"))[0] == expected[0]
    assert outcome(job(low_watermark="2024-02-01 12:00:00+00", lag="0"))[0] == expected[0][1:]
