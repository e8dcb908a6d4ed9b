# ruff: noqa: E501 - messages as they are printed
"""`extract validate --database` says what the job would refuse: rights, hidden rows, and watermarks that cannot work."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

pytestmark = pytest.mark.postgres

TABLES = """
CREATE SCHEMA closed;
CREATE TABLE closed.t (id int);
CREATE TABLE hidden (id int);
CREATE TABLE partly (id int, salary int);
CREATE TABLE base (id int);
CREATE TABLE nothing ();
CREATE DOMAIN code AS uuid;
CREATE TABLE marked (id int, u uuid, c code, at timestamptz, name text);
CREATE ROLE checked_owner;
CREATE VIEW of_base AS SELECT id FROM base;
ALTER VIEW of_base OWNER TO checked_owner;
CREATE TABLE policed (id int);
CREATE TABLE allowed (id int);
CREATE VIEW of_policed AS SELECT id FROM policed;
ALTER TABLE policed ENABLE ROW LEVEL SECURITY;
ALTER TABLE policed FORCE ROW LEVEL SECURITY;
ALTER TABLE allowed ENABLE ROW LEVEL SECURITY;
ALTER TABLE policed OWNER TO checked_owner;
ALTER VIEW of_policed OWNER TO checked_owner;
GRANT SELECT ON closed.t, nothing, marked, of_base, policed, of_policed, allowed TO checked_reader;
GRANT SELECT (id) ON partly TO checked_reader;
CREATE SCHEMA amb;
CREATE TABLE amb.t (id int);
CREATE TABLE "amb.t" (id int);
"""
CONFIG = """\
extract:
  job_type: glue
  tables:
    closed.t: {}
    hidden: {}
    public.partly: {}
    public.nothing: {}
    public.of_base: {}
    public.policed: {}
    public.of_policed: {}
    public.allowed: {row_security: allow}
    public.marked: {extract_type: PE, watermark: {column: u, type: string}}
    marked: {extract_type: PE, watermark: {column: c, type: string}}
    '"marked"': {extract_type: PE, watermark: {column: at, type: date}}
    amb.t: {}
    public.mark: {}
"""
BYPASS = "let the job use a role with BYPASSRLS, or write row_security: allow to read the visible rows only"
FINDINGS = f"""\
config/checked.yml:4:5: extract.tables."closed.t": user 'checked_reader' has no USAGE right on its schema; GRANT USAGE ON SCHEMA \
"closed" TO "checked_reader"
config/checked.yml:5:5: extract.tables.hidden: user 'checked_reader' has no SELECT right; GRANT SELECT ON "public"."hidden" TO \
"checked_reader"
config/checked.yml:6:5: extract.tables."public.partly": user 'checked_reader' has no SELECT right of column 'salary'; GRANT SELECT \
ON "public"."partly" TO "checked_reader"
config/checked.yml:7:5: extract.tables."public.nothing": the table has no columns to read; leave it out
config/checked.yml:8:5: extract.tables."public.of_base": the server refuses it: permission denied for table base; for a view, the \
rights of its owner count
config/checked.yml:9:5: extract.tables."public.policed": row-level security hides rows from user 'checked_reader'; {BYPASS}
config/checked.yml:10:5: extract.tables."public.of_policed": the server says: query would be affected by row-level security policy \
for table "policed"; {BYPASS}
config/checked.yml:12:68: extract.tables."public.marked".watermark.type: is 'StringType', but 'u' is uuid, which cannot hold such \
marks; use another column, or extract_type: FE
config/checked.yml:13:61: extract.tables.marked.watermark.type: is 'StringType', but 'c' is public.code, which cannot hold such marks; use \
another column, or extract_type: FE
config/checked.yml:14:66: extract.tables."\\"marked\\"".watermark.type: is 'DateType', but 'at' is timestamp with time zone, which \
cannot hold such marks; write TimestampType
config/checked.yml:15:5: extract.tables."amb.t": means 2 tables of the database; write the one to be read: amb."t" or \
public."amb.t"
config/checked.yml:16:5: extract.tables."public.mark": the database has no such table; did you mean 'public.marked'?
"""  # noqa: S608 - messages as they are printed


@pytest.mark.parametrize("setting", [None, "quote_all_identifiers = on", "search_path = public, pg_catalog"])
def test_what_the_job_would_refuse_is_a_finding(cli, tmp_path, monkeypatch, postgresql_port, setting):
    monkeypatch.chdir(tmp_path)
    server = f"host=127.0.0.1 port={postgresql_port} user=admin password=admin"
    with psycopg.connect(server, dbname="postgres", autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS checked")
        for role in ("checked_owner", "checked_reader"):
            admin.execute(f"DROP ROLE IF EXISTS {role}")
        admin.execute("CREATE ROLE checked_reader LOGIN PASSWORD 'x'")
        admin.execute("CREATE DATABASE checked")
        if setting:
            admin.execute(f"ALTER ROLE checked_reader SET {setting}")
    with psycopg.connect(server, dbname="checked", autocommit=True) as owner:
        owner.execute(TABLES)
    Path("config").mkdir()
    Path("config/checked.yml").write_text(CONFIG, encoding="utf-8")
    url = f"postgresql://checked_reader:x@127.0.0.1:{postgresql_port}/checked"
    said = cli("validate", "config/checked.yml", "--database", url)
    assert said.out == FINDINGS
    assert said.code == 2
    assert "note: config/checked.yml: public.marked and marked are the same table of the database\n" in said.err
