"""Reads a SQL Server database through mssql-python, and says what to do if it cannot be reached."""

from __future__ import annotations

import os
import re
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from extract_cli.catalog.drivers import SQLSERVER
from extract_cli.catalog.sqlserver_catalog import Catalog, said_by
from extract_cli.catalog.tls import REMEDY, tls_of
from extract_core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

    from extract_cli.catalog.address import Address
    from extract_cli.catalog.tables import Database

_PORT: Final = 1433
_PATIENCE: Final = 15  # seconds to connect, and for one query
_SETTINGS: Final = (
    # https://learn.microsoft.com/en-us/sql/t-sql/statements/set-statements-transact-sql
    "LANGUAGE us_english", "QUOTED_IDENTIFIER ON", "ANSI_NULLS ON", "ANSI_WARNINGS ON", "ROWCOUNT 0", "NOCOUNT ON",
    f"LOCK_TIMEOUT {_PATIENCE * 1000}",
)  # fmt: skip
_REMEDIES: Final = (
    # The driver has no error numbers, so a message is recognised by its text in us_english
    # (https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors).
    ("Login failed for user", "correct the user, or the password in the URL or in SQLCMDPASSWORD"),
    ("Cannot open database", "correct the name after the host in the URL, or let this user into the database (CREATE USER)"),
    ("is not able to access the database", "let this user into the database: CREATE USER … FOR LOGIN …"),
    ("certificate|SSL Provider", REMEDY),
    (
        "Login timeout expired|TCP Provider|network-related",
        "correct host and port in the URL, or start the server",
    ),
)


def read_sqlserver(address: Address, *, compared: Collection[str] | None = None) -> Database:
    """The tables of a SQL Server database. `compared` is as for `read_database`.

    Raises UsageError if it cannot be reached or the driver is missing.
    """
    try:
        import mssql_python
    except ImportError as error:
        raise SQLSERVER.missing(address.shown) from error
    password = address.password if address.password is not None else os.environ.get("SQLCMDPASSWORD", "")
    try:
        with closing(
            mssql_python.connect(_connection_string(address, password), autocommit=True, timeout=_PATIENCE)
        ) as connection:
            connection.timeout = _PATIENCE
            with closing(connection.cursor()) as cursor:
                for setting in _SETTINGS:
                    cursor.execute(f"SET {setting}")
                return Catalog(cursor, mssql_python.Error).database(address, compared=compared)
    except ImportError as error:  # the driver imports its ODBC library when it connects
        raise SQLSERVER.missing(address.shown) from error
    except mssql_python.Error as error:
        # Not from the error: its text could hold the password.
        said = said_by(error)
        for text in (password, password.replace("}", "}}")):
            said = said.replace(text, "…") if len(text) > 2 else said
        raise UsageError(f"the database {address.shown} can't be read: {_with_remedy(said)}") from None


def _connection_string(address: Address, password: str) -> str:
    """The connection string of ODBC: `{…}` encloses a value with any characters, and `}}` is one `}`.

    https://learn.microsoft.com/en-us/sql/connect/odbc/dsn-connection-string-attribute
    """
    tls = tls_of(address.host)
    host = address.host or "localhost"
    parts: dict[str, Any] = {
        "Server": f"tcp:{host},{address.port or _PORT}",
        "Database": address.name,
        "UID": address.user or os.environ.get("SQLCMDUSER", ""),
        "PWD": password,
        "Encrypt": "yes" if tls.verify else "no",
        "TrustServerCertificate": "no",
    }
    if tls.authority:
        parts["ServerCertificate"] = tls.authority
    return ";".join(f"{name}={{{value.replace('}', '}}')}}}" for name, value in parts.items())


def _with_remedy(said: str) -> str:
    return next((f"{said}; {remedy}" for pattern, remedy in _REMEDIES if re.search(pattern, said)), said)
