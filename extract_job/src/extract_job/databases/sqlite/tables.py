"""Finding a table and its columns in a SQLite database, and naming them in SQL."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from extract_job.databases.names import nearest, quoted
from extract_job.databases.sqlite.columns import Column, Kind, column_of
from extract_job.errors import JobError


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table or view: `sql` is its quoted name; `rowid` the name of its rows' numbers, if they have any."""

    sql: str
    columns: tuple[Column, ...]
    rowid: str | None

    def column(self, name: str) -> Column | None:
        """Give the column of that name; like SQLite, without regard to the case of ASCII letters."""
        return next((column for column in self.columns if _folded(column.name) == _folded(name)), None)


def find_table(connection: sqlite3.Connection, database: str, name: str, text_columns: Sequence[str]) -> FoundTable:
    """Find a table by its whole name (`public.orders` is one in SQLite), or else as schema and table (`main.orders`).

    Columns in `text_columns` become text, whatever is declared. Raises `JobError` with the nearest names.
    """
    names = _tables(connection, "main")
    found = _match(name, names)
    schema = "main"
    if found is None and "." in name:
        before, after = name.split(".", 1)
        attached = [row[1] for row in connection.execute("PRAGMA database_list")]
        if (schema_name := _match(before, attached)) is not None:
            schema = schema_name
            found = _match(after, _tables(connection, schema))
    if found is None:
        none = "the database has no tables"
        raise JobError(f"table {name!r} is not in {database!r}; {nearest(name, names) if names else none}")
    sql = f"{quoted(schema)}.{quoted(found)}"
    columns = _columns(connection, name, schema, found)
    for text in text_columns:
        if not any(_folded(column.name) == _folded(text) for column in columns):
            known = [column.name for column in columns]
            raise JobError(f"--text_columns: table {name!r} has no column {text!r}; {nearest(text, known)}")
    as_text = {_folded(text) for text in text_columns}
    chosen = tuple(
        Column(column, declared, Kind.TEXT) if _folded(column) in as_text else column_of(name, column, declared)
        for column, declared in ((column.name, column.declared) for column in columns)
    )
    return FoundTable(sql, chosen, _rowid(connection, sql, chosen))


def _tables(connection: sqlite3.Connection, schema: str) -> list[str]:
    """Give the names of tables and views, without SQLite's own."""
    rows = connection.execute(
        f"SELECT name FROM {quoted(schema)}.sqlite_master WHERE type IN ('table', 'view') AND substr(name, 1, 7) <> 'sqlite_'"  # noqa: S608 - quoted
    )
    return [row[0] for row in rows]


def _columns(connection: sqlite3.Connection, name: str, schema: str, table: str) -> list[Column]:
    """Give name and declared type of each column, generated ones too (https://www.sqlite.org/pragma.html#pragma_table_xinfo)."""
    rows = connection.execute(f"PRAGMA {quoted(schema)}.table_xinfo({quoted(table)})").fetchall()
    columns = [Column(row[1], row[2] or "", Kind.TEXT) for row in rows if row[6] != 1]
    if not columns:
        raise JobError(f"table {name!r} has no columns to read")
    return columns


def _rowid(connection: sqlite3.Connection, sql: str, columns: Sequence[Column]) -> str | None:
    taken = {_folded(column.name) for column in columns}
    for name in ("rowid", "_rowid_", "oid"):
        if name not in taken:
            try:
                connection.execute(f"SELECT {name} FROM {sql} LIMIT 0")  # noqa: S608 - quoted
            except sqlite3.OperationalError:  # a view, or a table WITHOUT ROWID
                return None
            return name
    return None


def _match(name: str, names: Sequence[str]) -> str | None:
    if name in names:
        return name
    return next((some for some in names if _folded(some) == _folded(name)), None)


def _folded(name: str) -> str:
    """Fold the case of ASCII letters only, as SQLite does."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in name)
