"""Reads a MySQL or MariaDB database through PyMySQL, and says what to do if it cannot be reached."""

from __future__ import annotations

import os
import re
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from extract_cli.catalog.drivers import MYSQL
from extract_cli.catalog.mysql_catalog import Catalog
from extract_cli.catalog.tls import REMEDY, tls_of
from extract_core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

    from extract_cli.catalog.address import Address
    from extract_cli.catalog.tables import Database

_CONNECT_SECONDS: Final = 15
_PATIENCE: Final = 15  # seconds for one query
_LIMITS: Final = {"max_statement_time": _PATIENCE, "max_execution_time": _PATIENCE * 1000}
"""Limits of the time of a query: MariaDB's has seconds, MySQL's has milliseconds."""
_REMEDIES: Final = {
    1044: "grant this user SELECT on the database, or correct the name after the host in the URL",
    1045: "correct the user, or the password in the URL or in MYSQL_PWD",
    1049: "correct the name after the host in the URL",
    1130: "let the server take this user from this machine (CREATE USER user@host)",
    2003: "correct host and port in the URL, or start the server",
    2026: REMEDY,
    3159: "let the server offer TLS",
}
"""By number (https://dev.mysql.com/doc/mysql-errors/8.4/en/)."""


def read_mysql(address: Address, *, compared: Collection[str] | None = None) -> Database:
    """The tables of a MySQL or MariaDB database. `compared` is as for `read_database`.

    Raises UsageError if it cannot be reached or the driver is missing.
    """
    try:
        import pymysql
    except ImportError as error:
        raise MYSQL.missing(address.shown) from error
    tls = tls_of(address.host, "MYSQL_SSL_CA")
    try:
        with (
            closing(
                pymysql.connect(
                    host=address.host or "localhost",
                    port=address.port or 3306,
                    user=address.user or os.environ.get("MYSQL_USER") or None,
                    password=address.password if address.password is not None else os.environ.get("MYSQL_PWD", ""),
                    database=address.name,
                    connect_timeout=_CONNECT_SECONDS,
                    charset="utf8mb4",
                    autocommit=True,
                    local_infile=False,
                    **({"ssl": tls.context()} if tls.verify else {}),
                )
            ) as connection,
            connection.cursor() as cursor,
        ):
            _set_up(cursor)
            return Catalog(cursor, pymysql.Error).database(address, compared=compared)
    except (pymysql.Error, RuntimeError) as error:  # RuntimeError: the driver needs another package to log in
        raise UsageError(f"the database {address.shown} can't be read: {_said(error)}") from error


def _set_up(cursor: Any) -> None:
    """Read only, with names in double quotes, in UTC, and with a limit of time."""
    cursor.execute("SET SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES', time_zone = '+00:00'")
    cursor.execute("SET SESSION TRANSACTION READ ONLY")
    for name, limit in _LIMITS.items():
        if cursor.execute(f"SHOW SESSION VARIABLES LIKE '{name}'"):
            cursor.execute(f"SET SESSION {name} = {limit}")


def _said(error: Exception) -> str:
    """What the driver said, in one line, and what to do."""
    number, *texts = error.args if error.args and isinstance(error.args[0], int) else (0, *error.args)
    said = re.sub(r"\s+", " ", " ".join(map(str, texts))).strip(" .") or type(error).__name__
    if isinstance(error, RuntimeError):
        return f"{said}; pip install cryptography, or let the server offer TLS"
    remedy = REMEDY if "certificate" in said.lower() else _REMEDIES.get(number)
    return f"{said} (error {number})" + (f"; {remedy}" if remedy else "")
