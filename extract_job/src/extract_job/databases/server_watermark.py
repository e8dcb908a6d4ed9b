"""The watermark column of a table on a server, in the SQL of its database.

The database compares in the type of the column. So a mark is only text here: ISO 8601, instants with their offset.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC
from typing import ClassVar, Protocol

from extract_job.databases.conditions import Condition
from extract_job.databases.mapping import Column
from extract_job.databases.names import quoted
from extract_job.databases.tables import SourceTable
from extract_job.databases.window import mark_column, not_a_mark
from extract_job.errors import FailureClass, JobError
from extract_job.marks import MarkType, Watermark, check_mark, form, moment_of


class Questions(Protocol):
    """A session that answers queries with one value."""

    def text(self, query: str) -> str | None:
        """Return the only value of an answer as text."""

    def number(self, query: str) -> int:
        """Return the only value of an answer, a whole number."""


class ServerWatermark(ABC):
    """See `window.WatermarkColumn`. A database says which types can hold marks, and how values and marks are written."""

    types: ClassVar[Mapping[MarkType, AbstractSet[str]]]
    """The base types that can hold marks of a type."""
    instants: ClassVar[AbstractSet[str]]
    """The base types whose values are instants."""
    counted: ClassVar[str] = "COUNT(*)"
    """The SQL that counts rows without a limit."""
    nowhere: ClassVar[str] = ""
    """What a SELECT without a table ends with."""

    def __init__(self, session: Questions, table: SourceTable, watermark: Watermark) -> None:
        column = mark_column(table, watermark, self.folded)
        if column.base not in self.types[watermark.type]:
            raise JobError(
                f"table {table.name!r}: watermark column {column.name!r} is {column.declared}, which cannot hold marks of "
                f"{watermark.type.value}; {self._remedy(column)}",
                FailureClass.CONFIG,
            )
        self._session = session
        self._table = table
        self._column = column
        self._watermark = watermark
        self.zoned = column.base in self.instants
        self._sql = self.value()
        self.is_null = Condition(f"{quoted(column.name)} IS NULL")

    @staticmethod
    def folded(name: str) -> str:
        """Map spellings that the database takes for the same name of a column to one text."""
        return name

    @abstractmethod
    def value(self) -> str:
        """Return the SQL of the value that is compared; texts are compared by their code points, whatever the collation."""

    @abstractmethod
    def literal(self, mark: str) -> str:
        """Return the SQL of a mark."""

    @abstractmethod
    def text_of(self, value: str) -> str:
        """Return the SQL of the text of a value."""

    def spelled(self, text: str) -> str:
        """Return the mark for the text of a value."""
        return text

    @abstractmethod
    def now(self) -> str:
        """Return the SQL of the clock of the server, in the type of the column: see `clock`."""

    def compared(self, operator: str, mark: str) -> Condition:
        """See `window.WatermarkColumn.compared`."""
        return Condition(f"{self._sql} {operator} {self.literal(mark)}")

    def newest(self, rows: Condition) -> str | None:
        """See `window.WatermarkColumn.newest`."""
        greatest = self.text_of(f"MAX({self._sql})")
        text = self._session.text(f"SELECT {greatest} FROM {self._table.sql} WHERE {rows.sql}")  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`
        return None if text is None else self.spelled(text)

    def check(self, mark: str) -> None:
        """See `window.WatermarkColumn.check`."""
        try:
            check_mark(self._watermark.type, mark)
        except ValueError as error:
            raise not_a_mark(self._table.name, self._column, self._watermark, mark, error) from error

    def below(self, mark: str, other: str) -> bool:
        """See `window.WatermarkColumn.below`."""
        if mark == other:
            return False
        is_below = f"CASE WHEN {self.literal(mark)} < {self.literal(other)} THEN 1 ELSE 0 END"
        return self._session.number(f"SELECT {is_below}{self.nowhere}") == 1

    def count(self, rows: Condition) -> int:
        """See `window.WatermarkColumn.count`."""
        return self._session.number(f"SELECT {self.counted} FROM {self._table.sql} WHERE {rows.sql}")  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`

    def clock(self) -> str | None:
        """See `window.WatermarkColumn.clock`: the clock of the server.

        Without a zone it is the later of UTC and local time, because values do not say which of them they mean. Read after the
        snapshot, so that the marks of all rows in it are before this time.
        """
        if self._watermark.type not in (MarkType.DATE, MarkType.TIMESTAMP):
            return None
        text = self._session.text(f"SELECT {self.text_of(self.now())}{self.nowhere}")
        return None if text is None else self.spelled(text)

    def offset(self, mark: str) -> str:
        """Return the offset of a mark, or an empty text; raise `JobError` if the column cannot be compared with an instant."""
        try:
            zone = form(mark)[1]
        except ValueError:
            return ""  # a value of the table, such as infinity, which is compared before it is checked
        if zone and not self.zoned:
            raise JobError(
                f"table {self._table.name!r}: watermark column {self._column.name!r} is {self._column.declared}, which cannot be "
                f"compared with the mark {mark!r} because of its offset; set a mark without an offset",
                FailureClass.CONFIG,
            )
        return zone

    def in_utc(self, mark: str) -> str:
        """Return a mark without its offset: an instant in UTC."""
        return moment_of(mark).astimezone(UTC).replace(tzinfo=None).isoformat(" ") if self.offset(mark) else mark

    def _remedy(self, column: Column) -> str:
        fitting = [mark_type.value for mark_type, bases in self.types.items() if column.base in bases]
        if fitting:
            return f"set --hwm_column_type {' or '.join(fitting)}, or use another column"
        return "use a column of numbers, dates, timestamps or text whose values grow with each change, or run a full extract"
