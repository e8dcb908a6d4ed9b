"""The catalog of a SQLite file, read by its pragmas (https://www.sqlite.org/pragma.html). Nothing is written beside the file."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from extract_core.catalog.tables import WHOLE, Column, Database, Table
from extract_core.errors import UsageError

_TYPE: Final = re.compile(r"[a-z_]+( with time zone)?")


def read_sqlite(url: str) -> Database:
    """The tables of ``sqlite:///path``: seen from the current folder, or absolute with a fourth slash.

    Raises UsageError where it can't be read.
    """
    path = _path(url)
    read_only = f"{path.absolute().as_uri()}?mode=ro"
    if not path.with_name(path.name + "-wal").exists():
        read_only += "&immutable=1"  # nobody has it open: SQLite makes no files of its own beside it
    try:
        with closing(sqlite3.connect(read_only, uri=True)) as connection:
            tables = tuple(_table(connection, name) for (name,) in connection.execute(_TABLES))
            views = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name")]
    except sqlite3.Error as error:
        raise UsageError(f"the SQLite database {str(path)!r} can't be read: {error}") from error
    left_out = (f"views: {', '.join(views)}",) if views else ()
    return Database(engine="sqlite", name=str(path), tables=tables, left_out=left_out)


_TABLES: Final = r"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name"


def _path(url: str) -> Path:
    rest = url.partition("://")[2]
    if not rest.startswith("/") or len(rest) < 2:
        raise UsageError(f"{url!r} names no file; write sqlite:///file.db, or sqlite:////folder/file.db from the root")
    relative, absolute = Path(unquote(rest[1:])), Path(unquote(rest))
    for path in (relative, absolute):
        if path.is_file():
            return path
    raise UsageError(f"there is no SQLite database {str(relative)!r} (nor {str(absolute)!r})")


def _table(connection: sqlite3.Connection, name: str) -> Table:
    found = connection.execute('SELECT name, type, "notnull", pk FROM pragma_table_info(?)', (name,)).fetchall()
    indexed = {
        first
        for (index,) in connection.execute("SELECT name FROM pragma_index_list(?)", (name,)).fetchall()
        for (first,) in connection.execute("SELECT name FROM pragma_index_info(?) WHERE seqno = 0", (index,))
    }
    key = tuple(column for _, column in sorted((pk, column) for column, _, _, pk in found if pk))
    columns = tuple(
        Column(
            name=column,
            type=_type(declared),
            nullable=not not_null and not pk,
            indexed=column in indexed or key[:1] == (column,),
        )
        for column, declared, not_null, pk in found
    )
    quoted = _quoted(name)
    rows = connection.execute(f"SELECT count(*) FROM {quoted}").fetchone()[0]  # noqa: S608 - a quoted identifier
    least = greatest = None
    if len(key) == 1 and rows and _type(next(declared for column, declared, _, _ in found if column == key[0])) in WHOLE:
        least, greatest = connection.execute(
            f"SELECT min({_quoted(key[0])}), max({_quoted(key[0])}) FROM {quoted}"  # noqa: S608 - as above
        ).fetchone()
    if not isinstance(least, int) or not isinstance(greatest, int):  # any value may stand in any column
        least = greatest = None
    return Table(name=name, columns=columns, key=key, rows=rows, least=least, greatest=greatest)


def _type(declared: str) -> str:
    """The first words of a declared type: ``VARCHAR(20)`` is varchar, ``DOUBLE PRECISION`` double."""
    found = _TYPE.match(declared.strip().lower())
    return found[0] if found else ""


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
