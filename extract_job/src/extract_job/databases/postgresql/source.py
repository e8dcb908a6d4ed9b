"""A PostgreSQL table as a `Source`: all that is read comes from one snapshot."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from extract_job.arguments.parsing import Arguments
from extract_job.databases.names import nearest, quoted
from extract_job.databases.postgresql.connection import Session, session
from extract_job.databases.postgresql.marks import EVERYTHING, Range, range_of
from extract_job.databases.postgresql.tables import FoundTable, find_table
from extract_job.errors import JobError

if TYPE_CHECKING:
    from extract_job.databases.postgresql.arrow import MisfitError
    from extract_job.databases.source import Schema, Table


@contextmanager
def open_postgresql(arguments: Arguments) -> Iterator["PostgresqlSource"]:
    """Open the table in a snapshot; raises `JobError` for all that keeps it from being read, now and while it is open."""
    with session(arguments) as opened:
        table = find_table(opened, arguments.database, arguments.table, arguments.text_columns)
        yield PostgresqlSource(opened, table, arguments)


class PostgresqlSource:
    """See `source.Source`."""

    def __init__(self, opened: Session, table: FoundTable, arguments: Arguments) -> None:
        self._session = opened
        self._table = table
        self._name = arguments.table
        self._range = _range(opened, table, arguments)
        self._batches: Iterator[Table] | None = None
        self._rest: Table | None = None
        self.high_watermark = self._range.high
        self.rows_without_watermark = self._range.left_out

    def schema(self) -> "Schema":
        """See `source.Source.schema`."""
        from extract_job.databases.postgresql.arrow import schema_of

        return schema_of(self._table.columns)

    def read(self, most: int) -> "Table | None":
        """See `source.Source.read`. The driver gives batches by bytes; they are handed on in slices, which copy nothing."""
        if self._batches is None:
            self._batches = self._tables()
        if self._rest is None or not self._rest.num_rows:
            self._rest = next(self._batches, None)
        if self._rest is None:
            return None
        found, self._rest = self._rest.slice(0, most), self._rest.slice(most)
        return found

    def _tables(self) -> "Iterator[Table]":
        from extract_job.databases.postgresql.arrow import MisfitError, table_of

        columns, schema = self._table.columns, self.schema()
        names = ", ".join(column.expression for column in columns)
        query = f"SELECT {names} FROM {self._table.sql} WHERE {self._range.condition}"  # noqa: S608 - quoted
        batches = self._session.batches(query)
        for batch in batches:
            try:
                table = table_of(columns, schema, batch)
            except MisfitError as error:
                batches.close()
                raise JobError(self._misfit(error)) from error
            if table.num_rows:
                yield table

    def _misfit(self, error: "MisfitError") -> str:
        column = error.column
        name = quoted(column.name)
        rows = self._session.rows(
            f"SELECT {name}::text, {'ctid::text' if self._table.placed else 'NULL'} FROM {self._table.sql} "  # noqa: S608 - quoted
            f"WHERE ({error.condition}) AND ({self._range.condition}) LIMIT 1"
        )
        value = repr(rows[0][0]) if rows else "a value"
        place = f", row at ctid {rows[0][1]}" if rows and rows[0][1] else ""
        return (
            f"table {self._name!r}, column {column.name!r} ({column.declared}){place}: {value[:80]} {error.why}; "
            f"mend the value, or read the column as text with --text_columns {column.name}"
        )


def _range(opened: Session, table: FoundTable, arguments: Arguments) -> Range:
    marks = arguments.marks
    if marks is None:
        return EVERYTHING
    column = table.column(marks.column)
    if column is None:
        known = nearest(marks.column, [column.name for column in table.columns])
        raise JobError(f"table {arguments.table!r} has no column {marks.column!r} (--hwm_col_name); {known}")
    return range_of(opened, table, arguments.table, column, marks)
