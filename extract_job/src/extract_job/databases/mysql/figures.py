"""The figures of the rows of a table, aggregated by MySQL or MariaDB itself in one pass.

Sums of whole numbers and decimals are exact there: SUM of an exact type is a decimal
(https://dev.mysql.com/doc/refman/8.4/en/aggregate-functions.html#function_sum).
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

from extract_job.databases.conditions import Condition
from extract_job.databases.mapping import Column, Kind
from extract_job.databases.mysql.connection import Session
from extract_job.proof.crc32_rows import BETWEEN, NULL
from extract_job.proof.crc32_texts import LONGEST
from extract_job.proof.decimals import units_of
from extract_job.proof.figures import Figures, Number

_FIGURES = 3000
"""Figures per query: a server answers with at most 4,096 columns."""
_DAY = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def figures_in(session: Session, columns: Sequence[Column], table: str, rows: Condition) -> Figures:
    """Return all figures of the rows of a table (a quoted name)."""
    query = FigureQuery(columns, table, rows)
    answer: list[bytes | None] = []
    for first in range(0, len(query.expressions), _FIGURES):
        part = ", ".join(query.expressions[first : first + _FIGURES])
        (row,) = session.rows(f"SELECT {part} {query.rows}")
        answer += row
    return query.figures([None if value is None else value.decode() for value in answer])


class FigureQuery:
    """The figures as expressions, and `rows`: the rest of a SELECT, from FROM on."""

    def __init__(self, columns: Sequence[Column], table: str, rows: Condition) -> None:
        fields = [_Field(number, column) for number, column in enumerate(columns)]
        joined = ", ".join(f"COALESCE({field.joined}, x'{NULL.hex()}')" for field in fields)
        crc = f"CRC32(CONCAT_WS(x'{BETWEEN.hex()}', {joined}))"
        values = ", ".join(f"{field.column.value} AS {field.alias}" for field in fields)
        # LIMIT: without it, the server computes a value again for each of its figures.
        query = f"SELECT {values} FROM {table} WHERE {rows.sql} LIMIT 18446744073709551615"  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`
        query = f"SELECT *, {crc} AS crc FROM ({query}) AS v LIMIT 18446744073709551615"  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`
        self.rows = f"FROM ({query}) AS r"
        self._names = [(field, key, sql) for field in fields for key, sql in field.figures()]
        self.expressions = [*_TOTALS, *(sql for *_, sql in self._names)]

    def figures(self, answer: Sequence[str | None]) -> Figures:
        """Return the figures for the text of each expression."""
        count, total, product = (int(value or "0") for value in answer[: len(_TOTALS)])
        by_column: dict[str, dict[str, Number | None]] = {}
        for (field, key, _), value in zip(self._names, answer[len(_TOTALS) :], strict=True):
            by_column.setdefault(field.column.name, {})[key] = None if value is None else field.number(key, value)
        return Figures(count, by_column, (total, product))


_TOTALS = ("COUNT(*)", "COALESCE(SUM(crc), 0)", "COALESCE(SUM((crc & 65535) * (crc >> 16)), 0)")


class _Field:
    """A column, and how its figures are computed."""

    def __init__(self, number: int, column: Column) -> None:
        self.alias = f"c{number}"
        self.column = column

    @property
    def octets(self) -> str:
        """The bytes that stand for a value: see `proof.crc32_texts`."""
        sql = self.alias
        match self.column.kind:
            case Kind.BINARY:
                return sql
            case Kind.TIMESTAMP | Kind.INSTANT:
                text = f"DATE_FORMAT({sql}, '%Y-%m-%d %H:%i:%s.%f')"
            case Kind.SMALLINT | Kind.INTEGER | Kind.BIGINT:
                text = f"{sql} + 0"  # a YEAR, and a column with ZEROFILL, show zeros at the left
            case Kind.DECIMAL if "zerofill" in self.column.declared:
                text = f"{sql} + 0"
            case _:
                text = sql
        return f"CAST(CONVERT({text} USING utf8mb4) AS BINARY)"

    @property
    def joined(self) -> str:
        """What stands for a value in its row."""
        if self.column.kind not in (Kind.TEXT, Kind.BINARY):
            return self.octets
        octets = self.octets
        return f"IF(LENGTH({octets}) > {LONGEST}, CAST(SHA2({octets}, 256) AS BINARY), {octets})"

    def figures(self) -> Iterator[tuple[str, str]]:
        """Yield the names and expressions, in the order of `proof.arrow`."""
        sql, kind = self.alias, self.column.kind
        yield "values", f"COUNT({sql})"
        if kind in (Kind.TEXT, Kind.BINARY):
            yield "bytes", f"COALESCE(SUM(LENGTH({self.octets})), 0)"
        else:
            yield "min", f"MIN({sql})"
            yield "max", f"MAX({sql})"
        if kind in (Kind.REAL, Kind.DOUBLE):
            yield "nan", "0"  # these servers have neither NaN nor infinities
            yield "negative_zeros", f"COALESCE(SUM({self.octets} = '-0'), 0)"
        if kind in (Kind.TEXT, Kind.BINARY, Kind.REAL, Kind.DOUBLE):
            yield "hash", f"COALESCE(SUM(CRC32({self.octets})), 0)"
        else:
            yield "sum", f"COALESCE(SUM({self._number}), 0)"

    @property
    def _number(self) -> str:
        """The number that a sum adds: days for dates, microseconds for moments."""
        match self.column.kind:
            case Kind.DATE:
                return f"DATEDIFF({self.alias}, '1970-01-01')"
            case Kind.TIMESTAMP | Kind.INSTANT:
                return f"TIMESTAMPDIFF(MICROSECOND, '1970-01-01', {self.alias})"
        return self.alias

    def number(self, key: str, text: str) -> Number:
        """Read the text of a figure."""
        kind = self.column.kind
        if key not in ("min", "max", "sum"):
            return int(text)
        if kind in (Kind.REAL, Kind.DOUBLE):
            return float(text)
        if kind is Kind.DECIMAL:
            return units_of(text, self.column.scale)
        if kind is Kind.DATE:
            return (int(text) if key == "sum" else (date.fromisoformat(text) - _EPOCH.date()).days) * _DAY
        if kind in (Kind.TIMESTAMP, Kind.INSTANT) and key != "sum":
            elapsed = datetime.fromisoformat(text).replace(tzinfo=UTC) - _EPOCH
            return (elapsed.days * 86_400 + elapsed.seconds) * 1_000_000 + elapsed.microseconds
        return int(text)
