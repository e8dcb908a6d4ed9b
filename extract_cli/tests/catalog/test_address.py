"""The URL of a database: what can be read in two ways is refused, and no message holds a password."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract_cli.catalog import read_database
from extract_cli.catalog.address import read_address
from extract_core.errors import UsageError

ENCODE = (
    "in a URL, characters such as @ : / ? # % are written %40 %3A %2F %3F %23 %25; or leave the password out of it, and set "
    "PGPASSWORD"
)
URL = "the database URL postgresql://… can't be read"
BEFORE_AT = f"{URL}: the text before its last @ is not a user and password; {ENCODE}"
KNOWN = (
    "write sqlite:///path/to/file.db, postgresql://user@host:5432/name, mysql://user@host:3306/name (also mariadb://…), "
    "sqlserver://user@host:1433/name or oracle://user@host:1521/service"
)
UNKNOWN = f"the database URL cannot be read here; {KNOWN}"


@pytest.mark.parametrize(
    ("url", "shown", "uri"),
    [
        ("postgresql://h/d", "postgresql://h/d", "postgresql://h/d?connect_timeout=15"),
        ("postgres://u@h:5433/d", "postgresql://u@h:5433/d", "postgresql://u@h:5433/d?connect_timeout=15"),
        ("postgresql:///d", "postgresql:///d", "postgresql:///d?connect_timeout=15"),
        ("postgresql://u:p%40s%2Fs#1@h/d%20e", "postgresql://u@h/d%20e", "postgresql://u:p%40s%2Fs#1@h/d%20e?connect_timeout=15"),
        ("postgresql://u:p:q@[::1]:5/d", "postgresql://u@[::1]:5/d", "postgresql://u:p:q@[::1]:5/d?connect_timeout=15"),
        (
            "postgresql://%2Fvar%2Frun/d?user=u&password=hush&connect_timeout=3",
            "postgresql://%2Fvar%2Frun/d",
            "postgresql://%2Fvar%2Frun/d?user=u&password=hush&connect_timeout=3",
        ),
    ],
)
def test_urls_in_order(url, shown, uri):
    address = read_address(url)
    assert (address.shown, address.uri) == (shown, uri)
    assert "hush" not in repr(address)


def test_the_parts_of_a_url():
    address = read_address("postgresql://the%20user:secret@[::1]:5433/d%20e")
    assert (address.host, address.user, address.port, address.name) == ("::1", "the user", 5433, "d e")
    assert address.password == "secret"


@pytest.mark.parametrize(("login", "password"), [("u:p%40s%2Fs@", "p@s/s"), ("u:@", ""), ("u@", None), ("", None)])
def test_the_password_for_the_driver_of_mysql(login, password):
    address = read_address(f"mysql://{login}h:3307/d")
    assert (address.password, address.port, address.shown) == (
        password, 3307, f"mysql://{'u@' if login else ''}h:3307/d",
    )  # fmt: skip
    assert "p@s" not in repr(address)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://odd:pa/ss-S3cret@h/d", BEFORE_AT),
        ("postgresql://odd:p@ss:w/rd#?%25 x@h/d", BEFORE_AT),
        ("postgresql://odd:p@ss#word@h/d", BEFORE_AT),
        ("postgresql://odd:S3c@r3t@h/d", BEFORE_AT),
        ("postgresql://odd:pa?ss@h/d", BEFORE_AT),
        ("postgresql://odd:100%@h/d", BEFORE_AT),
        ("postgresql://@h/d", BEFORE_AT),
        ("postgresql://h/d?application_name=me@home", BEFORE_AT),
        (
            "postgresql://u@h",
            (
                "the database URL postgresql://… can't be read: it has no name of a database; write it after the host, as in "
                "postgresql://user@host:5432/name"
            ),
        ),
        (
            "postgresql://odd:S3cret/d",
            (
                "the database URL postgresql://… can't be read: the text after host: is not a port, a number up to 65535; "
                f"write postgresql://user@host:5432/name; {ENCODE}"
            ),
        ),
        (
            "postgresql://h h/d",
            f"{URL}: the text before its database is not a host or host:port; {ENCODE}",
        ),
        (
            "postgresql://h/d/e",
            f"the database URL postgresql://… can't be read: the text after the host is not a name of a database; {ENCODE}",
        ),
        (
            "postgresql://h/d?ssl_mode=require",
            (
                "the database URL postgresql://… can't be read: the text after its ? is not a list of parameters that "
                f"PostgreSQL knows; did you mean 'sslmode'?; {ENCODE}"
            ),
        ),
        ("host=h password=Own3r-S3cret dbname=d", UNKNOWN),
        ("postgresql:/odd:S3cret@h/d", UNKNOWN),
        ("odd:S3cret@postgresql://h/d", UNKNOWN),
        ("db2://me:hush@host/db", f"the database db2://… cannot be read here; {KNOWN}"),
        (
            "mssql+pyodbc://me:hush@host/db?driver=ODBC+Driver+18",
            "the database mssql+pyodbc://… names a Python driver; leave it out: sqlserver://…",
        ),
        (
            "oracle+oracledb://me:hush@host:1521/?service_name=db",
            "the database oracle+oracledb://… names a Python driver; leave it out: oracle://…",
        ),
        (
            "oracle://me:hush@host:1521/?service_name=db",
            (
                "the database URL oracle://… can't be read: it has no name of a database; write it after the host, as in "
                "oracle://user@host:1521/service"
            ),
        ),
        (
            "sqlserver://me:hush@host\\instance/db",
            (
                "the database URL sqlserver://… can't be read: the text before its database is not a host or host:port; "
                f"{ENCODE.replace('PGPASSWORD', 'SQLCMDPASSWORD')}"
            ),
        ),
        ("jdbc:sqlserver://host:1433;databaseName=db;password=hush", UNKNOWN),
        ("jdbc:oracle:thin:me/hush@//host:1521/db", UNKNOWN),
        (
            "mysql+pymysql://me:hush@host/db",
            "the database mysql+pymysql://… names a Python driver; leave it out: mysql://…",
        ),
        (
            "mariadb://me:p@ss:word@h/d",
            f"{URL}: the text before its last @ is not a user and password; {ENCODE}".replace("postgresql:", "mariadb:").replace(
                "PGPASSWORD", "MYSQL_PWD"
            ),
        ),
        (
            "mysql://h",
            (
                "the database URL mysql://… can't be read: it has no name of a database; write it after the host, as in "
                "mysql://user@host:3306/name"
            ),
        ),
        (
            "mysql://h/d?charset=utf8",
            (
                "the database URL mysql://… can't be read: it has parameters after a ?, which are not supported here; remove "
                f"them; {ENCODE.replace('PGPASSWORD', 'MYSQL_PWD')}"
            ),
        ),
        (
            "postgresql+psycopg2://me:hush@host/db",
            "the database postgresql+psycopg2://… names a Python driver; leave it out: postgresql://…",
        ),
        (
            "sqlite:///me:hush@host/db",
            "there is no SQLite database 'me:…@host/db' (nor '/me:…@host/db')",
        ),
    ],
)
def test_urls_that_are_refused(url, message):
    with pytest.raises(UsageError) as raised:
        read_database(url)
    assert str(raised.value) == message


FORMS = (
    "postgresql://odd:{}@127.0.0.1:9/shop", "postgres://:{}@127.0.0.1:9/shop", "postgresql://odd:{}@127.0.0.1:9",
    "postgresql+psycopg2://odd:{}@127.0.0.1:9/shop", "mysql://odd:{}@127.0.0.1:9/shop", "oracle://odd:{}@127.0.0.1", "mssql://odd:{}@127.0.0.1",
    "mariadb://odd:{}@127.0.0.1:9", "mysql+pymysql://odd:{}@127.0.0.1/shop", "postgresql:/odd:{}@127.0.0.1/shop",
    "host=127.0.0.1 port=9 user=odd password={} dbname=shop", "odd:{}@127.0.0.1/shop", "sqlite:///odd:{}@127.0.0.1/shop",
    "sqlite://odd:{}@127.0.0.1/shop", "postgresql://127.0.0.1:9/shop?user=odd&password={}",
    "postgresql://odd:{}@127.0.0.1:9/shop?sslmode=requir",
)  # fmt: skip


@given(password=st.text(alphabet="QZJKVWqzjkvw@/?#%:;&= '\"\\+é\n", min_size=1, max_size=12), form=st.sampled_from(FORMS))
def test_no_message_holds_a_password(password, form):
    with pytest.raises(UsageError) as raised:
        read_database(form.format(password))
    said = str(raised.value)
    parts = {password[start : start + 3] for start in range(len(password) - 2)}
    shared = {part for part in parts if any(letter in "QZJKVWé" for letter in part)}
    assert [part for part in sorted(shared) if part in said] == []
    assert password not in said or len(password) < 3 or not shared


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "connect_timeout=15&options=-c%20a%3Db"),
        ("?sslmode=require", "sslmode=require&connect_timeout=15&options=-c%20a%3Db"),
        ("?options=-c%20role%3Dr", "connect_timeout=15&options=-c%20role%3Dr%20-c%20a%3Db"),
    ],
)
def test_options_of_the_server_are_added_to_those_of_the_url(query, expected):
    uri = read_address(f"postgresql://me@host/shop{query}").with_options("-c a=b")
    assert uri == f"postgresql://me@host/shop?{expected}"
