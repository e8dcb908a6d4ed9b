"""A PostgreSQL table as a `Source`: the high mark and the rows are read in one snapshot."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from extract_job.arguments.model import Arguments
from extract_job.databases.conditions import Condition
from extract_job.databases.delivered import Digests, Memory, check_count, past_by_digests
from extract_job.databases.misfits import MisfitError, misfit, place
from extract_job.databases.postgresql.connection import Session, session
from extract_job.databases.postgresql.server import current_snapshot, read_snapshot, source_info
from extract_job.databases.postgresql.splitting import PostgresqlSplit
from extract_job.databases.postgresql.tables import find_table
from extract_job.databases.postgresql.transactions import transactions_of
from extract_job.databases.postgresql.watermark import PostgresqlWatermark
from extract_job.databases.source import Reader
from extract_job.databases.tables import SourceTable
from extract_job.databases.window import EVERYTHING, Rules, Window, decide
from extract_job.errors import JobError
from extract_job.last_result import LastResult
from extract_job.marks import Watermark
from extract_job.splitting.key import SplitTable

if TYPE_CHECKING:
    from extract_job.databases.jdbc import JdbcReader
    from extract_job.databases.mapping import Column
    from extract_job.databases.source import Schema, Table
    from extract_job.proof.arrow import Hasher
    from extract_job.proof.figures import Figures


@contextmanager
def open_postgresql(arguments: Arguments, last: LastResult) -> Iterator["PostgresqlSource"]:
    """Open the table in a snapshot; for errors see `connection.session`."""
    with session(arguments) as transaction:
        table = find_table(transaction, arguments.database, arguments.table, arguments.selection)
        yield PostgresqlSource(transaction, table, arguments, last)


class PostgresqlSource:
    """See `source.Source`."""

    one_reader_because: str | None = None

    def __init__(self, transaction: Session, table: SourceTable, arguments: Arguments, last: LastResult) -> None:
        self._session = transaction
        self._arguments = arguments
        self._table = table
        self.columns: Sequence[Column] = table.columns
        self.info = source_info(transaction)
        snapshot = current_snapshot(transaction)
        self.snapshot = snapshot.text if snapshot else None
        self._transactions = transactions_of(transaction, table, snapshot) if snapshot else None
        self._old: Condition | None = None
        """The rows of the window that are left out, if the server can tell."""
        self._memory: Memory | None = None
        self._digests: Digests | None = None
        self._known: bytes | None = None
        """The digests of delivered rows with which `_digests` began."""
        watermark = arguments.watermark
        self.window = EVERYTHING if watermark is None else self._decided(arguments, watermark, last)
        self._batches: Iterator[Table] | None = None
        self._rest: Table | None = None
        self._left_out = 0
        self._parts: list[PostgresqlSource] = []
        self._take_left_out: Callable[[Table], None] | None = None

    def _decided(self, arguments: Arguments, watermark: Watermark, last: LastResult) -> Window:
        """Decide the window, and how rows are recognised: by transactions if the table is stored."""
        column = PostgresqlWatermark(self._session, self._table, watermark)
        transactions = self._transactions
        names = [column.name for column in self._table.columns]
        past = transactions.past(last, watermark, self.info.identity) if transactions else past_by_digests(last, watermark, names)
        window = decide(column, watermark, past, Rules.of(arguments))
        if window.next_overlap is None:
            return window
        if transactions:
            self._memory = transactions.memory(self._table.name, window)
            self._old = transactions.delivered(last, window.overlap) if window.overlap else None
        else:
            check_count(self._table.name, window, self._count_up_to)
            self._known = last.records if window.overlap else b""
            self._digests = Digests(self._known)
        return window

    def _count_up_to(self, rows: Condition, most: int) -> int:
        ((count,),) = self._session.rows(
            f"SELECT count(*) FROM (SELECT 1 FROM {self._table.sql} WHERE {rows.sql} LIMIT {most}) AS first"  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`
        )
        return int(count)

    def left_out_to(self, take: "Callable[[Table], None]") -> None:
        """See `source.Source.left_out_to`."""
        self._take_left_out = take

    def rows_left_out(self) -> int:
        """See `source.Source.rows_left_out`."""
        return self._left_out + sum(part.rows_left_out() for part in self._parts)

    def memory(self) -> Memory | None:
        """See `source.Source.memory`."""
        return self._digests.memory(column.name for column in self._table.columns) if self._digests else self._memory

    def split(self) -> SplitTable:
        """See `source.Source.split`."""
        return PostgresqlSplit(self._session, self._table)

    def identity(self) -> str:
        """See `source.PartedSource.identity`: a table that is made anew, or a new partition, has another oid."""
        return f"{self.info.identity}/{self._table.sql}/{self._transactions.tables if self._transactions else ''}"

    def unchanged(self, rows: Condition, snapshot: str | None, count: int) -> bool | None:
        """See `source.PartedSource.unchanged`: by the transactions that wrote the rows, if the table is stored."""
        if self._transactions is None or snapshot is None:
            return None
        return self._transactions.unchanged(self.window.rows & rows, read_snapshot(snapshot), count)

    @contextmanager
    def readers(self, count: int) -> Iterator[Sequence[Reader]]:
        """See `source.Source.readers`: each has a session in the snapshot of this one."""
        snapshot = self._session.exported()
        with ExitStack() as stack:
            sessions = [stack.enter_context(session(self._arguments, snapshot)) for _ in range(count)]
            for one in sessions:
                one.batch_bytes //= count
            yield tuple(Reader(partial(self._part, one), one.cancel) for one in sessions)

    def _part(self, transaction: Session, rows: Condition) -> "PostgresqlSource":
        part = copy(self)
        window = replace(self.window, rows=self.window.rows & rows)
        vars(part).update(_session=transaction, window=window, _batches=None, _rest=None, _left_out=0, _parts=[])
        self._parts.append(part)
        return part

    def schema(self) -> "Schema":
        """See `source.Source.schema`."""
        from extract_job.databases.arrow_types import schema_of

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

    def by_jdbc(self, arguments: Arguments) -> "JdbcReader":
        """See `jdbc.JdbcSource.by_jdbc`."""
        from extract_job.databases.postgresql.jdbc import PostgresqlJdbc

        return PostgresqlJdbc(
            self._session, self._table, arguments, self.window, old=self._old, known=self._known, misfit=self._misfit
        )

    def carried(self, parts: int, left_out: int, digests: bytes) -> None:  # noqa: ARG002 - all parts read one snapshot
        """See `jdbc.JdbcSource.carried`."""
        self._left_out += left_out
        if self._digests:
            self._digests.remember(digests)
        self._leave_out()

    @property
    def _rows(self) -> str:
        return f"FROM {self._table.sql} WHERE {self.window.rows.sql}"

    def _tables(self) -> "Iterator[Table]":
        """Yield the rows to deliver. The rows that are left out travel only if they must."""
        rows, old = self.window.rows, self._old
        yield from self._selected(rows if old is None else rows & Condition(f"NOT ({old.sql})"))
        self._leave_out()

    def _leave_out(self) -> None:
        """Pass on the rows that the server knows as delivered, or count them."""
        if self._old is None:
            return
        left_out = self.window.rows & self._old
        if self._take_left_out is None:
            ((count,),) = self._session.rows(f"SELECT count(*) FROM {self._table.sql} WHERE {left_out.sql}")  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`
            self._left_out += count
            return
        for rows in self._selected(left_out):
            self._left_out += rows.num_rows
            self._take_left_out(rows)

    def _selected(self, rows: Condition) -> "Iterator[Table]":
        from extract_job.databases.postgresql.digests import digest_columns, parted

        names = ", ".join(column.expression for column in self._table.columns)
        digests = self._digests
        more = "".join(f", {sql}" for sql in digest_columns(self._table.columns, self.window)) if digests else ""
        batches = self._session.batches(f"SELECT {names}{more} FROM {self._table.sql} WHERE {rows.sql}")  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`
        for batch in batches:
            new = batch
            if digests:
                new, old = parted(batch, digests)
                self._left_out += old.num_rows
                if old.num_rows and self._take_left_out:
                    self._take_left_out(self._converted(old, batches))
            if new.num_rows:
                yield self._converted(new, batches)

    def _converted(self, batch: Any, batches: "Generator[Any, None, None]") -> "Table":
        from extract_job.databases.postgresql.arrow import table_of

        try:
            return table_of(self._table.columns, self.schema(), batch)
        except MisfitError as error:
            batches.close()
            raise self._misfit(error) from error

    def _misfit(self, error: MisfitError) -> JobError:
        row_id = self._table.row_id
        rows = error.rows & self.window.rows
        number = f"{row_id}::text" if row_id else "NULL"
        answer = self._session.rows(
            f"SELECT {error.column.text}, {number} FROM {self._table.sql} WHERE {rows.sql} LIMIT 1"  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`
        )
        value, stored_at = answer[0] if answer else (None, None)
        return misfit(place(self._table.name, error.column, row_id, stored_at), error, value)
