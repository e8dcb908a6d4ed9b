"""The catalog of a SQLite file, read by its pragmas (https://www.sqlite.org/pragma.html). Nothing is written beside the file."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from extract_cli.catalog.keys import Index, described
from extract_cli.catalog.looking import quoted
from extract_cli.catalog.names import Names
from extract_cli.catalog.propose import times
from extract_cli.catalog.tables import Column, Database, Table
from extract_core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

_TYPE: Final = re.compile(r"[a-z_]+( with time zone)?")


def read_sqlite(url: str, *, compared: Collection[str] | None = None) -> Database:
    """The tables of ``sqlite:///path``: seen from the current folder, or absolute with a fourth slash.

    `compared` is as for `read_database`. Raises UsageError if it cannot be read.
    """
    path = _path(url)
    read_only = f"{path.absolute().as_uri()}?mode=ro"
    if not path.with_name(path.name + "-wal").exists():
        read_only += "&immutable=1"  # no process has it open: SQLite creates no files beside it
    try:
        with closing(sqlite3.connect(read_only, uri=True)) as connection:
            tables, of_tables = _decoded(connection, _TABLES)
            views, of_views = _decoded(connection, "SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name")
            names = Names((("main", name) for name in tables + views), ("main",), default="main", fold=_folded)
            if compared is not None:
                described = tuple(_described(connection, name, names) for name in sorted(tables + views))
            else:
                described = tuple(_filled(connection, _described(connection, name, names)) for name in tables)
    except sqlite3.Error as error:
        raise UsageError(f"the SQLite database {_shown(path)} can't be read: {error}") from error
    left_out = [f"names that are not UTF-8: {', '.join(map(ascii, of_tables + of_views))}"] if of_tables + of_views else []
    if views and compared is None:
        left_out.append(f"views: {', '.join(views)}")
    return Database(engine="sqlite", name=str(path), tables=described, names=names, left_out=tuple(left_out))


def _decoded(connection: sqlite3.Connection, query: str) -> tuple[list[str], list[str]]:
    """The names that a query returns, and those that are not UTF-8, which no config can hold."""
    strict = connection.text_factory
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    try:
        names: list[str] = [name for (name,) in connection.execute(query)]
    finally:
        connection.text_factory = strict
    odd = [name for name in names if not _is_utf8(name)]
    return [name for name in names if name not in odd], odd


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _folded(name: str) -> str:
    """The name as SQLite compares it: the case of ASCII letters does not count."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in name)


_TABLES: Final = r"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name"


def _path(url: str) -> Path:
    rest = url.partition("://")[2]
    if not rest.startswith("/") or len(rest) < 2:
        raise UsageError("the URL sqlite://… names no file; write sqlite:///file.db, or sqlite:////folder/file.db from the root")
    relative, absolute = Path(unquote(rest[1:])), Path(unquote(rest))
    for path in (relative, absolute):
        if path.is_file():
            return path
    raise UsageError(f"there is no SQLite database {_shown(relative)} (nor {_shown(absolute)})")


def _shown(path: Path) -> str:
    """A path as messages show it: what looks like a password of another kind of URL is left out."""
    return repr(re.sub(r":.*@", ":…@", str(path), flags=re.DOTALL))


def _described(connection: sqlite3.Connection, name: str, names: Names) -> Table:
    """Columns and key of a table or view."""
    info = connection.execute('SELECT name, type, "notnull", pk FROM pragma_table_info(?)', (name,)).fetchall()
    indexes = connection.execute('SELECT name, "unique", partial FROM pragma_index_list(?) ORDER BY seq', (name,)).fetchall()
    parts = {
        index: [
            column for (column,) in connection.execute("SELECT name FROM pragma_index_info(?) ORDER BY seqno", (index,))
        ]
        for index, _, is_partial in indexes
        if not is_partial
    }  # fmt: skip
    primary = tuple(column for _, column in sorted((pk, column) for column, _, _, pk in info if pk))
    columns = [
        Column(name=column, type=_type(declared), nullable=not not_null and not pk) for column, declared, not_null, pk in info
    ]
    listed = [
        Index(columns=tuple(parts[index]), is_unique=bool(is_unique))
        for index, is_unique, is_partial in indexes
        if not is_partial
    ]
    keys = [Index(columns=primary, is_primary=True), *listed] if primary else listed
    place = ("main", name)
    return described(names.written(place), place, columns, keys)


def _filled(connection: sqlite3.Connection, table: Table) -> Table:
    """The table with what a look at its rows says."""
    sql = quoted(table.place[1])
    rows = connection.execute(f"SELECT count(*) FROM {sql}").fetchone()[0]  # noqa: S608 - a quoted identifier
    columns = {column.name: column for column in table.columns}
    for column in times(table.columns) if rows else ():
        query = f"SELECT max({quoted(column.name)}) FROM {sql}"  # noqa: S608 - as above
        greatest = connection.execute(query).fetchone()[0]
        columns[column.name] = replace(column, is_empty=greatest is None, ahead=_ahead(greatest))
    return replace(table, rows=rows, columns=tuple(columns.values()))


def _ahead(greatest: object) -> str | None:
    """The greatest value of a column of times, if it is text and lies in the future: a day, or whatever no time can be after."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S")
    return greatest if isinstance(greatest, str) and greatest.replace("T", " ") > tomorrow else None


def _type(declared: str) -> str:
    """The first words of a declared type: ``VARCHAR(20)`` is varchar, ``DOUBLE PRECISION`` double."""
    word = _TYPE.match(declared.strip().lower())
    return word[0] if word else ""
