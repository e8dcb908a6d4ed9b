"""A database by its URL: ``sqlite:///path``, ``postgresql://user@host:port/name`` or ``mysql://user@host:port/name``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extract_core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

    from extract_cli.catalog.tables import Database

_KNOWN: Final = "sqlite:///path/to/file.db, postgresql://user@host:5432/name or mysql://user@host:3306/name (also mariadb://…)"
_PLAIN: Final = {"postgres": "postgresql"}
_WITH_DRIVER: Final = re.compile(r"(postgres(?:ql)?|sqlite|mysql|mariadb)\+[a-z0-9_]{1,20}")


def read_database(url: str, *, compared: Collection[str] | None = None) -> Database:
    """The database's tables, with what its catalog says of them. Raises UsageError if it cannot be read.

    `compared`: the names of a config that is compared with it. Then there are views too, and tables that this user may not
    read, and no row is looked at. No message holds the URL's password.
    """
    scheme, colon, _ = url.partition("://")
    if scheme == "sqlite" and colon:
        from extract_cli.catalog.sqlite import read_sqlite

        return read_sqlite(url, compared=compared)
    if scheme in ("postgresql", "postgres") and colon:
        from extract_cli.catalog.address import read_address
        from extract_cli.catalog.postgresql import read_postgresql

        return read_postgresql(read_address(url), compared=compared)
    if scheme in ("mysql", "mariadb") and colon:
        from extract_cli.catalog.address import read_address
        from extract_cli.catalog.mysql import read_mysql

        return read_mysql(read_address(url), compared=compared)
    if colon and (driver := _WITH_DRIVER.fullmatch(scheme)):
        plain = "sqlite:///…" if driver[1] == "sqlite" else f"{_PLAIN.get(driver[1], driver[1])}://…"
        raise UsageError(f"the database {scheme}://… names a Python driver; leave it out: {plain}")
    shown = f"{scheme}://…" if colon and re.fullmatch(r"[a-z][a-z0-9]{1,15}", scheme) else "URL"
    raise UsageError(f"the database {shown} cannot be read here; write {_KNOWN}")
