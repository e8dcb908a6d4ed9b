"""Reads a PostgreSQL database through ADBC, and says what to do if it cannot be reached."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING, Final

from extract_cli.catalog.postgresql_catalog import Catalog
from extract_core.errors import UsageError

if TYPE_CHECKING:
    from extract_cli.catalog.address import Address
    from extract_cli.catalog.tables import Database

DRIVER: Final = "adbc_driver_postgresql"
INSTALL: Final = "pip install adbc-driver-postgresql pyarrow"
_PATIENCE: Final = "15s"  # for one query
_REMEDIES: Final = (
    ("no password supplied", "give the password in PGPASSWORD, or in ~/.pgpass"),
    ("password authentication failed", "correct the user, or the password in the URL, in PGPASSWORD or in ~/.pgpass"),
    (r'database "[^"]*" does not exist', "correct the name after the host in the URL"),
    (r'role "[^"]*" does not exist', "correct the user in the URL: postgresql://user@host/name"),
    ("could not translate host name|could not resolve", "correct the host in the URL"),
    (
        "Connection refused|timeout expired|No such file or directory|No route",
        "correct host and port in the URL, or start the server",
    ),
    ("no pg_hba.conf entry", "let the server take this user from this machine (pg_hba.conf), or try ?sslmode=require"),
)
"""What libpq or the server says, and what to do (https://www.postgresql.org/docs/current/client-authentication-problems.html)."""


def read_postgresql(address: Address, *, names_only: bool = False) -> Database:
    """The tables of a PostgreSQL database that this user may read.

    Raises UsageError if it cannot be reached or the driver is missing.
    """
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError as error:
        raise UsageError(
            f"the database {address.shown} needs a driver that is not installed here; install it with: {INSTALL}"
        ) from error
    try:
        with closing(dbapi.connect(address.uri, autocommit=True)) as connection, closing(connection.cursor()) as cursor:
            cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            cursor.execute(f"SET statement_timeout = '{_PATIENCE}'")
            return Catalog(cursor, dbapi.Error).database(address, names_only=names_only)
    except dbapi.Error as error:
        raise UsageError(f"the database {address.shown} can't be read: {_said(error)}") from error


def _said(error: Exception) -> str:
    """What the driver said, in one line, and what to do."""
    lines = [line.strip().rstrip(".") for line in str(error).splitlines() if line.strip()]
    lines[0] = re.sub(r"^(?:[A-Z_]+: )?(?:\[libpq\] )?", "", lines[0])
    said = "; ".join(dict.fromkeys(lines))
    for pattern, remedy in _REMEDIES:
        if re.search(pattern, said):
            return f"{said}; {remedy}"
    return said
