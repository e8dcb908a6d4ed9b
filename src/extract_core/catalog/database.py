"""A database by its URL: ``sqlite:///path`` or ``postgresql://user@host:port/name``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.errors import UsageError

if TYPE_CHECKING:
    from extract_core.catalog.tables import Database

_KNOWN = "sqlite:///path/to/file.db or postgresql://user@host:5432/name"


def read_database(url: str) -> Database:
    """The database's tables, with what its catalog says of them. Raises UsageError where it can't be read.

    No message holds the URL's password.
    """
    scheme, colon, _ = url.partition("://")
    if scheme == "sqlite" and colon:
        from extract_core.catalog.sqlite import read_sqlite

        return read_sqlite(url)
    if scheme in ("postgresql", "postgres") and colon:
        from extract_core.catalog.postgresql import read_postgresql

        return read_postgresql(url)
    shown = f"{scheme}://…" if colon else repr(url)
    raise UsageError(f"the database {shown} is of no kind that can be read here; write {_KNOWN}")
