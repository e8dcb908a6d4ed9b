# ruff: noqa: E501 - rows and messages as they are
"""SQL Server and Oracle: a config from their catalogs, and a config compared with them. Nothing here ran on a server.

The drivers replay rows of the shapes that the documented catalog views have; the SQL is parsed by sqlglot in its dialect.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import sqlglot
import yaml
from shared_fixtures.replayed_driver import MssqlError, OracleError, driver

DENIED = MssqlError(
    "Syntax error or access violation",
    "[Microsoft][SQL Server]The SELECT permission was denied on the object 'Hidden', database 'Shop', schema 'dbo'.",
)
AS_OF_VIEW = MssqlError("Syntax error or access violation", "[Microsoft][SQL Server]Invalid column name 'id'.")
OF_SQLSERVER = [
    (r"DB_NAME\(\)", [("Shop", "sales", "reader")]),
    ("FROM sys.objects", [
        ("dbo", "Big", "U ", 3_000_000, 4, None),
        ("dbo", "Hidden", "U ", 5, 1, None),
        ("dbo", 'Odd ]"Name', "U ", 0, 1, None),
        ("dbo", "Named", "V ", None, None, None),
        ("dbo", "Broken", "V ", None, None, None),
        ("sales", "orders", "U ", 7, 1, 1),
    ]),
    ("FROM sys.columns", [
        ("dbo", "Big", "Id", "bigint", "bigint", False),
        ("dbo", "Big", "LastUpdatedAt", "datetime2", "datetime2", False),
        ("dbo", 'Odd ]"Name', "version", "timestamp", "timestamp", False),
        ("dbo", 'Odd ]"Name', "modified", "StampType", "timestamp", True),
        ("dbo", "Named", "name", "nvarchar", "nvarchar", True),
        ("sales", "orders", "tenant", "int", "int", False),
        ("sales", "orders", "order_no", "OrderNo", "int", False),
        ("sales", "orders", "updated_at", "datetimeoffset", "datetimeoffset", True),
    ]),
    ("FROM sys.indexes", [
        ("dbo", "Big", 1, True, True, "Id"),
        ("dbo", "Big", 2, False, False, "LastUpdatedAt"),
        ("sales", "orders", 1, False, True, "tenant"),
        ("sales", "orders", 1, False, True, "order_no"),
    ]),
    (r'TOP \(0\).*"Hidden"', DENIED),
    (r'TOP \(0\).*"Broken"', AS_OF_VIEW),
    (r"TOP \(0\)", []),
    (r'TOP \(100000\).*"orders"', [(7,)]),
    (r"TOP \(100000\)", [(0,)]),
    (r'max\("LastUpdatedAt"\)', [("2024-05-31 10:00:00.0000000", 0, 0)]),
    (r'max\("updated_at"\)', [("9999-12-31 00:00:00.0000000 +00:00", 1, 0)]),
]  # fmt: skip
SQLSERVER_CONFIG = """\
  db_engine: sqlserver
  db_name: Shop
  db_port: "1433"
  # db_secret names a secret that holds host, port, username and password as JSON; never write those here. On a
  # your own machine, set SQLCMDSERVER, SQLCMDUSER and SQLCMDPASSWORD: where SQLCMDSERVER is set, no secret is asked for.
  db_secret: sqlserver/shop
  share: true                         # one job reads several tables of less than 1,000,000 rows
  tables:
    # 3,000,000 rows; key: Id
    # partitioned: a run reads all partitions as one table
    dbo.Big: {extract_type: PE, watermark: {column: LastUpdatedAt, type: timestamp}, share: false}
    # 0 rows; no primary key
    'dbo."Odd ]""Name"': {}
    # 7 rows; key: tenant, order_no (unique and never NULL)
    # a security policy filters its rows: a run reads the rows that it shows to the user of the job
    # updated_at reaches 9999-12-31 00:00:00.0000000 +00:00, in the future: as a watermark it would hide all later rows
    sales.orders: {}
"""
NO_RIGHT = OracleError(942, 'ORA-00942: table or view "HR"."HIDDEN" does not exist')
OF_ORACLE = [
    ("CURRENT_SCHEMA", [("HR", "READER")]),
    ("FROM ALL_TABLES", [
        ("CRM", "PEOPLE", "TABLE", 40_000_000, "YES"),
        ("HR", "HIDDEN", "TABLE", None, "NO"),
        ("HR", "JOBS", "TABLE", None, "NO"),
        ("HR", "NAMED", "VIEW", None, "NO"),
        ("HR", "SUMS", "MVIEW", 5, "NO"),
        ("HR", "UNSEEN", "TABLE", None, "NO"),
        ("HR", "it's odd", "TABLE", 3, "NO"),
    ]),
    ("FROM ALL_TAB_COLS", [
        ("CRM", "PEOPLE", "ID", "NUMBER", "N"),
        ("HR", "JOBS", "ID", "NUMBER", "N"),
        ("HR", "JOBS", "UPDATED_AT", "DATE", "N"),
        ("HR", "UNSEEN", "CREATED_AT", "TIMESTAMP(6) WITH TIME ZONE", "N"),
        ("HR", "it's odd", "modified", "TIMESTAMP(6)", "Y"),
        ("HR", "it's odd", "code", "VARCHAR2", "N"),
    ]),
    ("FROM ALL_CONSTRAINTS", [
        ("CRM", "PEOPLE", "PK", 1, 1, "ID", 1),
        ("HR", "JOBS", "HR.CHANGED", 0, 0, "UPDATED_AT", 1),
        ("HR", "JOBS", "PK", 1, 1, "ID", 1),
        ("HR", "it's odd", "HR.BY_UPPER", 0, 1, None, 1),
        ("HR", "it's odd", "HR.CODE", 0, 1, "code", 1),
    ]),
    (r'"HIDDEN" WHERE 1 = 0', NO_RIGHT),
    ("WHERE 1 = 0", []),
    (r'"UNSEEN" WHERE ROWNUM', [(100_000,)]),
    ("WHERE ROWNUM", [(2,)]),
    (r'max\("UPDATED_AT"\)', [("2024-05-31 10:00:00", 0, 0)]),
    (r'max\("modified"\)', [(None, 0, 1)]),
]  # fmt: skip
ORACLE_CONFIG = """\
  db_engine: oracle
  db_name: shop
  db_port: "1521"
  # db_secret names a secret that holds host, port, username and password as JSON; never write those here. On a
  # your own machine, set ORACLE_HOST, ORACLE_USER and ORACLE_PASSWORD: where ORACLE_HOST is set, no secret is asked for.
  db_secret: oracle/shop
  share: true                         # one job reads several tables of less than 1,000,000 rows
  tables:
    # 40,000,000 rows; key: ID
    # partitioned: a run reads all partitions as one table
    CRM.PEOPLE: {share: false}
    # 2 rows; key: ID
    HR.JOBS: {extract_type: PE, watermark: {column: UPDATED_AT, type: timestamp}}
    # many rows, and no statistics; no primary key
    # if its rows never change: {extract_type: PE, watermark: {column: CREATED_AT, type: timestamp}}
    HR.UNSEEN: {share: false}
    # 2 rows; key: code (unique and never NULL)
    # modified is NULL in every row, so each run reads the whole table
    "HR.it's odd": {}
"""
SERVERS = {
    "sqlserver": ("mssql_python", OF_SQLSERVER, "sqlserver://reader:pa%7Dss@127.0.0.1/Shop", "tsql"),
    "oracle": ("oracledb", OF_ORACLE, "oracle://reader:pa%7Dss@127.0.0.1/shop", "oracle"),
}


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A function that puts the driver of a database in place, with answers before those of its catalog."""
    monkeypatch.chdir(tmp_path)
    for name in ("EXTRACT_DB_TLS", "EXTRACT_DB_CA", "SQLCMDPASSWORD", "ORACLE_PASSWORD", "SQLCMDUSER", "ORACLE_USER"):
        monkeypatch.delenv(name, raising=False)
    return lambda engine, *first: driver(monkeypatch, SERVERS[engine][0], [*first, *SERVERS[engine][1]])


@pytest.mark.parametrize(
    ("engine", "config", "left_out", "variables"),
    [
        ("sqlserver", SQLSERVER_CONFIG, ["tables that this user cannot read: dbo.Hidden", "views: dbo.Named, dbo.Broken"],
         "SQLCMDSERVER=127.0.0.1 SQLCMDUSER=reader SQLCMDPASSWORD=..."),
        ("oracle", ORACLE_CONFIG, ["tables that this user cannot read: HR.HIDDEN", "views: HR.NAMED", "materialized views: HR.SUMS"],
         "ORACLE_HOST=127.0.0.1 ORACLE_USER=reader ORACLE_PASSWORD=..."),
    ],
)  # fmt: skip
def test_the_config_of_a_database(cli, served, engine, config, left_out, variables):
    made = served(engine)
    said = cli("init", "--source", "shop", "--from-database", SERVERS[engine][2])
    text = Path("config/shop.yml").read_text()
    assert said.code == 0, said.err
    assert text[text.index("  db_engine") :] == config
    assert said.err.splitlines() == [
        *(f"left out: {line}" for line in left_out), "next: extract plan shop", f"then, on this machine: {variables} extract run shop --local",
    ]  # fmt: skip
    planned = json.loads(cli("plan", "shop", "--output", "json").out)
    assert len(planned["tables"]) == len(yaml.safe_load(text)["extract"]["tables"])
    for query in made.queries:
        if query.startswith(("SELECT", "\nSELECT")):
            assert sqlglot.parse_one(query, dialect=SERVERS[engine][3]).find(sqlglot.exp.Select), query


LOGINS = {
    "sqlserver": "Server={tcp:127.0.0.1,1433};Database={Shop};UID={reader};PWD={pa}}ss};Encrypt={no};TrustServerCertificate={no}",
    "oracle": {
        "host": "127.0.0.1", "port": 1521, "service_name": "shop", "user": "reader", "password": "pa}ss", "protocol": "tcp",
        "tcp_connect_timeout": 15,
    },
}  # fmt: skip


@pytest.mark.parametrize("engine", SERVERS)
def test_the_login_of_the_url_reaches_the_driver(cli, served, engine):
    made = served(engine)
    cli("init", "--from-database", SERVERS[engine][2])
    assert made.logins[0][0] == LOGINS[engine]


CONFIGS = {
    "sqlserver": """\
extract:
  job_type: glue
  tables:
    dbo.Big: {extract_type: PE, watermark: {column: LastUpdatedAt, type: long}}
    dbo.Hidden: {}
    orders: {columns: [tenant, orderno]}
    dbo.Named: {}
    dbo.Broken: {}
    dbo.Bigger: {}
""",
    "oracle": """\
extract:
  job_type: glue
  tables:
    crm.people: {partition_column: nr}
    HR.HIDDEN: {}
    jobs: {extract_type: PE, watermark: {column: UPDATED_AT, type: date}}
    "HR.it's odd": {}
    hr.unsene: {}
""",
}
FINDINGS = {
    "sqlserver": """\
config/shop.yml:4:74: extract.tables."dbo.Big".watermark.type: is 'LongType', but 'LastUpdatedAt' is datetime2, which cannot hold such marks; write TimestampType
config/shop.yml:5:5: extract.tables."dbo.Hidden": user 'reader' may not read all of it: The SELECT permission was denied on the object 'Hidden', database 'Shop', schema 'dbo'; GRANT SELECT ON "dbo"."Hidden" TO [reader]
config/shop.yml:6:23: extract.tables.orders.columns: names 'orderno', and the table has no such column; did you mean 'order_no'?
config/shop.yml:8:5: extract.tables."dbo.Broken": the server refuses it: Invalid column name 'id'; for a view, the tables that it reads must still fit it
config/shop.yml:9:5: extract.tables."dbo.Bigger": the database has no such table; did you mean 'dbo.Big'?
""",
    "oracle": """\
config/shop.yml:4:36: extract.tables."crm.people".partition_column: is 'nr', and the table has no such column
config/shop.yml:5:5: extract.tables."HR.HIDDEN": user 'READER' may not read it: ORA-00942: table or view "HR"."HIDDEN" does not exist; GRANT SELECT ON "HR"."HIDDEN" TO "READER"
config/shop.yml:6:68: extract.tables.jobs.watermark.type: is 'DateType', but 'UPDATED_AT' is date with time, which cannot hold such marks; write TimestampType
config/shop.yml:8:5: extract.tables."hr.unsene": the database has no such table; did you mean 'HR.UNSEEN'?
""",
}


@pytest.mark.parametrize("engine", SERVERS)
def test_a_config_is_compared_with_its_database(cli, served, engine):
    served(engine)
    Path("config").mkdir()
    Path("config/shop.yml").write_text(CONFIGS[engine])
    said = cli("validate", "config/shop.yml", "--database", SERVERS[engine][2])
    assert (said.code, said.out) == (2, FINDINGS[engine]), said.err


@pytest.mark.parametrize(
    ("engine", "error", "message"),
    [
        ("sqlserver", MssqlError("Invalid authorization specification", "[Microsoft][SQL Server]Login failed for user 'reader'."),
         "Login failed for user 'reader'; correct the user, or the password in the URL or in SQLCMDPASSWORD"),
        ("sqlserver", MssqlError("Client unable to establish connection", "[Microsoft]TCP Provider: Error code 0x2749"),
         "TCP Provider: Error code 0x2749; correct host and port in the URL, or start the server"),
        ("sqlserver", MssqlError("Client unable to establish connection", "[Microsoft]SSL Provider: pa}ss certificate verify failed"),
         "SSL Provider: … certificate verify failed; name the file of the server's CA in EXTRACT_DB_CA, or, only for a server on a network that you trust, set EXTRACT_DB_TLS=off"),
        ("sqlserver", MssqlError("Server rejected the connection", '[Microsoft][SQL Server]Cannot open database "Shop" requested by the login. The login failed.'),
         'Cannot open database "Shop" requested by the login. The login failed; correct the name after the host in the URL, or let this user into the database (CREATE USER)'),
        ("oracle", OracleError(1017, "ORA-01017: invalid credential or not authorized; logon denied"),
         "ORA-01017: invalid credential or not authorized; logon denied; correct the user, or the password in the URL or in ORACLE_PASSWORD"),
        ("oracle", OracleError(0, 'DPY-6001: Service "pa}ss" is not registered with the listener'),
         "DPY-6001: Service \"…\" is not registered with the listener; correct the name after the host in the URL: a service, not a SID; SELECT SYS_CONTEXT('USERENV', 'SERVICE_NAME') FROM DUAL shows it in a session that you have"),
        ("oracle", OracleError(0, "DPY-6005: cannot connect to database.\n[Errno 111] Connection refused"),
         "DPY-6005: cannot connect to database. [Errno 111] Connection refused; correct host and port in the URL, or start the listener"),
        ("oracle", OSError(-2, "Name or service not known"),
         "[Errno -2] Name or service not known; correct host and port in the URL, or start the listener"),
        ("oracle", OracleError(28001, "ORA-28001: the account has expired"), "ORA-28001: the account has expired; give this user a new password"),
    ],
)  # fmt: skip
def test_a_refused_login_says_what_to_do(cli, served, engine, error, message):
    made = served(engine)
    made.refusal = error
    shown = SERVERS[engine][2].replace(":pa%7Dss", "")
    assert cli("init", "--from-database", SERVERS[engine][2]).err == f"extract: the database {shown} can't be read: {message}\n"


@pytest.mark.parametrize(("engine", "install"), [("sqlserver", "mssql-python"), ("oracle", "oracledb")])
def test_a_missing_driver(cli, tmp_path, monkeypatch, engine, install):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, SERVERS[engine][0], None)
    shown = SERVERS[engine][2].replace(":pa%7Dss", "")
    assert cli("init", "--from-database", SERVERS[engine][2]).err == (
        f"extract: the database {shown} needs a driver that is not installed here; install it with: pip install {install}\n"
    )


@pytest.mark.parametrize("engine", SERVERS)
def test_a_schema_without_tables(cli, served, engine):
    served(
        engine,
        ("FROM sys.objects|FROM ALL_TABLES", []),
        ("FROM sys.columns|FROM ALL_TAB_COLS|FROM sys.indexes|FROM ALL_CONS", []),
    )
    said = cli("init", "--source", "shop", "--from-database", SERVERS[engine][2])
    assert (said.code, said.err) == (
        2, "extract: the database of source 'shop' has no table that this user may read; give it some, or name another\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("engine", "pattern", "error"),
    [
        ("sqlserver", r'TOP \(0\).*"Big"', MssqlError("Communication link failure", "[Microsoft]TCP Provider: Error code 0x68")),
        ("oracle", r'"PEOPLE" WHERE 1 = 0', OracleError(0, "DPY-4011: the database or network closed the connection")),
    ],
)  # fmt: skip
def test_a_server_that_goes_away_in_the_middle(cli, served, engine, pattern, error):
    served(engine, (pattern, error))
    said = cli("init", "--from-database", SERVERS[engine][2])
    assert said.code == 2
    assert "can't be read: " in said.err
    assert not Path("config").exists()
