"""MariaDB: a config from its catalog, and a config compared with it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("mariadb")

DATABASE = """
DROP DATABASE IF EXISTS shop;
DROP DATABASE IF EXISTS crm;
DROP USER IF EXISTS reader;
CREATE DATABASE shop CHARACTER SET utf8mb4;
CREATE DATABASE crm;
CREATE TABLE crm.people (tenant int, person_id int, PRIMARY KEY (tenant, person_id));
USE shop;
CREATE TABLE accounts (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, name text, updated_at timestamp(6) NOT NULL,
  KEY (updated_at));
INSERT INTO accounts (name, updated_at) VALUES ('a', '2024-05-31 10:00:00'), ('b', '2024-05-31 10:00:01');
CREATE TABLE orders (id int PRIMARY KEY, total decimal(10,2), last_modified datetime, UNIQUE (total));
INSERT INTO orders VALUES (7, 1, NULL), (-3, 2, NULL);
CREATE TABLE `Odd ``Name's.` (`The Key` int NOT NULL UNIQUE, code varchar(9) NOT NULL UNIQUE,
  UNIQUE (code(2)), `UpdatedAt` date);
INSERT INTO `Odd ``Name's.` VALUES (1, 'a', '2024-05-31');
CREATE TABLE ahead (id int PRIMARY KEY, updated_at datetime NOT NULL);
INSERT INTO ahead VALUES (1, '9999-12-31');
CREATE TABLE lines_ (line int, created_at datetime NOT NULL) ENGINE=MyISAM;
CREATE TABLE part_hidden (a int, secret int);
CREATE TABLE hidden (id int);
CREATE VIEW named AS SELECT name FROM accounts;
CREATE VIEW broken AS SELECT id FROM hidden;
DROP TABLE hidden;
CREATE TABLE hidden (other int);
CREATE USER reader IDENTIFIED BY 'pa ss';
GRANT SELECT ON shop.accounts TO reader;
GRANT SELECT ON shop.orders TO reader;
GRANT SELECT ON shop.`Odd ``Name's.` TO reader;
GRANT SELECT ON shop.ahead TO reader;
GRANT SELECT ON shop.lines_ TO reader;
GRANT SELECT ON shop.named TO reader;
GRANT SELECT ON shop.broken TO reader;
GRANT SELECT ON crm.people TO reader;
GRANT SELECT (a) ON shop.part_hidden TO reader;
"""
CONFIG = """\
  # db_secret names a secret that holds host, port, username and password as JSON; never write those here. On a
  # your own machine, set MYSQL_HOST, MYSQL_USER and MYSQL_PWD: where MYSQL_HOST is set, no secret is asked for.
  db_secret: mariadb/shop
  share: true                         # one job reads several tables of less than 1,000,000 rows
  tables:
    # 1 row; key: code (unique and never NULL)
    # UpdatedAt is a date: the last day is read again, because its rows may change later
    # rows whose UpdatedAt is NULL are read by the first run only
    # no index begins with UpdatedAt: each run scans the table
    "Odd `Name's.": {extract_type: PE, watermark: {column: UpdatedAt, type: date, lag: "1d"}}
    # 2 rows; key: id
    accounts: {extract_type: PE, watermark: {column: updated_at, type: timestamp}}
    # 1 row; key: id
    # updated_at reaches 9999-12-31 00:00:00, in the future: as a watermark it would hide all later rows
    ahead: {}
    # 0 rows; no primary key
    # the storage engine MyISAM has no snapshots: stop the writers while the table is read, or convert it to InnoDB
    # if its rows never change: {extract_type: PE, watermark: {column: created_at, type: timestamp}}
    lines_: {}
    # 2 rows; key: id
    # last_modified is NULL in every row, so each run reads the whole table
    orders: {}
"""


@pytest.fixture
def url(mariadb_port, tmp_path, monkeypatch):
    import pymysql

    monkeypatch.chdir(tmp_path)
    for name in ("MYSQL_PWD", "MYSQL_USER", "MYSQL_SSL_CA"):
        monkeypatch.delenv(name, raising=False)
    login = {"host": "127.0.0.1", "port": mariadb_port, "user": "admin", "password": "admin"}
    with pymysql.connect(**login, charset="utf8mb4", autocommit=True) as connection, connection.cursor() as cursor:
        for statement in DATABASE.strip().split(";\n"):
            cursor.execute(statement.rstrip(";"))
    return f"mariadb://reader:pa%20ss@127.0.0.1:{mariadb_port}/shop"


@pytest.mark.mariadb
def test_from_a_database_to_rows(cli, url, mariadb_port, monkeypatch):
    said = cli("init", "--from-database", url)
    hidden = "left out: tables that this user cannot read: part_hidden\n"
    assert (said.code, said.err) == (
        0,
        (
            f"left out: views: broken, named\n{hidden}next: extract plan shop\n"
            "then, on this machine: MYSQL_HOST=127.0.0.1 MYSQL_USER=reader MYSQL_PWD=... extract run shop --local\n"
        ),
    )
    text = Path("config/shop.yml").read_text()
    assert text[text.index("  # db_secret") :] == CONFIG
    assert f'  db_engine: mariadb\n  db_name: shop\n  db_port: "{mariadb_port}"\n' in text
    for name, value in {"MYSQL_HOST": "127.0.0.1", "MYSQL_USER": "reader", "MYSQL_PWD": "pa ss"}.items():
        monkeypatch.setenv(name, value)
    run = cli("run", "shop", "--local", "--output", "json")
    rows = {row["table"]: row["rows"] for row in json.loads(run.out)["tables"]}
    assert (run.code, rows) == (
        0, {"Odd `Name's.": 1, "accounts": 2, "ahead": 1, "lines_": 0, "orders": 2},
    ), run.err  # fmt: skip


@pytest.mark.mariadb
def test_a_config_is_compared_with_the_database(cli, url):
    cli("init", "--from-database", url)
    config = Path("config/shop.yml")
    text = config.read_text().replace("column: updated_at, type: timestamp", "column: id, type: date", 1)
    config.write_text(f"{text}    crm.people: {{}}\n    part_hidden: {{}}\n    broken: {{}}\n    none: {{}}\n")
    said = cli("validate", "shop", "--database", url)
    lines = [line.split(": ", 1)[1] for line in said.out.splitlines()]
    assert said.code == 2
    refused = "user 'reader@%' may not read all of it: SELECT command denied to user 'reader'@'127.0.0.1' for table"
    assert lines == [
        ("extract.tables.accounts.watermark.type: is 'DateType', but 'id' is bigint, which cannot hold such marks; write "
         "DecimalType or IntegerType or LongType"),
        f'extract.tables.part_hidden: {refused} `shop`.`part_hidden`; GRANT SELECT ON "shop"."part_hidden" TO this user',
        ("extract.tables.broken: the server refuses it: View 'shop.broken' references invalid table(s) or column(s) or "
         "function(s) or definer/invoker of view lack rights to use them (error 1356); for a view, the rights of its definer "
         "count"),
        "extract.tables.none: the database has no such table; leave it out, or let this user see it",
    ]  # fmt: skip
    assert "note: config/shop.yml: 1 of the database's tables and views is not in it: named\n" in said.err


@pytest.mark.mariadb
@pytest.mark.parametrize(
    ("login", "said"),
    [
        ("reader:hush@127.0.0.1:{}/shop",
         ("Access denied for user 'reader'@'127.0.0.1' (using password: YES) (error 1045); correct the user, or the password "
         "in the URL or in MYSQL_PWD")),
        ("reader:pa%20ss@127.0.0.1:{}/other",
         ("Access denied for user 'reader'@'%' to database 'other' (error 1044); grant this user SELECT on the database, or "
         "correct the name after the host in the URL")),
        ("admin:admin@127.0.0.1:{}/other", "Unknown database 'other' (error 1049); correct the name after the host in the URL"),
    ],
)  # fmt: skip
def test_a_refused_login_says_what_to_do(cli, url, mariadb_port, login, said):
    place = login.format(mariadb_port)
    shown = place.partition(":")[0] + place[place.index("@") :]
    done = cli("init", "--from-database", f"mysql://{place}")
    assert (done.code, done.err) == (2, f"extract: the database mysql://{shown} can't be read: {said}\n")


def test_a_server_that_does_not_answer(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = cli("init", "--from-database", "mysql://me:hush@127.0.0.1:9/shop")
    assert done.err == (
        "extract: the database mysql://me@127.0.0.1:9/shop can't be read: Can't connect to MySQL server on '127.0.0.1' ([Errno "
        "111] Connection refused) (error 2003); correct host and port in the URL, or start the server\n"
    )


def test_a_missing_driver(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "pymysql", None)
    done = cli("init", "--from-database", "mysql://me:hush@127.0.0.1/shop")
    assert done.err == (
        "extract: the database mysql://me@127.0.0.1/shop needs a driver that is not installed here; install it with: pip install "
        "PyMySQL\n"
    )
