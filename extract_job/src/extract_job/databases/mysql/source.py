"""A MySQL or MariaDB table as a `Source`: the high mark and the rows are read in one snapshot."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from extract_job.arguments.model import Arguments
from extract_job.databases.conditions import Condition
from extract_job.databases.delivered import check_count, past_by_digests
from extract_job.databases.mysql.connection import Session, session
from extract_job.databases.mysql.recognising import flags, recognised
from extract_job.databases.mysql.splitting import MysqlSplit
from extract_job.databases.mysql.tables import find_table
from extract_job.databases.mysql.watermark import MysqlWatermark
from extract_job.databases.row_source import RowSource
from extract_job.databases.tables import SourceTable
from extract_job.databases.window import EVERYTHING, Rules, Window, decide
from extract_job.last_result import LastResult
from extract_job.marks import Watermark
from extract_job.result import SourceInfo
from extract_job.splitting.key import SplitTable

if TYPE_CHECKING:
    from extract_job.databases.jdbc import JdbcReader
    from extract_job.databases.mapping import Column
    from extract_job.databases.mysql.packets import Array
    from extract_job.databases.source import Table
    from extract_job.proof.arrow import Hasher
    from extract_job.proof.figures import Figures


@contextmanager
def open_mysql(arguments: Arguments, last: LastResult) -> Iterator["MysqlSource"]:
    """Open the table in a snapshot; for errors see `connection.session`."""
    with session(arguments) as transaction:
        table, without_snapshot = find_table(transaction, arguments.table, arguments.selection)
        yield MysqlSource(transaction, table, without_snapshot, arguments, last)


class MysqlSource(RowSource):
    """See `source.Source`."""

    snapshot: str | None = None
    """`per_partition` if parts were read in separate snapshots."""
    one_reader_because: str | None = "several connections would not see the same rows"

    def __init__(
        self,
        transaction: Session,
        table: SourceTable,
        without_snapshot: str | None,
        arguments: Arguments,
        last: LastResult,
    ) -> None:
        self._session = transaction
        self._table = table
        self.columns: Sequence[Column] = table.columns
        self.info = _source_info(transaction)
        watermark = arguments.watermark
        window = EVERYTHING if watermark is None else self._decided(arguments, watermark, last)
        if without_snapshot:
            window = replace(window, notes=(*window.notes, _no_snapshot(without_snapshot)))
        self.window = window
        self._known = last.records if self.window.overlap else b""
        self._begin(self._known)

    def _decided(self, arguments: Arguments, watermark: Watermark, last: LastResult) -> Window:
        column = MysqlWatermark(self._session, self._table, watermark)
        past = past_by_digests(last, watermark, [column.name for column in self._table.columns])
        window = decide(column, watermark, past, Rules.of(arguments))
        check_count(self._table.name, window, self._count_up_to)
        return window

    def _count_up_to(self, rows: Condition, most: int) -> int:
        return self._session.number(
            f"SELECT COUNT(*) FROM (SELECT 1 FROM {self._table.sql} WHERE {rows.sql} LIMIT {most}) AS first"  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`
        )

    def split(self) -> SplitTable:
        """See `source.Source.split`."""
        return MysqlSplit(self._session, self._table)

    def identity(self) -> str:
        """See `source.PartedSource.identity`: a table that is made anew, or emptied, has another time of creation."""
        server = self._session.text("SELECT CONCAT(@@hostname, '/', @@port)")
        return f"{server}/{self._table.sql}/{MysqlSplit(self._session, self._table).created()}"

    def read(self, most: int) -> "Table | None":
        """See `source.Source.read`."""
        if self._cursor is None:
            self._cursor = self._session.streamed(self._query())
        while (octets := self._cursor.read(most)) is not None:
            new = octets if self.window.next_overlap is None else self._new(octets)
            if len(new[0]):
                return self._converted(new)
        return None

    def count(self) -> int:
        """See `source.Source.count`."""
        return self._session.number(f"SELECT COUNT(*) FROM {self._table.sql} WHERE {self.window.rows.sql}")  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`

    def figures(self) -> "Figures":
        """See `source.Source.figures`."""
        from extract_job.databases.mysql.figures import figures_in

        return figures_in(self._session, self._table.columns, self._table.sql, self.window.rows)

    def hasher(self) -> "Hasher":
        """See `source.Source.hasher`."""
        from extract_job.proof.crc32_texts import Crc32Texts

        return Crc32Texts()

    def by_jdbc(self, arguments: Arguments) -> "JdbcReader":
        """See `jdbc.JdbcSource.by_jdbc`."""
        from extract_job.databases.mysql.jdbc import MysqlJdbc

        return MysqlJdbc(self._session, self._table, arguments, self.window, self._known)

    def carried(self, parts: int, left_out: int, digests: bytes) -> None:
        """See `jdbc.JdbcSource.carried`."""
        self.snapshot = "per_partition" if parts > 1 else None
        self._left_out += left_out
        self._digests.remember(digests)

    def _query(self) -> str:
        values = [*(column.value for column in self._table.columns), *flags(self.window)]
        return f"SELECT {', '.join(values)} FROM {self._table.sql} WHERE {self.window.rows.sql}"  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`

    def _new(self, octets: Sequence["Array"]) -> Sequence["Array"]:
        """Return the rows to deliver, without the two flags at their end: may be an old row, must be remembered."""
        is_new = [
            recognised(self._digests, tuple(values), overlap=overlap == b"1", remember=remember == b"1")
            for *values, overlap, remember in zip(*(column.to_pylist() for column in octets), strict=True)
        ]
        old = len(is_new) - sum(is_new)
        self._left_out += old
        columns = octets[:-2]
        if not old:
            return columns
        if self._take_left_out:
            is_old = [not new for new in is_new]
            self._take_left_out(self._converted([column.filter(is_old) for column in columns]))
        return [column.filter(is_new) for column in columns]

    def _converted(self, octets: Sequence["Array"]) -> "Table":
        from extract_job.databases.mysql.arrow import RowMisfitError, row_misfit, table_of

        table = self._table
        try:
            return table_of(table.columns, self.schema(), octets)
        except RowMisfitError as error:
            row = [column[error.row].as_py() for column in octets]
            raise row_misfit(table.name, table.row_id, table.columns, error, row) from error


def _source_info(transaction: Session) -> SourceInfo:
    version = transaction.text("SELECT VERSION()") or ""
    time = transaction.text("SELECT UTC_TIMESTAMP(6)") or ""
    engine = "mariadb" if "mariadb" in version.lower() else "mysql"
    return SourceInfo(engine, version, f"{time.replace(' ', 'T')}+00:00", None)


def _no_snapshot(engine: str) -> str:
    return (
        f"the storage engine {engine} has no snapshots: rows that are written while the table is read may be left out or read "
        "in part; stop the writers, or convert the table to InnoDB"
    )
