"""Finds a table and its columns in a SQLite database."""

import sqlite3
import string
from collections.abc import Iterable
from dataclasses import replace

from extract_job.arguments.selection import Selection
from extract_job.databases.mapping import Column
from extract_job.databases.names import nearest, quoted
from extract_job.databases.selection import Described, Dialect, selected
from extract_job.databases.sqlite.columns import column_of
from extract_job.databases.sqlite.comparing import compared
from extract_job.databases.table_names import find_name
from extract_job.databases.tables import SourceTable
from extract_job.errors import FailureClass, JobError


def find_table(connection: sqlite3.Connection, database: str, name: str, selection: Selection) -> SourceTable:
    """Find the table that `name` means (see `table_names`), with what is selected of it.

    Raises `JobError` with the nearest names.
    """
    schemas = [row[1] for row in connection.execute("PRAGMA database_list")]
    tables = [(schema, table) for schema in schemas for table in _tables(connection, schema)]
    place = find_name(name, database, tables, ("main",), folded)
    if place is None:
        names = nearest(name, [table for schema, table in tables if schema == "main"])
        raise JobError(f"database {database!r} has no table {name!r}; {names}", FailureClass.CONFIG)
    schema, table = place
    declared = _declared(connection, schema, table)
    sql = f"{quoted(schema)}.{quoted(table)}"
    row_id = _row_id(connection, sql, declared)

    def column(one: str, as_text: bool) -> Column:  # noqa: FBT001 - see `selected`
        type_, nullable = declared[one]
        return replace(column_of(name, one, type_, as_text=as_text), nullable=nullable)

    dialect = Dialect(_literal, folded, [row_id] if row_id else [], compared=compared)
    return selected(Described(name, sql, list(declared), column, row_id), selection, dialect)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def folded(name: str) -> str:
    """Fold the case of ASCII letters only, as SQLite does to compare names."""
    return name.translate(_LOWER)


def _tables(connection: sqlite3.Connection, schema: str) -> list[str]:
    """Return the names of tables and views, without SQLite's internal ones."""
    strict = connection.text_factory
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")  # a name that is not UTF-8 must not hide the others
    try:
        rows = connection.execute(
            f"SELECT name FROM {quoted(schema)}.sqlite_master "  # noqa: S608 - quoted
            "WHERE type IN ('table', 'view') AND substr(name, 1, 7) <> 'sqlite_'"
        ).fetchall()
    finally:
        connection.text_factory = strict
    return [name for (name,) in rows]


def _declared(connection: sqlite3.Connection, schema: str, table: str) -> dict[str, tuple[str, bool]]:
    """Return the declared type of each column, and if it allows NULL; generated columns included.

    https://www.sqlite.org/pragma.html#pragma_table_xinfo
    """
    rows = connection.execute(f"PRAGMA {quoted(schema)}.table_xinfo({quoted(table)})").fetchall()
    return {row[1]: (row[2] or "", not row[3]) for row in rows if row[6] != 1}


def _row_id(connection: sqlite3.Connection, sql: str, columns: Iterable[str]) -> str | None:
    """Return a name of the row number that no column hides."""
    visible = set(map(folded, columns))
    for name in ("rowid", "_rowid_", "oid"):
        if name not in visible:
            try:
                connection.execute(f"SELECT {name} FROM {sql} LIMIT 0")  # noqa: S608 - quoted
            except sqlite3.OperationalError:  # a view, or a table WITHOUT ROWID
                return None
            return name
    return None
