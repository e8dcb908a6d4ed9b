"""The figures of the rows of a table, computed in one pass by a database whose hash functions are standard ones: SHA-256.

See `proof.sha256_numbers` for the number that stands for a value. A database writes the expressions.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from struct import unpack
from typing import Any, ClassVar

from extract_job.databases.conditions import Condition
from extract_job.databases.mapping import Column, Kind
from extract_job.databases.names import quoted
from extract_job.proof.decimals import units_of
from extract_job.proof.figures import Figures, Number
from extract_job.proof.sha256_numbers import folded

_FIGURES = 500
"""Figures per query: a SELECT list of Oracle has at most 1,000 entries."""
_DAY = 86_400_000_000
FLOATS = (Kind.REAL, Kind.DOUBLE)
HASHED = (Kind.TEXT, Kind.BINARY, *FLOATS)
"""Kinds without an exact sum."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a column (None: of the whole rows), and its SQL as text. A sum may have several, each with a `factor`."""

    column: Column | None
    key: str
    sql: str
    factor: int = 1


class FigureSql(ABC):
    """The expressions of one database. All are NULL for NULL, except sums and counts, which are 0."""

    count: ClassVar[str]
    """The function that counts."""

    @abstractmethod
    def text(self, sql: str) -> str:
        """Write a whole number as text."""

    @abstractmethod
    def total(self, sql: str) -> str:
        """Add whole numbers without a limit; return text."""

    @abstractmethod
    def whole(self, column: Column, sql: str) -> str:
        """Return the whole number of a column with a sum that is not a decimal; `sql` is the column, or an extreme of it."""

    @abstractmethod
    def decimal(self, column: Column, sql: str) -> str:
        """Return the text of a decimal, with all digits after the point."""

    @abstractmethod
    def decimal_sums(self, column: Column) -> Sequence[tuple[str, int]]:
        """Return sums as text, each with its factor, whose sum is that of a decimal column in units of its last digit."""

    @abstractmethod
    def hashed(self, column: Column) -> str:
        """Return the number that stands for a text, for bytes or a double."""

    @abstractmethod
    def length(self, column: Column) -> str:
        """Return the bytes of a text in UTF-8, or of bytes."""

    @abstractmethod
    def row(self, texts: Sequence[str]) -> str:
        """Return the number of at most 90 texts."""

    @abstractmethod
    def doubles(self, column: Column) -> Iterator[tuple[str, str]]:
        """Yield `min`, `max` (16 hexadecimal digits), `nan` and `negative_zeros` of a double."""

    def figures(self, columns: Sequence[Column]) -> Iterator[Figure]:
        """Yield all figures: those of a column in the order of `proof.arrow`."""
        yield Figure(None, "rows", self.text(f"{self.count}(*)"))
        yield Figure(None, "digest", self.total(folded([self._number_text(column) for column in columns], self.row, self.text)))
        for column in columns:
            name = quoted(column.name)
            yield Figure(column, "values", self.text(f"{self.count}({name})"))
            if column.kind in FLOATS:
                yield from (Figure(column, key, sql) for key, sql in self.doubles(column))
            elif column.kind in HASHED:
                yield Figure(column, "bytes", self.total(self.length(column)))
            elif column.kind is Kind.DECIMAL:
                yield from (Figure(column, key.lower(), self.decimal(column, f"{key}({name})")) for key in ("MIN", "MAX"))
                yield from (Figure(column, "sum", sql, factor) for sql, factor in self.decimal_sums(column))
            else:
                if column.kind is not Kind.BOOLEAN:
                    for key in ("MIN", "MAX"):
                        yield Figure(column, key.lower(), self.text(self.whole(column, f"{key}({name})")))
                yield Figure(column, "sum", self.total(self.whole(column, name)))
            if column.kind in HASHED:
                yield Figure(column, "hash", self.total(self.hashed(column)))

    def _number_text(self, column: Column) -> str:
        if column.kind is Kind.DECIMAL:
            return self.decimal(column, quoted(column.name))
        return self.text(self.hashed(column) if column.kind in HASHED else self.whole(column, quoted(column.name)))


def figures_in(
    answer: Callable[[str], Sequence[tuple[Any, ...]]], sql: FigureSql, columns: Sequence[Column], table: str, rows: Condition
) -> Figures:
    """Return all figures of the rows of a table (a quoted name). `answer` returns the rows of a query."""
    wanted = list(sql.figures(columns))
    texts: list[object] = []
    for first in range(0, len(wanted), _FIGURES):
        part = ", ".join(f"{figure.sql} AS f{number}" for number, figure in enumerate(wanted[first : first + _FIGURES]))
        (values,) = answer(f"SELECT {part} FROM {table} WHERE {rows.sql}")  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`
        texts += values
    whole: dict[str, int] = {}
    by_column: dict[str, dict[str, Number | None]] = {}
    for figure, text in zip(wanted, texts, strict=True):
        if figure.column is None:
            whole[figure.key] = int(str(text))
            continue
        figures = by_column.setdefault(figure.column.name, {})
        value = None if text is None else _number(figure.column, figure.key, str(text)) * figure.factor
        figures[figure.key] = (figures.get(figure.key) or 0) + value if figure.key == "sum" and value is not None else value
    return Figures(whole["rows"], by_column, (whole["digest"],))


def _number(column: Column, key: str, text: str) -> Number:
    """Read the text of a figure."""
    if key in ("min", "max") and column.kind in FLOATS:
        value: float = unpack(">d", bytes.fromhex(text))[0]
        return value
    if key in ("min", "max") and column.kind is Kind.DECIMAL:
        return units_of(text, column.scale)
    return int(text) * (_DAY if column.kind is Kind.DATE and key in ("min", "max", "sum") else 1)
