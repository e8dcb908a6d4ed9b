"""From a PostgreSQL database to Parquet files on one machine, with nothing but what the commands say."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from plugins.local.tests.conftest import Project

SCRIPT = """
CREATE TABLE accounts (id bigserial PRIMARY KEY, name text, balance numeric(10,2), "Updated At" timestamptz NOT NULL);
INSERT INTO accounts (name, balance, "Updated At")
  SELECT 'é' || i, i * 1.5, timestamptz '2026-01-01 00:00:00+00' + i * interval '1 minute' FROM generate_series(1, 1000) i;
CREATE TABLE countries (code char(2) PRIMARY KEY, name text);
INSERT INTO countries VALUES ('de', 'Größenland'), ('fr', NULL);
CREATE ROLE "the reader" LOGIN PASSWORD 'p@ss:w/rd#?%25 x';
GRANT SELECT ON ALL TABLES IN SCHEMA public TO "the reader"
"""
PASSWORD = "p%40ss%3Aw%2Frd%23%3F%2525%20x"
SPOKEN = "p@ss:w/rd#?%25 x"


@pytest.fixture
def here(tmp_path: Path, demo_project: Project) -> Project:
    """An empty folder, and the command in it."""
    folder = tmp_path / "shop project"
    folder.mkdir()
    return type(demo_project)(folder)


def execute(port: int, name: str, script: str) -> None:
    from adbc_driver_postgresql import dbapi

    url = f"postgresql://admin:admin@127.0.0.1:{port}/{name}"
    with dbapi.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        for statement in script.split(";\n"):
            cursor.execute(statement)


def rows_of(folder: str, order: str) -> list[tuple[object, ...]]:
    import pyarrow.parquet as pq

    from extract_core.objects.files import file_path

    table = pq.read_table(file_path(folder), partitioning=None)
    return sorted((tuple(row.values()) for row in table.to_pylist()), key=lambda row: row[table.column_names.index(order)])


@pytest.mark.postgres
def test_init_plan_and_run_give_the_rows_of_the_database(here, postgresql_port, monkeypatch):
    from adbc_driver_postgresql import dbapi

    for name in ("PGHOST", "PGUSER", "PGPASSWORD", "PGPORT"):
        monkeypatch.delenv(name, raising=False)
    execute(postgresql_port, "postgres", 'DROP DATABASE IF EXISTS shop;\nDROP ROLE IF EXISTS "the reader";\nCREATE DATABASE shop')
    execute(postgresql_port, "shop", SCRIPT)
    url = f"postgresql://the%20reader:{PASSWORD}@127.0.0.1:{postgresql_port}/shop"
    made = here.extract("init", "--from-database", url)
    assert SPOKEN not in made.stderr
    next_lines = re.findall(r"(?:next|then, on this machine): (.*)", made.stderr)
    assert next_lines == [
        "extract plan shop",
        "PGHOST=127.0.0.1 PGUSER='the reader' PGPASSWORD=... extract run shop --local",
    ]
    assert here.extract("plan", "shop").stderr == ""
    for word in shlex.split(next_lines[1]):
        key, equals, value = word.partition("=")
        if equals:
            monkeypatch.setenv(key, SPOKEN if key == "PGPASSWORD" else value)
    done = json.loads(here.extract("run", "shop", "--local", "--output", "json").stdout)
    tables = {table["table"]: table for table in done["tables"]}
    assert {name: table["rows"] for name, table in tables.items()} == {"public.accounts": 1000, "public.countries": 2}
    assert tables["public.accounts"]["watermark_high"].startswith("2026-01-01 16:40:00")
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        for name, order in (("public.accounts", "id"), ("public.countries", "code")):
            cursor.execute(f"SELECT * FROM {name} ORDER BY {order}")  # noqa: S608 - names of this test
            source = [tuple(map(str, row)) for row in cursor.fetchall()]
            written = [tuple(map(str, row)) for row in rows_of(tables[name]["extract_s3_uri"], order)]
            assert written == source
