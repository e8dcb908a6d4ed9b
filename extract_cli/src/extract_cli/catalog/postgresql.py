"""Reads a PostgreSQL database through ADBC, and says what to do if it cannot be reached."""

from __future__ import annotations

import json
import os
import re
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any, Final

from extract_cli.catalog.drivers import POSTGRESQL
from extract_cli.catalog.postgresql_catalog import Catalog
from extract_core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

    from extract_cli.catalog.address import Address
    from extract_cli.catalog.tables import Database

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


_OPTIONS: Final = "-c quote_all_identifiers=off -c search_path=pg_catalog"


def read_postgresql(address: Address, *, compared: Collection[str] | None = None) -> Database:
    """The tables of a PostgreSQL database. `compared` is as for `read_database`.

    Raises UsageError if it cannot be reached or the driver is missing.
    """
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError as error:
        raise POSTGRESQL.missing(address.shown) from error
    try:
        with ExitStack() as stack:
            cursor, schemas = _connected(dbapi, address.uri, stack)
            if isinstance(schemas, bytes):
                # The driver compares names as the catalog shows them. With quote_all_identifiers it recognises no type.
                options = f"{os.environ.get('PGOPTIONS', '')} {_OPTIONS}".strip()
                cursor, _ = _connected(dbapi, address.with_options(options), stack)
            cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            # No object of a user stands in for one of PostgreSQL, and names of types do not depend on the user's settings.
            cursor.execute("SET search_path = pg_catalog, pg_temp")
            cursor.execute("SET quote_all_identifiers = off")
            cursor.execute("SET DateStyle = 'ISO'")
            cursor.execute(f"SET statement_timeout = '{_PATIENCE}'")
            return Catalog(cursor, dbapi.Error, tuple(json.loads(schemas))).database(address, compared=compared)
    except dbapi.Error as error:
        raise UsageError(f"the database {address.shown} can't be read: {_said(error)}") from error


def _connected(dbapi: Any, uri: str, stack: ExitStack) -> tuple[Any, str | bytes]:
    """A cursor, and the schemas of the search path as a JSON list: as bytes if the driver recognises no text."""
    connection = stack.enter_context(closing(dbapi.connect(uri, autocommit=True)))
    cursor = stack.enter_context(closing(connection.cursor()))
    cursor.execute("SELECT pg_catalog.array_to_json(pg_catalog.current_schemas(false))::pg_catalog.text")
    return cursor, cursor.fetchone()[0]


def _said(error: Exception) -> str:
    """What the driver said, in one line, and what to do."""
    lines = [line.strip().rstrip(".") for line in str(error).splitlines() if line.strip()]
    lines[0] = re.sub(r"^(?:[A-Z_]+: )?(?:\[libpq\] )?", "", lines[0])
    said = "; ".join(dict.fromkeys(lines))
    for pattern, remedy in _REMEDIES:
        if re.search(pattern, said):
            return f"{said}; {remedy}"
    return said
