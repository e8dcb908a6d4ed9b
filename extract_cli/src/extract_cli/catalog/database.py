"""A database by its URL: ``sqlite:///path``, or ``postgresql://user@host:port/name`` and the like."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Final

from extract_core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

    from extract_cli.catalog.tables import Database

_KNOWN: Final = (
    "sqlite:///path/to/file.db, postgresql://user@host:5432/name, mysql://user@host:3306/name (also mariadb://…), "
    "sqlserver://user@host:1433/name or oracle://user@host:1521/service"
)
_PLAIN: Final = {"postgres": "postgresql", "mssql": "sqlserver"}
_WITH_DRIVER: Final = re.compile(r"(postgres(?:ql)?|sqlite|mysql|mariadb|mssql|sqlserver|oracle)\+[a-z0-9_]{1,20}")
_READERS: Final = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlserver": "sqlserver",
    "mssql": "sqlserver",
    "oracle": "oracle",
}
"""The module of a scheme, whose function ``read_MODULE`` takes an address."""


def read_database(url: str, *, compared: Collection[str] | None = None) -> Database:
    """The database's tables, with what its catalog says of them. Raises UsageError if it cannot be read.

    `compared`: the names of a config that is compared with it. Then there are views too, and tables that this user may not
    read, and no row is looked at. No message holds the URL's password.
    """
    scheme, colon, _ = url.partition("://")
    if scheme == "sqlite" and colon:
        from extract_cli.catalog.sqlite import read_sqlite

        return read_sqlite(url, compared=compared)
    if colon and (reader := _READERS.get(scheme)):
        from extract_cli.catalog.address import read_address

        module = import_module(f"extract_cli.catalog.{reader}")
        database: Database = getattr(module, f"read_{reader}")(read_address(url), compared=compared)
        return database
    if colon and (driver := _WITH_DRIVER.fullmatch(scheme)):
        plain = "sqlite:///…" if driver[1] == "sqlite" else f"{_PLAIN.get(driver[1], driver[1])}://…"
        raise UsageError(f"the database {scheme}://… names a Python driver; leave it out: {plain}")
    shown = f"{scheme}://…" if colon and re.fullmatch(r"[a-z][a-z0-9]{1,15}", scheme) else "URL"
    raise UsageError(f"the database {shown} cannot be read here; write {_KNOWN}")
