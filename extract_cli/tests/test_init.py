"""`extract init`: a project that can be planned at once, and a source's tables from its database."""

from __future__ import annotations

import json
import re
import sqlite3
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

DATABASE = """
CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT, UpdatedAt TIMESTAMP NOT NULL);
CREATE INDEX accounts_changed ON accounts (UpdatedAt);
CREATE TABLE "public.orders" (id INTEGER PRIMARY KEY, total DECIMAL(10, 2), last_modified DATE);
CREATE TABLE events (id BIGINT PRIMARY KEY, created_at DATETIME NOT NULL);
CREATE TABLE countries (code TEXT PRIMARY KEY, name TEXT);
CREATE TABLE "yes: #1" (a INT, b INT, PRIMARY KEY (b, a));
CREATE TABLE odd (id INTEGER, note);
CREATE VIEW named AS SELECT name FROM accounts;
INSERT INTO accounts (name, UpdatedAt) VALUES ('a', '2024-05-31 10:00:00'), ('b', '2024-05-31 10:00:00');
INSERT INTO "public.orders" VALUES (7, 1, NULL), (19, 2, '2024-05-31'), (23, 3, NULL);
"""
TABLES = """\
  tables:
    # 2 rows; key: id
    accounts: {extract_type: PE, watermark: {column: UpdatedAt, type: timestamp}}
    # 0 rows; key: code
    countries: {}
    # 0 rows; key: id
    # if its rows never change: {extract_type: PE, watermark: {column: created_at, type: timestamp}}
    events: {}
    # 0 rows; no primary key
    odd: {}
    # 3 rows; key: id
    # last_modified is a date: the last day is read again, because its rows may change later
    # rows whose last_modified is NULL are read by the first run only
    # no index begins with last_modified: each run scans the table
    public.orders: {extract_type: PE, watermark: {column: last_modified, type: date, lag: "1d"}}
    # 0 rows; key: b, a
    "yes: #1": {}
"""


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    connection = sqlite3.connect("shop.db")
    connection.executescript(DATABASE)
    connection.close()
    return tmp_path


def test_a_project_can_be_planned_at_once(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = cli("init", "sales-pipeline")
    assert (said.code, said.out.splitlines(), said.err) == (
        0,
        [f"sales-pipeline/{name}" for name in ("extract.toml", "extract.schema.json", "jobs/extract_job.py", "config/sales.yml")],
        "next: extract plan sales --pipeline sales-pipeline\n",
    )
    assert cli("plan", "sales", "--pipeline", "sales-pipeline").code == 0
    assert cli("validate", "--pipeline", "sales-pipeline").code == 0
    text = Path("sales-pipeline/config/sales.yml").read_text()
    schema = Draft202012Validator(json.loads(Path("sales-pipeline/extract.schema.json").read_text()))
    assert text.startswith("# yaml-language-server: $schema=../extract.schema.json\n")
    assert list(schema.iter_errors(yaml.safe_load(text))) == []


@pytest.mark.parametrize("job_type", ["glue", "ecs"])
def test_only_the_job_type_of_the_config_has_a_section_and_the_others_are_comments(cli, tmp_path, monkeypatch, job_type):
    monkeypatch.chdir(tmp_path)
    assert cli("init", "--job-type", job_type).code == 0
    text = Path("extract.toml").read_text()
    assert list(tomllib.loads(text)["job_types"]) == [job_type]
    head, _, rest = text.partition("remove the # before its lines.\n")
    Path("extract.toml").write_text(head + "\n" + re.sub("(?m)^# ", "", rest))
    assert {job_type, "glue", "ecs", "emr", "emr_eks", "emr_serverless"} <= set(
        tomllib.loads(Path("extract.toml").read_text())["job_types"]
    )
    assert cli("validate").code == 0


def test_the_tables_of_a_sqlite_database(cli, here):
    said = cli("init", "--from-database", "sqlite:///shop.db")
    assert (said.code, said.err) == (
        0,
        "left out: views: named\nnext: extract plan shop\nthen, on this machine: extract run shop --local\n",
    )
    text = (here / "config" / "shop.yml").read_text()
    assert text[text.index("  tables:") :] == TABLES
    assert "  db_engine: sqlite\n  db_name: shop.db\n" in text
    planned = json.loads(cli("plan", "shop", "--output", "json").out)
    assert [table["table"] for table in planned["tables"]] == list(yaml.safe_load(text)["extract"]["tables"])
    assert {path.name for path in here.iterdir()} == {"shop.db", "config", "jobs", "extract.toml", "extract.schema.json"}


def test_what_it_proposes_runs(cli, here):
    cli("init", "--from-database", f"sqlite:///{here}/shop.db")
    said = cli("run", "shop", "accounts", "--local", "--output", "json")
    assert said.code == 0, said.err
    assert [(row["table"], row["rows"]) for row in json.loads(said.out)["tables"]] == [("accounts", 2)]


def test_a_second_source_leaves_the_rest_as_it_is(cli, here):
    cli("init")
    (here / "extract.toml").write_text((here / "extract.toml").read_text() + "# mine\n")
    said = cli("init", "--from-database", "sqlite:///shop.db", "--job-type", "ecs")
    assert (said.code, said.out) == (0, "config/shop.yml\n")
    assert said.err.splitlines()[:3] == [
        f"{name} already exists and is not changed" for name in ("extract.toml", "extract.schema.json", "jobs/extract_job.py")
    ]
    assert (here / "extract.toml").read_text().endswith("# mine\n")
    assert "job_type: ecs" in (here / "config" / "shop.yml").read_text()


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--from-database", "sqlite:///no.db"), "there is no SQLite database 'no.db' (nor '/no.db')"),
        (("--from-database", "sqlite://no.db"),
         "the URL sqlite://… names no file; write sqlite:///file.db, or sqlite:////folder/file.db from the root"),
        (("--from-database", "sqlite:///text.txt"), "the SQLite database 'text.txt' can't be read: file is not a database"),
        (("--from-database", "sqlite:///empty.db"),
         "the database of source 'empty' has no table that this user may read; give it some, or name another"),
        (("--from-database", "db2://me:hush@host/db"),
         ("the database db2://… cannot be read here; write sqlite:///path/to/file.db, postgresql://user@host:5432/name, "
         "mysql://user@host:3306/name (also mariadb://…), sqlserver://user@host:1433/name or oracle://user@host:1521/service")),
        (("postgresql://me:hush@host/db",), "FOLDER is the address of a database; write: extract init --from-database URL"),
        (("--source", "a b"),
         "'a b' is not a valid name of a source: letters, digits, _ . -, the first a letter or digit; give --source NAME"),
        (("--source", "there"),
         "the source config 'config/there.yml' already exists: name another source with --source, or move it away"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_told_and_nothing_is_written(cli, here, argv, message):
    (here / "config").mkdir()
    (here / "config" / "there.yml").write_text("")
    (here / "text.txt").write_text("no database " * 99)
    sqlite3.connect("empty.db").close()
    (here / "empty.db").touch()
    before = set(here.rglob("*"))
    said = cli("init", *argv)
    assert (said.code, said.out, said.err) == (2, "", f"extract: {message}\n")
    assert set(here.rglob("*")) == before


REFUSED = (
    "extract: the database postgresql://me@127.0.0.1:9/shop can't be read: Failed to connect: connection to server at "
    '"127.0.0.1", port 9 failed: Connection refused; Is the server running on that host and accepting TCP/IP connections?; '
    "correct host and port in the URL, or start the server\n"
)


def test_a_server_that_does_not_answer_is_told_without_the_password(cli, here):
    said = cli("init", "--from-database", "postgresql://me:hush@127.0.0.1:9/shop")
    assert (said.code, said.out, said.err) == (2, "", REFUSED)


DRIVER_MISSING = (
    "extract: the database postgresql://me@127.0.0.1/shop needs a driver that is not installed here; install it with: pip "
    "install adbc-driver-postgresql pyarrow\n"
)


def test_a_missing_driver_is_told_with_the_packages_that_bring_it(cli, here, monkeypatch):
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    said = cli("init", "--from-database", "postgresql://me:hush@127.0.0.1/shop")
    assert (said.code, said.out, said.err) == (2, "", DRIVER_MISSING)


OF_SECRET = """\
  # db_secret names a secret that holds host, port, username and password as JSON; never write those here. On a
  # your own machine, set PGHOST, PGUSER and PGPASSWORD (or ~/.pgpass): where PGHOST is set, no secret is asked for.
  db_secret: {}
"""


def test_what_a_config_says_of_its_secret_and_of_a_run_on_this_machine(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli("init").code == 0
    text = (tmp_path / "config" / "sales.yml").read_text()
    assert text[text.index("  # db_secret") : text.index("  default_arguments")] == OF_SECRET.format("sales/database")


ODD = """
CREATE TABLE "größe" ("Updated At" TIMESTAMP NOT NULL, id INTEGER PRIMARY KEY, measured_at TIMESTAMP);
CREATE TABLE below (id BIGINT NOT NULL UNIQUE, tenant INT NOT NULL, other INT, UNIQUE (tenant, id), UNIQUE (other));
CREATE TABLE "-dash" (id INTEGER PRIMARY KEY, modified TIMESTAMP);
CREATE TABLE empty_marks (id INTEGER PRIMARY KEY, updated_at TIMESTAMP, happened_at TIMESTAMP NOT NULL);
CREATE TABLE ahead (id INTEGER PRIMARY KEY, updated_at TIMESTAMP NOT NULL);
INSERT INTO "größe" VALUES ('2024-05-31 10:00:00', -50, NULL), ('2024-05-31 10:00:00', 7, NULL);
INSERT INTO "-dash" VALUES (-3, '2024-05-31');
INSERT INTO empty_marks VALUES (1, NULL, '2024-05-31 10:00:00');
INSERT INTO ahead VALUES (1, '2024-05-31 10:00:00'), (2, '9999-12-31 00:00:00');
"""
OF_ODD = """\
  tables:
    # 1 row; key: id
    # rows whose modified is NULL are read by the first run only
    # no index begins with modified: each run scans the table
    # a command line can't carry a value that begins with -, so this table's job gets its arguments as JSON
    "-dash": {extract_type: PE, watermark: {column: modified, type: timestamp}, argument_encoding: json}
    # 2 rows; key: id
    # updated_at reaches 9999-12-31 00:00:00, in the future: as a watermark it would hide all later rows
    ahead: {}
    # 0 rows; key: id (unique and never NULL)
    below: {}
    # 1 row; key: id
    # updated_at is NULL in every row, so each run reads the whole table
    # if its rows never change: {extract_type: PE, watermark: {column: happened_at, type: timestamp}}
    empty_marks: {}
    # 2 rows; key: id
    # no index begins with Updated At: each run scans the table
    "größe": {extract_type: PE, watermark: {column: "Updated At", type: timestamp}}
"""


def test_odd_tables(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    connection = sqlite3.connect("odd.db")
    connection.executescript(ODD)
    connection.close()
    assert cli("init", "--from-database", "sqlite:///odd.db").code == 0
    text = (tmp_path / "config" / "odd.yml").read_text()
    assert text[text.index("  tables:") :] == OF_ODD
    assert cli("validate").code == 0


POSTGRESQL = """
CREATE TABLE accounts (id bigserial PRIMARY KEY, name text, updated_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON accounts (updated_at);
CREATE TABLE orders (id serial PRIMARY KEY, total numeric(10,2), last_modified timestamp);
CREATE TABLE "Odd Name's" ("The Key" int PRIMARY KEY, "UpdatedAt" timestamp);
CREATE SCHEMA crm;
CREATE TABLE crm.people (person_id int, tenant int, PRIMARY KEY (tenant, person_id));
CREATE TABLE parted (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE "dotted.name" (id int);
CREATE VIEW named AS SELECT name FROM accounts;
CREATE TABLE papers (paper_id int NOT NULL, code text NOT NULL, happened_at timestamptz, updated_at timestamp,
  UNIQUE (code, paper_id), UNIQUE (paper_id) INCLUDE (code));
INSERT INTO papers VALUES (-7, 'a', now(), NULL);
CREATE TABLE letters () INHERITS (papers);
CREATE TABLE offers (id int PRIMARY KEY, updated_at timestamptz NOT NULL);
INSERT INTO offers VALUES (1, now()), (2, 'infinity');
ALTER TABLE offers ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_of_them ON offers USING (true);
CREATE TABLE big (id bigint PRIMARY KEY);
INSERT INTO big SELECT generate_series(-100000, 2);
INSERT INTO accounts (name) SELECT 'n' || i FROM generate_series(1, 5000) i;
INSERT INTO orders (total) SELECT i FROM generate_series(1, 200) i;
ANALYZE;
UPDATE pg_class SET reltuples = 3000000 WHERE relname = 'big';
CREATE TABLE unseen (id) AS SELECT generate_series(1, 100001);
CREATE TABLE hidden (id int);
CREATE SCHEMA closed;
CREATE TABLE closed.shut (id int);
CREATE ROLE reader LOGIN PASSWORD 'pa ss';
GRANT USAGE ON SCHEMA crm TO reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public, crm, closed TO reader;
REVOKE SELECT ON hidden FROM reader;
"""
OF_POSTGRESQL = """\
  # db_secret names a secret that holds host, port, username and password as JSON; never write those here. On a
  # your own machine, set PGHOST, PGUSER and PGPASSWORD (or ~/.pgpass): where PGHOST is set, no secret is asked for.
  db_secret: postgres/shop
  # now() is when a transaction began, so a row may come in below the watermark of a run before: each run reads so far back
  # once more (and gives those rows again). Make it longer than the longest transaction that writes.
  lag: 15m
  share: true                         # one job reads several tables of less than 1,000,000 rows
  tables:
    # 0 rows; key: tenant, person_id
    crm.people: {}
    # 0 rows; key: The Key
    # rows whose UpdatedAt is NULL are read by the first run only
    # no index begins with UpdatedAt: each run scans the table
    "public.Odd Name's": {extract_type: PE, watermark: {column: UpdatedAt, type: timestamp}}
    # 5,000 rows; key: id
    public.accounts: {extract_type: PE, watermark: {column: updated_at, type: timestamp}}
    # 3,000,000 rows; key: id
    public.big: {num_partitions: auto}
    # 0 rows; no primary key
    'public."dotted.name"': {}
    # 0 rows; no primary key
    # inherits from public.papers, and its rows are read there too: leave out one of them
    # rows whose updated_at is NULL are read by the first run only
    # no index begins with updated_at: each run scans the table
    public.letters: {extract_type: PE, watermark: {column: updated_at, type: timestamp}}
    # 2 rows; key: id
    # row-level security hides rows from this user: the job refuses the table, unless it has row_security: allow
    # updated_at reaches infinity, in the future: as a watermark it would hide all later rows
    public.offers: {}
    # 200 rows; key: id
    # last_modified is NULL in every row, so each run reads the whole table
    public.orders: {}
    # 1 row; key: paper_id (unique and never NULL)
    # a run also reads the rows of the tables that inherit from it: public.letters
    # updated_at is NULL in every row, so each run reads the whole table
    # if its rows never change: {extract_type: PE, watermark: {column: happened_at, type: timestamp}}
    public.papers: {}
    # 0 rows; key: id, at
    # partitioned: a run reads all partitions as one table
    public.parted: {}
    # many rows, and no statistics; no primary key
    public.unseen: {num_partitions: auto}
"""


NEW = "DROP DATABASE IF EXISTS shop;\nDROP ROLE IF EXISTS reader;\nCREATE DATABASE shop"  # other tests use these names too


@pytest.mark.postgres
def test_from_a_postgresql_database_to_a_plan(cli, tmp_path, monkeypatch, postgresql_port):
    from adbc_driver_postgresql import dbapi

    monkeypatch.chdir(tmp_path)
    for database, script in {"postgres": NEW, "shop": POSTGRESQL}.items():
        url = f"postgresql://admin:admin@127.0.0.1:{postgresql_port}/{database}"
        with dbapi.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
            for statement in script.split(";\n"):
                if statement.strip():
                    cursor.execute(statement)
    said = cli("init", "--from-database", f"postgresql://reader:pa%20ss@127.0.0.1:{postgresql_port}/shop")
    assert (said.code, said.err) == (
        0,
        (
            "left out: tables that this user cannot read: closed.shut, public.hidden\n"
            "left out: views: public.named\n"
            "next: extract plan shop\n"
            "then, on this machine: PGHOST=127.0.0.1 PGUSER=reader PGPASSWORD=... extract run shop --local\n"
        ),
    )
    text = (tmp_path / "config" / "shop.yml").read_text()
    assert text[text.index("  # db_secret") :] == OF_POSTGRESQL
    assert f'  db_engine: postgres\n  db_name: shop\n  db_port: "{postgresql_port}"\n' in text
    assert cli("plan", "shop").code == 0
    config = tmp_path / "config" / "shop.yml"
    config.write_text(text.replace("column: updated_at", "column: updated", 1).replace("public.orders:", "orders:"))
    url = f"postgresql://reader:pa%20ss@127.0.0.1:{postgresql_port}/shop"
    compared = cli("validate", "shop", "--database", url)
    line = next(number for number, line in enumerate(text.splitlines(), 1) if "public.accounts" in line)
    wrong = "watermark.column: is 'updated', and the table has no such column; did you mean 'updated_at'?"
    hidden = next(number for number, line in enumerate(text.splitlines(), 1) if "public.offers" in line)
    policy = (
        "row-level security hides rows from user 'reader'; let the job use a role with BYPASSRLS, or write row_security: allow "
        "to read the visible rows only"
    )
    assert compared == (
        2,
        (
            f'config/shop.yml:{line}:61: extract.tables."public.accounts".{wrong}\n'
            f'config/shop.yml:{hidden}:5: extract.tables."public.offers": {policy}\n'
        ),
        "note: config/shop.yml: 1 of the database's tables and views is not in it: public.named\n2 findings\n",
    )
    place = f"127.0.0.1:{postgresql_port}"
    failed = f'Failed to connect: connection to server at "127.0.0.1", port {postgresql_port} failed: '
    for address, shown, said in (
        ("reader:hush@{}/shop", "reader@{}/shop",
         ('FATAL:  password authentication failed for user "reader"; correct the user, or the password in the URL, in PGPASSWORD '
          "or in ~/.pgpass")),
        ("reader@{}/shop", "reader@{}/shop",
         "fe_sendauth: no password supplied; give the password in PGPASSWORD, or in ~/.pgpass"),
        ("reader:pa%20ss@{}/shops", "reader@{}/shops",
         'FATAL:  database "shops" does not exist; correct the name after the host in the URL'),
    ):  # fmt: skip
        wrong = cli("init", "--source", "b", "--from-database", f"postgresql://{address.format(place)}")
        expected = f"extract: the database postgresql://{shown.format(place)} can't be read: {failed}{said}\n"
        assert (wrong.code, wrong.err) == (2, expected)
