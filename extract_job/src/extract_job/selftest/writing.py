"""Sessions that write the table of the self test: the only place where this distribution changes a database."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from extract_job.databases.drivers import no_driver
from extract_job.errors import JobError

if TYPE_CHECKING:
    from extract_job.arguments.model import Arguments

Run = Callable[[str], None]
"""Runs and commits a statement; raises `JobError`."""


@dataclass(frozen=True, slots=True)
class _Way:
    """What opens a connection that commits each statement, the driver's error, how it is worded, and statements to begin with."""

    connect: Callable[[], Any]
    failure: Any
    worded: Callable[[Exception], JobError]
    settings: tuple[str, ...] = ()


@contextmanager
def writer(arguments: "Arguments") -> Iterator[Run]:
    """Connect with the login of the job; raise `JobError`."""
    way = _WAYS[arguments.engine](arguments)
    try:
        connection = way.connect()
    except way.failure as error:
        raise way.worded(error) from None
    with closing(connection):

        def run(statement: str) -> None:
            try:
                with closing(connection.cursor()) as cursor:
                    cursor.execute(statement)
            except way.failure as error:
                raise way.worded(error) from None

        for statement in way.settings:
            run(statement)
        yield run


def _sqlite(arguments: "Arguments") -> _Way:
    import sqlite3

    def worded(error: Exception) -> JobError:
        return JobError(f"database {arguments.database!r}: {error}")

    return _Way(lambda: sqlite3.connect(arguments.database, isolation_level=None), sqlite3.Error, worded)


def _postgresql(arguments: "Arguments") -> _Way:
    from extract_job.databases.postgresql import connection as ours
    from extract_job.databases.postgresql.failures import failure_of

    dbapi = _driver("adbc_driver_postgresql.dbapi", "postgres")
    from_environment = any(os.environ.get(name) for name in ours.LIBPQ_VARIABLES)
    secret = None if from_environment else ours.login_secret(arguments)
    uri, hidden = ours.connection_uri(arguments, secret, os.environ), ours.hidden_of(secret)
    return _Way(
        lambda: dbapi.connect(uri, autocommit=True), dbapi.Error, lambda error: failure_of(arguments.database, error, hidden)
    )


def _mysql(arguments: "Arguments") -> _Way:
    from extract_job.databases.mysql import connection as ours
    from extract_job.databases.mysql.failures import failure_of

    pymysql, login = _driver("pymysql", "mysql"), ours.login(arguments)
    parameters = ours.parameters(arguments, login) | {"autocommit": True}
    return _Way(
        lambda: pymysql.connect(**parameters),
        pymysql.Error,
        lambda error: failure_of(arguments.database, error, login.hidden),
        ("SET SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES', time_zone = '+00:00'",),
    )


def _sqlserver(arguments: "Arguments") -> _Way:
    from extract_job.databases.sqlserver import connection as ours
    from extract_job.databases.sqlserver.failures import failure_of

    driver, login = _driver("mssql_python", "sqlserver"), ours.login(arguments)
    text = ours.connection_string(arguments.database, login)
    return _Way(
        lambda: driver.connect(text, autocommit=True, timeout=ours.CONNECT_SECONDS),
        driver.Error,
        lambda error: failure_of(arguments.database, error, login.hidden),
        ("SET QUOTED_IDENTIFIER ON", "SET DATEFORMAT ymd", "SET LANGUAGE us_english"),
    )


def _oracle(arguments: "Arguments") -> _Way:
    from extract_job.databases.oracle import connection as ours
    from extract_job.databases.oracle.failures import failure_of

    driver, login = _driver("oracledb", "oracle"), ours.login(arguments)

    def connected() -> Any:
        connection = driver.connect(**ours.parameters(arguments.database, login))
        connection.autocommit = True
        return connection

    return _Way(
        connected,
        driver.Error,
        lambda error: failure_of(arguments.database, error, login.hidden),
        ("ALTER SESSION SET TIME_ZONE = 'UTC'",),
    )


def _driver(module: str, engine: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise no_driver(engine) from error


_WAYS = {"sqlite": _sqlite, "postgres": _postgresql, "mysql": _mysql, "sqlserver": _sqlserver, "oracle": _oracle}
