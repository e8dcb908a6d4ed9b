# ruff: noqa: S608 - identifiers are quoted by `quoted`, values are bound
"""A SQLite table as a `Source`: opened for reading only, and read within one transaction.

The transaction is the snapshot: the high watermark is read in it before the rows. A database in rollback-journal mode makes
its writers wait meanwhile; one in WAL mode doesn't (https://www.sqlite.org/isolation.html).
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from extract_job.arguments.parsing import Arguments
from extract_job.databases.names import nearest, quoted
from extract_job.databases.sqlite.columns import Column, Kind
from extract_job.databases.sqlite.marks import EVERYTHING, Range, range_of
from extract_job.databases.sqlite.tables import FoundTable, find_table
from extract_job.errors import JobError
from extract_job.marks import form
from extract_job.stopping import Stopped, StopRequest

if TYPE_CHECKING:
    from extract_job.databases.source import Schema, Table
    from extract_job.databases.sqlite.arrow import MisfitError

STOP_CHECK = 100_000
"""Steps of SQLite's virtual machine between two looks at the stop request: a few milliseconds."""
ZONE_ROWS = 1000
"""Rows that are looked at to see whether a plain timestamp's text carries an offset."""


@contextmanager
def open_sqlite(arguments: Arguments, stop: StopRequest) -> Iterator["SqliteSource"]:
    """Open the table in a snapshot; raises `JobError` for all that keeps it from being read, now and while it is open."""
    database = arguments.database
    path = Path(database)
    if not path.is_file():
        what = "is not a file" if path.exists() else "does not exist"
        raise JobError(f"database {database!r} {what} (--db_name, seen from {str(Path.cwd())!r})")
    try:
        with closing(_connected(path, arguments.lock_wait_seconds)) as connection:
            connection.set_progress_handler(lambda: stop.signal is not None, STOP_CHECK)
            table = find_table(connection, database, arguments.table, arguments.text_columns)
            yield SqliteSource(connection, table, arguments)
    except sqlite3.Error as error:
        if stop.signal is not None:
            raise Stopped from error
        raise JobError(_reason(database, error, arguments.lock_wait_seconds)) from error


class SqliteSource:
    """See `source.Source`."""

    def __init__(self, connection: sqlite3.Connection, table: FoundTable, arguments: Arguments) -> None:
        self._connection = connection
        self._table = table
        self._name = arguments.table
        self._range = _range(connection, table, arguments)
        self._cursor: sqlite3.Cursor | None = None
        self._columns = tuple(_zone_decided(connection, table, column) for column in table.columns)
        self.high_watermark = self._range.high
        self.rows_without_watermark = self._range.left_out

    def schema(self) -> "Schema":
        """See `source.Source.schema`."""
        # Arrow is imported here and below, because it takes longer to load than most faults take to find.
        from extract_job.databases.sqlite.arrow import schema_of

        return schema_of(self._columns)

    def read(self, most: int) -> "Table | None":
        """See `source.Source.read`."""
        from extract_job.databases.sqlite.arrow import MisfitError, table_of

        rows = self._fetched(most)
        if not rows:
            return None
        try:
            return table_of(self._columns, self.schema(), rows)
        except MisfitError as error:
            raise JobError(self._misfit(error)) from error

    def _fetched(self, most: int) -> list[tuple[object, ...]]:
        try:
            if self._cursor is None:
                names = ", ".join(quoted(column.name) for column in self._columns)
                sql = f"SELECT {names} FROM {self._table.sql} WHERE {self._range.condition}"
                self._cursor = self._connection.execute(sql, self._range.values)
            return self._cursor.fetchmany(most)
        except sqlite3.OperationalError as error:
            if "decode to UTF-8" in str(error):
                raise JobError(self._undecodable()) from error
            raise

    def _misfit(self, error: "MisfitError") -> str:
        column = error.column
        shown = repr(error.value)
        shown = shown if len(shown) <= 80 else shown[:77] + "…"
        return (
            f"table {self._name!r}, column {column.name!r} ({column.declared or 'no type declared'})"
            f"{self._place(column, error.value)}: {shown} {error.why}; "
            f"mend the value, or read the column as text with --text_columns {column.name}"
        )

    def _place(self, column: Column, value: object) -> str:
        """Say in which row `value` stands, e.g. `, rowid 17`; empty if the table has no rowids."""
        if self._table.rowid is None:
            return ""
        name = quoted(column.name)
        row = self._connection.execute(
            f"SELECT {self._table.rowid} FROM {self._table.sql} "
            f"WHERE {name} IS ? AND typeof({name}) = typeof(?) AND ({self._range.condition}) LIMIT 1",
            (value, value, *self._range.values),
        ).fetchone()
        return f", rowid {row[0]}" if row else ""

    def _undecodable(self) -> str:
        """Find the text that is not UTF-8; Python's error tells neither the table nor the row."""
        rowid = self._table.rowid or "NULL"
        for column in self._columns:
            name = quoted(column.name)
            rows = self._connection.execute(
                f"SELECT {rowid}, CAST({name} AS BLOB) FROM {self._table.sql} "
                f"WHERE typeof({name}) = 'text' AND ({self._range.condition})",
                self._range.values,
            )
            for number, raw in rows:
                try:
                    raw.decode()
                except UnicodeDecodeError:
                    row = "" if number is None else f", rowid {number}"
                    return (
                        f"table {self._name!r}, column {column.name!r} ({column.declared or 'no type declared'}){row}: "
                        f"{raw[:40]!r} is stored as text and is not UTF-8; mend the value in the database"
                    )
        return f"table {self._name!r} holds text that is not UTF-8; mend it in the database"


def _range(connection: sqlite3.Connection, table: FoundTable, arguments: Arguments) -> Range:
    marks = arguments.marks
    if marks is None:
        return EVERYTHING
    column = table.column(marks.column)
    if column is None:
        known = nearest(marks.column, [column.name for column in table.columns])
        raise JobError(f"table {arguments.table!r} has no column {marks.column!r} (--hwm_col_name); {known}")
    return range_of(connection, table, arguments.table, replace(marks, column=column.name))


def _zone_decided(connection: sqlite3.Connection, table: FoundTable, column: Column) -> Column:
    """Decide for a plain TIMESTAMP whether it holds instants: by the table's first value, so that each run decides alike."""
    if column.kind is not Kind.TIMESTAMP or column.zoned is not None:
        return column
    name = quoted(column.name)
    row = connection.execute(
        f"SELECT value FROM (SELECT {name} AS value FROM {table.sql} LIMIT {ZONE_ROWS}) WHERE typeof(value) = 'text' LIMIT 1"
    ).fetchone()
    try:
        zoned = row is not None and form(row[0])[1] != ""
    except ValueError:
        zoned = False  # reading the value will complain about it, with its place
    return replace(column, zoned=zoned)


def _connected(path: Path, wait_seconds: int) -> sqlite3.Connection:
    """Open the file, never making one, and begin the snapshot; waits in short steps, so that a signal is heard."""
    uri = f"file://{quote(os.fsencode(path.absolute()))}?mode=ro"
    deadline = time.monotonic() + wait_seconds
    while True:
        connection = sqlite3.connect(uri, uri=True, timeout=0.2, isolation_level=None)
        try:
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except BaseException as error:
            connection.close()
            busy = isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() >= deadline:
                raise
        else:
            return connection


def _reason(database: str, error: sqlite3.Error, waited_seconds: int) -> str:
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_BUSY:
        return f"database {database!r} is locked by another process (waited {waited_seconds} s); try again when it is free"
    if code == sqlite3.SQLITE_NOTADB:
        return f"database {database!r} is not a SQLite database"
    if code == sqlite3.SQLITE_CANTOPEN:
        return f"database {database!r} can't be opened: may this user read it, and write in its folder if it is in WAL mode?"
    return f"cannot read database {database!r}: {error}"
