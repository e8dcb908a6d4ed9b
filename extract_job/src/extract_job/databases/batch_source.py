"""A table that a driver sends as Arrow batches, as a `Source`: the high mark and the rows are read in one session.

Rows of the overlap are recognised by digests of their values.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from extract_job.arguments.model import Arguments
from extract_job.databases.conditions import Condition
from extract_job.databases.delivered import Digests, Memory, check_count, digest_of, past_by_digests
from extract_job.databases.misfits import misfit, place
from extract_job.databases.server_watermark import Questions, ServerWatermark
from extract_job.databases.tables import SourceTable
from extract_job.databases.window import EVERYTHING, Rules, Window, decide
from extract_job.errors import FailureClass, JobError
from extract_job.last_result import LastResult
from extract_job.marks import Watermark
from extract_job.result import SourceInfo

if TYPE_CHECKING:
    from extract_job.databases.batches import BatchMisfitError
    from extract_job.databases.mapping import Column
    from extract_job.databases.number_figures import FigureSql
    from extract_job.databases.source import Schema, Table
    from extract_job.proof.arrow import Hasher
    from extract_job.proof.figures import Figures

BATCH_ROWS = 8192
_FLAGS = 2
"""Columns at the end of a row of an increment: whether it may be an old row, and whether to remember it."""


class BatchSession(Questions, Protocol):
    """A session that sends rows as Arrow record batches."""

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return all rows of a small answer; may raise `JobError`."""

    def batches(self, query: str, rows: int) -> Iterator[Any]:
        """Yield the answer as record batches of at most so many rows, as they arrive; may raise `JobError`."""


class BatchSource(ABC):
    """See `source.Source`. A database says how its watermark column is compared, and how a few rows are counted."""

    snapshot: str | None = None
    one_reader_because: str | None = "this version of the job reads the database by one connection"
    watermark_column: ClassVar[type[ServerWatermark]]

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of a source
        self,
        session: BatchSession,
        table: SourceTable,
        arguments: Arguments,
        last: LastResult,
        info: SourceInfo,
        notes: tuple[str, ...] = (),
    ) -> None:
        self._session = session
        self._table = table
        self.columns: Sequence[Column] = table.columns
        self.info = info
        if arguments.verify == "full":
            self.check_figures()
        watermark = arguments.watermark
        window = EVERYTHING if watermark is None else self._decided(arguments, watermark, last)
        self.window = replace(window, notes=(*window.notes, *notes))
        self._batch_rows = arguments.fetchsize or BATCH_ROWS
        self._digests = Digests(last.records if self.window.overlap else b"")
        self._tables: Iterator[Table] | None = None
        self._rest: Table | None = None
        self._left_out = 0
        self._take_left_out: Callable[[Table], None] | None = None

    @abstractmethod
    def count_up_to(self, rows: Condition, most: int) -> int:
        """Count these rows, but stop at `most`."""

    @abstractmethod
    def check_figures(self) -> None:
        """Raise `JobError` if this server cannot compute the figures of this table."""

    def _refused(self, why: str, remedy: str = "set verify: count, which compares the number of rows") -> JobError:
        return JobError(f"verify: full {why}; {remedy}", FailureClass.CONFIG)

    def _decided(self, arguments: Arguments, watermark: Watermark, last: LastResult) -> Window:
        column = self.watermark_column(self._session, self._table, watermark)
        past = past_by_digests(last, watermark, [column.name for column in self._table.columns])
        window = decide(column, watermark, past, Rules.of(arguments))
        check_count(self._table.name, window, self.count_up_to)
        return window

    def left_out_to(self, take: "Callable[[Table], None]") -> None:
        """See `source.Source.left_out_to`."""
        self._take_left_out = take

    def rows_left_out(self) -> int:
        """See `source.Source.rows_left_out`."""
        return self._left_out

    def memory(self) -> Memory | None:
        """See `source.Source.memory`."""
        if self.window.next_begin is None:
            return None
        return self._digests.memory(column.name for column in self._table.columns)

    def schema(self) -> "Schema":
        """See `source.Source.schema`."""
        from extract_job.databases.arrow_types import schema_of

        return schema_of(self._table.columns)

    def read(self, most: int) -> "Table | None":
        """See `source.Source.read`. A slice copies nothing."""
        if self._tables is None:
            self._tables = self._read()
        if self._rest is None or not self._rest.num_rows:
            self._rest = next(self._tables, None)
        if self._rest is None:
            return None
        rows, self._rest = self._rest.slice(0, most), self._rest.slice(most)
        return rows

    def count(self) -> int:
        """See `source.Source.count`."""
        return self._session.number(f"SELECT {self.watermark_column.counted} FROM {self._table.sql} WHERE {self.window.rows.sql}")  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`

    def figures(self) -> "Figures":
        """See `source.Source.figures`."""
        from extract_job.databases.number_figures import figures_in

        return figures_in(self._session.rows, self.figure_sql(), self._table.columns, self._table.sql, self.window.rows)

    @abstractmethod
    def figure_sql(self) -> "FigureSql":
        """Return the expressions of the figures."""

    def hasher(self) -> "Hasher":
        """See `source.Source.hasher`."""
        from extract_job.proof.sha256_numbers import Sha256Numbers

        return Sha256Numbers()

    def query(self) -> str:
        """Return the SELECT that reads the rows."""
        window = self.window
        values = [column.expression for column in self._table.columns]
        if window.next_overlap is not None:
            overlap = window.overlap.sql if window.overlap else "1 = 0"
            flags = {"extract_old": overlap, "extract_keep": window.next_overlap.sql}
            values += [f"CASE WHEN {sql} THEN 1 ELSE 0 END AS {name}" for name, sql in flags.items()]
        return f"SELECT {', '.join(values)} FROM {self._table.sql} WHERE {window.rows.sql}"  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`

    def _read(self) -> "Iterator[Table]":
        for batch in self._session.batches(self.query(), self._batch_rows):
            rows = batch if self.window.next_overlap is None else self._new(batch)
            if not rows.num_rows:
                continue
            yield self._converted(rows)

    def _converted(self, rows: Any) -> "Table":
        from extract_job.databases.batches import BatchMisfitError, table_of

        try:
            return table_of(self._table.columns, self.schema(), rows)
        except BatchMisfitError as error:
            raise self._misfit(error, rows) from error

    def _new(self, batch: Any) -> Any:
        """Return the rows to deliver, without the two flags at their end."""
        import pyarrow as pa

        count = batch.num_columns - _FLAGS
        old, keep = (batch.column(count + flag).to_pylist() for flag in range(_FLAGS))
        rows = batch.select(range(count))
        new = []
        for number, (overlap, remember) in enumerate(zip(old, keep, strict=True)):
            flags = {"overlap": bool(int(overlap)), "remember": bool(int(remember))}
            values = (tuple(column[number].as_py() for column in rows.columns)) if any(flags.values()) else ()
            new.append(not values or self._digests.is_new(digest_of(values), **flags))
        self._left_out += new.count(False)
        if all(new):
            return rows
        if self._take_left_out:
            self._take_left_out(self._converted(rows.filter(pa.array([not is_new for is_new in new], pa.bool_()))))
        return rows.filter(pa.array(new, pa.bool_()))

    def _misfit(self, error: "BatchMisfitError", rows: Any) -> JobError:
        key, names = self._table.row_id, [column.name for column in self._table.columns]
        number = None if key is None else rows.column(names.index(key))[error.row].as_py()
        return misfit(place(self._table.name, error.column, key, number), error, error.value)
