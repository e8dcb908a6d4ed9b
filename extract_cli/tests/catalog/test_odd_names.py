"""Odd names of tables: `init`, `validate`, `plan` and the job mean the same by them, and none stops the others."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import psycopg
import pytest
import yaml
from psycopg import sql

ODD = [
    "Pima.te", "amb.t", " blanks ", 'say "hi"', '"quoted"', "größe 表", "${ENV:HOME}", "$${ENV:HOME}", "${ENV:", "-dash", "yes",
    "a:b #c", "it's", "Orders", "orders", "tab\tnew\nline", "tag:x", "a/b", "..", "null", "~", "x" * 63,
]  # fmt: skip


def written_and_run(cli, url, source):
    """The names in the config that init writes, after validate and plan accept it, and the rows that the run reads of each."""
    assert cli("init", "--source", source, "--from-database", url).code == 0
    checked = cli("validate", source, "--database", url)
    assert checked.code == 0, (checked.out, checked.err)
    tables = yaml.safe_load(Path(f"config/{source}.yml").read_text(encoding="utf-8"))["extract"]["tables"]
    names = [name.replace("$${ENV:", "${ENV:") for name in tables]
    planned = json.loads(cli("plan", source, "--output", "json").out)
    assert sorted(table["table"] for table in planned["tables"]) == sorted(names)
    said = cli("run", source, "--local", "--output", "json")
    done = json.loads(said.out)
    assert said.code == 0, (done, said.err)
    assert len({table["extract_s3_uri"] for table in done["tables"]}) == len(names)
    return names, {table["table"]: table["rows"] for table in done["tables"]}


@pytest.mark.postgres
def test_odd_names_of_postgresql(cli, tmp_path, monkeypatch, postgresql_port):
    monkeypatch.chdir(tmp_path)
    for name, value in {"PGHOST": "127.0.0.1", "PGUSER": "admin", "PGPASSWORD": "admin"}.items():
        monkeypatch.setenv(name, value)
    server = f"host=127.0.0.1 port={postgresql_port} user=admin password=admin"
    with psycopg.connect(server, dbname="postgres", autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS odd")
        admin.execute("CREATE DATABASE odd")
    places = [("public", name) for name in ODD] + [("amb", "t"), ("a.b", "t"), ("a", "b.t"), ('"s"', "t")]
    with psycopg.connect(server, dbname="odd", autocommit=True) as owner:
        owner.execute('CREATE SCHEMA amb; CREATE SCHEMA "a.b"; CREATE SCHEMA a; CREATE SCHEMA """s"""')
        owner.execute("CREATE TABLE nothing ()")
        for rows, place in enumerate(places):
            table = sql.Identifier(*place)
            owner.execute(sql.SQL("CREATE TABLE {} AS SELECT FROM generate_series(1, {})").format(table, rows))
            owner.execute(sql.SQL("ALTER TABLE {} ADD COLUMN id int").format(table))
    names, rows = written_and_run(cli, f"postgresql://admin:admin@127.0.0.1:{postgresql_port}/odd", "odd")
    assert sorted(rows.values()) == list(range(len(places)))
    assert [rows[name] for name in ('public."amb.t"', 'amb."t"', 'public."Pima.te"', '"a.b"."t"')] == [
        1,
        len(ODD),
        0,
        len(ODD) + 1,
    ]
    assert len(names) == len(places)


def test_odd_names_of_sqlite(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = [name for name in ODD if name != "orders"] + ["main.t", "t", "sqlite"]
    with sqlite3.connect("odd.db") as connection:
        for rows, name in enumerate(names):
            quoted = '"' + name.replace('"', '""') + '"'
            connection.execute(f"CREATE TABLE {quoted} (id)")
            connection.executemany(f"INSERT INTO {quoted} VALUES (?)", [(1,)] * rows)  # noqa: S608 - quoted
    connection.close()
    written, rows = written_and_run(cli, "sqlite:///odd.db", "odd")
    assert sorted(rows.values()) == list(range(len(names)))
    assert [rows[name] for name in ('main."main.t"', "t", "Pima.te", 'main." blanks "')] == [len(names) - 3, len(names) - 2, 0, 2]
    assert len(written) == len(names)


def test_a_name_that_no_config_can_hold_is_left_out_with_its_reason(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with sqlite3.connect("long.db") as connection:
        for name in ("t", "to_be_changed", "*"):
            connection.execute(f'CREATE TABLE "{name}" (id)')
    connection.close()
    file = Path("long.db")
    file.write_bytes(file.read_bytes().replace(b"to_be_changed", b"\xfe\xff_be_changed"))
    said = cli("init", "--from-database", "sqlite:///long.db")
    assert said.code == 0, said.err
    assert "left out: a table that a config cannot hold: *: " in said.err
    assert "left out: names that are not UTF-8: '\\udcfe\\udcff_be_changed'" in said.err
    assert list(yaml.safe_load(Path("config/long.yml").read_text(encoding="utf-8"))["extract"]["tables"]) == ["t"]
    assert cli("run", "long", "--local").code == 0
