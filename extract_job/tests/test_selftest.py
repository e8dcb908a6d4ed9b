"""The self test: what a user runs in their own database. It is run here on SQLite, PostgreSQL and MariaDB."""

import io
import logging
import sqlite3
from importlib import import_module

import pytest
import sqlglot

from extract_job.selftest import program, sqlite
from extract_job.selftest.case import Case, MarkCase


def selftest(*argv):
    out = io.StringIO()
    code = program.main(argv, out)
    return code, out.getvalue().splitlines()


def checks(module):
    return len(module.CASES) + len(module.MARKS)


def test_each_type_of_sqlite(database, tmp_path):
    path = database("CREATE TABLE mine (id INT)")
    code, lines = selftest("--db_engine", "sqlite", "--db_name", str(path))
    assert (code, lines[-1]) == (0, f"{checks(sqlite)} checks: {checks(sqlite)} ok")
    assert lines[0].split() == ["ok", "INTEGER", "int64,", "2", "values", "and", "NULL,", "verify:", "full"]
    assert lines[-2].split() == ["ok", "watermark", "of", "TEXT", "marks", "B", "and", "a"]
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_each_type_of_postgresql(shop):
    code, lines = selftest("--db_engine", "postgres", "--db_name", "shop")
    count = checks(import_module("extract_job.selftest.postgresql"))
    assert (code, lines[-1]) == (0, f"{count} checks: {count} ok"), lines


@pytest.mark.mariadb
@pytest.mark.xdist_group("mariadb")
def test_each_type_of_mariadb(mariadb_port, monkeypatch, tmp_path):
    import pymysql

    for name, value in {"HOST": "127.0.0.1", "TCP_PORT": str(mariadb_port), "USER": "admin", "PWD": "admin"}.items():
        monkeypatch.setenv(f"MYSQL_{name}", value)
    with pymysql.connect(host="127.0.0.1", port=mariadb_port, user="admin", password="admin") as connection:
        connection.cursor().execute("CREATE OR REPLACE DATABASE shop CHARACTER SET utf8mb4")
    code, lines = selftest("--db_engine", "mariadb", "--db_name", "shop")
    count = checks(import_module("extract_job.selftest.mysql"))
    assert (code, lines[-1]) == (0, f"{count} checks: {count} ok"), lines


@pytest.mark.parametrize(
    ("case", "verdict"),
    [
        (Case("INTEGER", "int64", (("1", 2),)), "wrong INTEGER expected [2, None] as int64, read [1, None]"),
        (Case("INTEGER", "int32", (("1", 1),)), "wrong INTEGER expected [1, None] as int32, read"),
        (Case("DATE", "date32[day]", (("'never'", None),)), "wrong DATE table 'extract_selftest'"),
        (Case("INTEGER CHECK (", "int64", (("1", 1),)), "not on this server INTEGER CHECK ( database"),
    ],
)  # fmt: skip
def test_a_wrong_type_is_found(database, monkeypatch, case, verdict):
    path = database("CREATE TABLE mine (id INT)")
    monkeypatch.setattr(sqlite, "MARKS", ())
    monkeypatch.setattr(sqlite, "CASES", (case, Case("TEXT", "string", (("'a'", "a"),))))
    code, lines = selftest("--db_engine", "sqlite", "--db_name", str(path))
    assert " ".join(lines[0].split()).startswith(verdict)
    assert code == int(verdict.startswith("wrong"))
    assert lines[1].startswith("ok ")


@pytest.mark.parametrize(
    ("case", "verdict"),
    [
        (MarkCase("INTEGER", "IntegerType", ("2000", "3000")), "ok watermark of INTEGER marks 2000 and 3000"),
        (
            MarkCase("TEXT", "StringType", ("'b'", "'a'")),
            "wrong watermark of TEXT expected the rows [[1], [2, 3], []] in three runs",
        ),
        (
            MarkCase("TEXT", "DateType", ("'never'", "'x'")),
            "wrong watermark of TEXT table 'extract_selftest': watermark column 'v'",
        ),
    ],
)
def test_a_wrong_watermark_is_found(database, monkeypatch, case, verdict):
    path = database("CREATE TABLE mine (id INT)")
    monkeypatch.setattr(sqlite, "CASES", ())
    monkeypatch.setattr(sqlite, "MARKS", (case,))
    code, lines = selftest("--db_engine", "sqlite", "--db_name", str(path))
    assert " ".join(lines[0].split()).startswith(verdict)
    assert code == int(verdict.startswith("wrong"))


def test_a_table_of_this_name_is_left_alone(database):
    path = database("CREATE TABLE extract_selftest (mine INT)")
    code, lines = selftest("--db_engine", "sqlite", "--db_name", str(path))
    assert (code, len(lines)) == (1, 1)
    assert lines[0].startswith("selftest: cannot create table 'extract_selftest': database ")
    assert lines[0].endswith("already exists; drop it if it exists, or use a user and a database in which table "
                             "'extract_selftest' may "
                             "be created")  # fmt: skip


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--db_engine", "sqlite"), "selftest: missing arguments: --db_name; usage: python -m extract_job selftest "),
        (("--db_engine", "sqlite", "--db_name", "x", "--verify", "full"), "selftest: selftest does not take --verify; usage: "),
        (("--db_engine", "db2", "--db_name", "x"), "selftest: --db_engine 'db2' is not supported: this version reads 'sqlite', "),
    ],
)
def test_wrong_use(argv, message):
    code, lines = selftest(*argv)
    assert code == 2
    assert lines[0].startswith(message)


@pytest.mark.parametrize(("engine", "dialect"), [("sqlserver", "tsql"), ("oracle", "oracle")])
def test_the_statements_for_servers_that_cannot_run_here_are_parsed(engine, dialect, caplog):
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    own = import_module(f"extract_job.selftest.{engine}")
    for values in (*(tuple(sql for sql, _ in case.values) for case in own.CASES), *(case.values for case in own.MARKS)):
        for sql in values:
            sqlglot.parse_one(f'INSERT INTO "t" ("id", "v") VALUES (0, {sql})', dialect=dialect)  # noqa: S608 - ours
