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

from extract_cli.catalog.names import Names
from extract_cli.catalog.propose import times
from extract_cli.catalog.tables import WHOLE, Column, Database, Table
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
    found = connection.execute('SELECT name, type, "notnull", pk FROM pragma_table_info(?)', (name,)).fetchall()
    indexes = connection.execute('SELECT name, "unique", partial FROM pragma_index_list(?) ORDER BY seq', (name,)).fetchall()
    parts = {
        index: [
            column for (column,) in connection.execute("SELECT name FROM pragma_index_info(?) ORDER BY seqno", (index,))
        ]
        for index, _, is_partial in indexes
        if not is_partial
    }  # fmt: skip
    indexed = {columns[0] for columns in parts.values() if columns}
    primary = tuple(column for _, column in sorted((pk, column) for column, _, _, pk in found if pk))
    never_null = {column for column, _, not_null, _ in found if not_null}
    unique = [
        tuple(parts[index]) for index, is_unique, _ in indexes if is_unique and never_null.issuperset(parts.get(index, [None]))
    ]
    columns = tuple(
        Column(
            name=column,
            type=_type(declared),
            nullable=not not_null and not pk,
            indexed=column in indexed or primary[:1] == (column,),
        )
        for column, declared, not_null, pk in found
    )
    key = primary or min(unique, key=len, default=())
    place = ("main", name)
    return Table(name=names.written(place), place=place, columns=columns, key=key, is_primary=bool(primary) or not key)


def _filled(connection: sqlite3.Connection, table: Table) -> Table:
    """The table with what a look at its rows says."""
    quoted = _quoted(table.place[1])
    rows = connection.execute(f"SELECT count(*) FROM {quoted}").fetchone()[0]  # noqa: S608 - a quoted identifier
    columns = {column.name: column for column in table.columns}
    for column in times(table.columns) if rows else ():
        query = f"SELECT max({_quoted(column.name)}) FROM {quoted}"  # noqa: S608 - as above
        greatest = connection.execute(query).fetchone()[0]
        columns[column.name] = replace(column, is_empty=greatest is None, ahead=_ahead(greatest))
    least = greatest = None
    if len(table.key) == 1 and rows and table.column(table.key[0]).type in WHOLE:
        key = _quoted(table.key[0])
        least, greatest = connection.execute(f"SELECT min({key}), max({key}) FROM {quoted}").fetchone()  # noqa: S608 - as above
    if not isinstance(least, int) or not isinstance(greatest, int):  # any value may stand in any column
        least = greatest = None
    return replace(table, rows=rows, columns=tuple(columns.values()), least=least, greatest=greatest)


def _ahead(greatest: object) -> str | None:
    """The greatest value of a column of times, if it is text and lies in the future: a day, or whatever no time can be after."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S")
    return greatest if isinstance(greatest, str) and greatest.replace("T", " ") > tomorrow else None


def _type(declared: str) -> str:
    """The first words of a declared type: ``VARCHAR(20)`` is varchar, ``DOUBLE PRECISION`` double."""
    word = _TYPE.match(declared.strip().lower())
    return word[0] if word else ""


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
