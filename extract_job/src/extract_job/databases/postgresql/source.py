# ruff: noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`
"""A PostgreSQL table as a `Source`: the high mark and the rows are read in one snapshot."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from extract_job.arguments.model import Arguments
from extract_job.databases.misfits import MisfitError, misfit, place
from extract_job.databases.postgresql.columns import Column
from extract_job.databases.postgresql.connection import Session, session
from extract_job.databases.postgresql.tables import find_table
from extract_job.databases.postgresql.watermark import PostgresqlWatermark
from extract_job.databases.ranges import EVERYTHING, row_range
from extract_job.databases.tables import SourceTable
from extract_job.errors import JobError

if TYPE_CHECKING:
    from extract_job.databases.source import Schema, Table
    from extract_job.proof.arrow import Hasher
    from extract_job.proof.figures import Figures


@contextmanager
def open_postgresql(arguments: Arguments) -> Iterator["PostgresqlSource"]:
    """Open the table in a snapshot; for errors see `connection.session`."""
    with session(arguments) as transaction:
        table = find_table(transaction, arguments.database, arguments.table, arguments.text_columns)
        yield PostgresqlSource(transaction, table, arguments)


class PostgresqlSource:
    """See `source.Source`."""

    def __init__(self, transaction: Session, table: SourceTable[Column], arguments: Arguments) -> None:
        self._session = transaction
        self._table = table
        watermark = arguments.watermark
        self._range = (
            EVERYTHING if watermark is None else row_range(PostgresqlWatermark(transaction, table, watermark), watermark)
        )
        self._batches: Iterator[Table] | None = None
        self._rest: Table | None = None
        self.high_mark = self._range.high
        self.rows_without_mark = self._range.without_mark

    def schema(self) -> "Schema":
        """See `source.Source.schema`."""
        from extract_job.databases.postgresql.arrow import schema_of

        return schema_of(self._table.columns)

    def read(self, most: int) -> "Table | None":
        """See `source.Source.read`. The driver bounds batches by bytes; a slice copies nothing."""
        if self._batches is None:
            self._batches = self._tables()
        if self._rest is None or not self._rest.num_rows:
            self._rest = next(self._batches, None)
        if self._rest is None:
            return None
        rows, self._rest = self._rest.slice(0, most), self._rest.slice(most)
        return rows

    def count(self) -> int:
        """See `source.Source.count`."""
        ((count,),) = self._session.rows(f"SELECT count(*) {self._rows}")
        return int(count)

    def figures(self) -> "Figures":
        """See `source.Source.figures`."""
        from extract_job.databases.postgresql.figures import figures_in

        return figures_in(self._session, self._table.columns, self.schema(), self._rows)

    def hasher(self) -> "Hasher":
        """See `source.Source.hasher`."""
        from extract_job.proof.lookup3_rows import Lookup3

        return Lookup3()

    @property
    def _rows(self) -> str:
        return f"FROM {self._table.sql} WHERE {self._range.rows.sql}"

    def _tables(self) -> "Iterator[Table]":
        from extract_job.databases.postgresql.arrow import table_of

        columns, schema = self._table.columns, self.schema()
        names = ", ".join(column.expression for column in columns)
        batches = self._session.batches(f"SELECT {names} {self._rows}")
        for batch in batches:
            try:
                table = table_of(columns, schema, batch)
            except MisfitError as error:
                batches.close()
                raise self._misfit(error) from error
            if table.num_rows:
                yield table

    def _misfit(self, error: MisfitError) -> JobError:
        row_id = self._table.row_id
        rows = error.rows & self._range.rows
        text = self._table.column("text_columns", error.column.name).text
        answer = self._session.rows(
            f"SELECT {text}, {f'{row_id}::text' if row_id else 'NULL'} FROM {self._table.sql} WHERE {rows.sql} LIMIT 1"
        )
        value, number = answer[0] if answer else (None, None)
        return misfit(place(self._table.name, error.column, row_id, number), error, value)
