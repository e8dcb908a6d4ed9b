"""A SQLite table as a `Source`: the high mark and the rows are read in one transaction."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from extract_job.arguments.model import Arguments
from extract_job.databases.conditions import Condition
from extract_job.databases.delivered import check_count, digest_of, past_by_digests
from extract_job.databases.mapping import Column, Kind
from extract_job.databases.misfits import MisfitError, misfit, place
from extract_job.databases.names import quoted
from extract_job.databases.row_source import RowSource
from extract_job.databases.sqlite.connection import snapshot
from extract_job.databases.sqlite.splitting import SqliteSplit
from extract_job.databases.sqlite.tables import find_table
from extract_job.databases.sqlite.watermark import SqliteWatermark
from extract_job.databases.tables import SourceTable
from extract_job.databases.window import EVERYTHING, Past, Rules, Window, decide
from extract_job.errors import JobError
from extract_job.last_result import LastResult
from extract_job.marks import MarkType, Watermark, form
from extract_job.result import SourceInfo
from extract_job.splitting.key import SplitTable
from extract_job.stopping import StopRequest

if TYPE_CHECKING:
    from extract_job.databases.source import Table
    from extract_job.proof.arrow import Hasher
    from extract_job.proof.figures import Figures

ZONE_ROWS = 1000
"""Rows that are read to see whether the text of a plain timestamp has an offset."""


@contextmanager
def open_sqlite(arguments: Arguments, last: LastResult, stop: StopRequest) -> Iterator["SqliteSource"]:
    """Open the table in a snapshot; for errors see `connection.snapshot`."""
    with snapshot(arguments.database, arguments.lock_wait_seconds, stop) as connection:
        table = find_table(connection, arguments.database, arguments.table, arguments.selection)
        yield SqliteSource(connection, table, arguments, last)


class SqliteSource(RowSource):
    """See `source.Source`."""

    snapshot: str | None = None
    one_reader_because: str | None = "one connection reads a SQLite file as fast as several"

    def __init__(self, connection: sqlite3.Connection, table: SourceTable, arguments: Arguments, last: LastResult) -> None:
        self._connection = connection
        self._table = table
        self._columns = tuple(_zone_decided(connection, table, column) for column in table.columns)
        self.columns: Sequence[Column] = self._columns
        past = past_by_digests(last, arguments.watermark, [column.name for column in table.columns])
        self.window = EVERYTHING if arguments.watermark is None else self._decided(arguments, arguments.watermark, past)
        self._begin(last.records)
        self._left_out = 0
        self._parts: list[SqliteSource] = []
        self._take_left_out: Callable[[Table], None] | None = None
        self.info = SourceInfo("sqlite", sqlite3.sqlite_version, datetime.now(UTC).isoformat(timespec="microseconds"), None)

    def split(self) -> SplitTable:
        """See `source.Source.split`."""
        return SqliteSplit(self._connection, self._table)

    def identity(self) -> str:
        """See `source.PartedSource.identity`: a table that is made anew changes the version of the schema."""
        (version,) = self._connection.execute("PRAGMA schema_version").fetchone()
        return f"{self._table.sql}/{version}"

    def read(self, most: int) -> "Table | None":
        """See `source.Source.read`."""
        while rows := self._fetched(most):
            if self.window.next_overlap is not None:
                rows = self._new(rows)
            if rows:
                return self._converted(rows)
        return None

    def _decided(self, arguments: Arguments, watermark: Watermark, past: Past) -> Window:
        column = SqliteWatermark(self._connection, self._table, watermark)
        window = decide(column, watermark, past, Rules.of(arguments))
        if watermark.type is MarkType.TIMESTAMP and window.begin is not None:
            column.check_forms(window.begin)
        check_count(self._table.name, window, self._count_up_to)
        return window

    def _count_up_to(self, rows: Condition, most: int) -> int:
        query = f"SELECT count(*) FROM (SELECT 1 FROM {self._table.sql} WHERE {rows.sql} LIMIT {most})"  # noqa: S608 - identifiers are quoted by `quoted`, values are bound
        (count,) = self._connection.execute(query, rows.values).fetchone()
        return int(count)

    def _new(self, rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
        """Return the rows to deliver, without the two flags at their end."""
        if not any(row[-2] or row[-1] for row in rows):
            return [row[:-2] for row in rows]
        new, old = [], []
        for *values, overlap, remember in rows:
            row = tuple(values)
            if (overlap or remember) and not self._digests.is_new(digest_of(row), overlap=overlap == 1, remember=remember == 1):
                old.append(row)
            else:
                new.append(row)
        self._left_out += len(old)
        if old and self._take_left_out:
            self._take_left_out(self._converted(old))
        return new

    def _converted(self, rows: list[tuple[object, ...]]) -> "Table":
        from extract_job.databases.sqlite.arrow import table_of

        try:
            return table_of(self._columns, self.schema(), rows)
        except MisfitError as error:
            raise self._misfit(error) from error

    def count(self) -> int:
        """See `source.Source.count`."""
        rows = self.window.rows
        (count,) = self._connection.execute(f"SELECT count(*) FROM {self._table.sql} WHERE {rows.sql}", rows.values).fetchone()  # noqa: S608 - identifiers are quoted by `quoted`, values are bound
        return int(count)

    def figures(self) -> "Figures":
        """See `source.Source.figures`."""
        from extract_job.databases.sqlite.figures import figures_in

        return figures_in(self._connection, self._columns, self._table.sql, self.window.rows)

    def hasher(self) -> "Hasher":
        """See `source.Source.hasher`."""
        from extract_job.proof.crc32_rows import Crc32

        return Crc32()

    def _fetched(self, most: int) -> list[tuple[object, ...]]:
        try:
            if self._cursor is None:
                self._cursor = self._selected()
            return list(self._cursor.fetchmany(most))
        except sqlite3.OperationalError as error:
            if "decode to UTF-8" in str(error):
                raise JobError(self._undecodable()) from error
            raise

    def _selected(self) -> sqlite3.Cursor:
        window = self.window
        names = ", ".join(column.value for column in self._columns)
        flags = Condition("")
        if window.next_overlap is not None:
            overlap, remember = window.overlap or Condition("0"), window.next_overlap
            flags = Condition(f", {overlap.sql}, {remember.sql}", overlap.values + remember.values)
        query = f"SELECT {names}{flags.sql} FROM {self._table.sql} WHERE {window.rows.sql}"  # noqa: S608 - identifiers are quoted by `quoted`, values are bound
        return self._connection.execute(query, flags.values + window.rows.values)

    def _misfit(self, error: MisfitError) -> JobError:
        rows = error.rows & self.window.rows
        value, number = self._connection.execute(
            f"SELECT {quoted(error.column.name)}, {self._table.row_id or 'NULL'} FROM {self._table.sql} WHERE {rows.sql} LIMIT 1",  # noqa: S608 - identifiers are quoted by `quoted`, values are bound
            rows.values,
        ).fetchone() or (None, None)
        return misfit(place(self._table.name, error.column, self._table.row_id, number), error, value)

    def _undecodable(self) -> str:
        """Find the text that is not UTF-8; Python's error names neither the table nor the row."""
        row_id = self._table.row_id
        for column in self._columns:
            name = quoted(column.name)
            rows = Condition(f"typeof({name}) = 'text'") & self.window.rows
            texts = self._connection.execute(
                f"SELECT {row_id or 'NULL'}, CAST({name} AS BLOB) FROM {self._table.sql} WHERE {rows.sql}",  # noqa: S608 - identifiers are quoted by `quoted`, values are bound
                rows.values,
            )
            for number, raw in texts:
                try:
                    raw.decode()
                except UnicodeDecodeError:
                    where = place(self._table.name, column, row_id, number)
                    return f"{where}: {raw[:40]!r} is stored as text and is not UTF-8; fix the value in the database"
        return f"table {self._table.name!r} holds text that is not UTF-8; fix it in the database"


def _zone_decided(connection: sqlite3.Connection, table: SourceTable, column: Column) -> Column:
    """Decide whether a plain TIMESTAMP holds instants.

    The first value of the table decides, so that each run decides the same.
    """
    if not column.undecided:
        return column
    name = quoted(column.name)
    row = connection.execute(
        f"SELECT value FROM (SELECT {name} AS value FROM {table.sql} LIMIT {ZONE_ROWS}) WHERE typeof(value) = 'text' LIMIT 1"  # noqa: S608 - identifiers are quoted by `quoted`, values are bound
    ).fetchone()
    try:
        zoned = row is not None and form(row[0])[1] != ""
    except ValueError:
        zoned = False  # reading the value will report it, with its place
    return replace(column, kind=Kind.INSTANT if zoned else Kind.TIMESTAMP, undecided=False)
