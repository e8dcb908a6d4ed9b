"""The figures of the rows of a table, aggregated by SQLite itself in one pass.

SQLite has no decimals, no hash, and does not know how this job reads a value. So some functions are
registered: they get the stored values from SQLite, and share no code with the way that rows take to
the files (`arrow.py`). Sums are added as two halves, because SQLite's own fails at 64 bits.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from struct import Struct
from typing import Any
from zlib import crc32

from extract_job.databases.conditions import Condition
from extract_job.databases.mapping import Column, Kind
from extract_job.databases.names import quoted
from extract_job.proof.crc32_rows import BETWEEN, NULL
from extract_job.proof.figures import Figures, Number

_FIGURES = 1500
"""Figures per query: SQLite's default limit is 2,000 columns of an answer."""
_ARGUMENTS = 100
"""Arguments per call: SQLite's limit was 127 until 3.48."""
_SHORT = 18
"""Digits of a decimal that fits into a 64-bit integer."""
_EXACT = Context(prec=400)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000_000


def figures_in(connection: sqlite3.Connection, columns: Sequence[Column], table: str, rows: Condition) -> Figures:
    """Return all figures of the rows of a table (a quoted name)."""
    _register(connection)
    ((encoding,),) = connection.execute("PRAGMA encoding")
    fields = [_Field(number, column, utf8=encoding == "UTF-8") for number, column in enumerate(columns)]
    octets = [f"coalesce({field.octets(field.alias)}, x'{NULL.hex()}')" for field in fields]
    while len(octets) > _ARGUMENTS:
        octets = [f"extract_join({', '.join(octets[at : at + _ARGUMENTS])})" for at in range(0, len(octets), _ARGUMENTS)]
    # LIMIT and WHERE: SQLite computes each value once per row, and not for each of its figures
    # (https://www.sqlite.org/optoverview.html#subquery_flattening).
    values = ", ".join(selected for field in fields for selected in field.selected())
    query = f"SELECT {values} FROM {table} WHERE {rows.sql} LIMIT -1"  # noqa: S608 - identifiers are quoted by `quoted`, values are bound
    query = f"SELECT *, extract_crc32(extract_join({', '.join(octets)})) AS crc FROM ({query}) WHERE 1 LIMIT -1"  # noqa: S608 - identifiers are quoted by `quoted`, values are bound
    totals = ["count(*)", "coalesce(sum(crc), 0)", "coalesce(sum((crc & 65535) * (crc >> 16)), 0)"]
    answer: list[Any] = []
    names = [(field, key, sql) for field in fields for key, sql in field.figures()]
    expressions = [*totals, *(sql for *_, sql in names)]
    for first in range(0, len(expressions), _FIGURES):
        part = ", ".join(expressions[first : first + _FIGURES])
        answer += connection.execute(f"SELECT {part} FROM ({query})", rows.values).fetchone()  # noqa: S608 - identifiers are quoted by `quoted`, values are bound
    count, total, product, *figures = answer
    by_column: dict[str, dict[str, Any]] = {}
    for (field, key, _), value in zip(names, figures, strict=True):
        by_column.setdefault(field.name, {})[key] = value
    return Figures(count, {field.name: field.read(by_column[field.name]) for field in fields}, (total, product))


def _register(connection: sqlite3.Connection) -> None:
    for name, count, function in (
        ("extract_crc32", 1, crc32),
        ("extract_join", -1, lambda *octets: BETWEEN.join(octets)),
        ("extract_double", 1, lambda value: None if value is None else Struct("<d").pack(value)),
        ("extract_real_text", 1, str),
        ("extract_utf8", 1, lambda value: value.encode() if isinstance(value, str) else value),
        ("extract_moment", 1, _moment),
        ("extract_units", 2, _decimal_units),
    ):
        connection.create_function(name, count, function, deterministic=True)
    connection.create_aggregate("extract_numbers", 1, _Numbers)  # type: ignore[arg-type]  # finalize may return None


def _moment(text: str | None) -> str | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat(" ", "microseconds")


def _decimal_units(value: str | float | None, scale: int) -> int | str | None:
    """Return a decimal in units of its last digit; a double counts as its shortest text, or as 15 digits.

    SQLite cannot hold more than 64 bits, so a larger number is a text.
    """
    if value is None:
        return None
    number = _units(Decimal(str(value)), scale)
    if number is None and isinstance(value, float):
        number = _units(Decimal(f"{value:.15g}"), scale)
    return str(number) if number is not None and abs(number) >= 2**63 else number


def _units(number: Decimal, scale: int) -> int | None:
    units = number.scaleb(scale, context=_EXACT)
    return int(units) if units == units.to_integral_value(context=_EXACT) else None


class _Numbers:
    """Least, greatest and sum of decimals that do not fit into an integer of SQLite."""

    def __init__(self) -> None:
        self._values: tuple[int, int, int] | None = None

    def step(self, value: str | int | None) -> None:
        if value is not None:
            number = int(value)
            least, greatest, total = self._values or (number, number, 0)
            self._values = min(least, number), max(greatest, number), total + number

    def finalize(self) -> str | None:
        return " ".join(map(str, self._values)) if self._values else None


class _Field:
    """A column, and how its figures are computed."""

    def __init__(self, number: int, column: Column, *, utf8: bool) -> None:
        self.name = column.name
        self.alias = f"v{number}"
        self.stored = f"s{number}"
        self._column = column
        self._utf8 = utf8

    def selected(self) -> Iterator[str]:
        """Yield what a row has of this column: the value, and a double also as it is stored."""
        yield f"{self.value} AS {self.alias}"
        if self._column.kind is Kind.DOUBLE:
            yield f"{self._column.value} AS {self.stored}"

    @property
    def value(self) -> str:
        """The value as the files must have it: an integer, a text or a blob; NULL for NULL."""
        sql, column = quoted(self._column.name), self._column
        value = sql
        match column.kind:
            case Kind.BOOLEAN:
                value = f"{sql} IN (1, '1', 'true', 'True', 'TRUE')"
            case Kind.DOUBLE:
                value = f"extract_double({column.value})"
            case Kind.DECIMAL:
                unit = 10**column.scale
                units = f"CAST(round({sql} * {unit}.0) AS INTEGER)"
                # At most 15 digits: a double is the nearest one to only one such decimal.
                exact = f"abs({sql}) < {10.0 ** (15 - column.scale)!r} AND {units} / {unit}.0 = {sql}"
                value = (
                    f"CASE WHEN typeof({sql}) = 'integer' AND abs({sql}) < {9 * 10**18 // unit} THEN {sql} * {unit} "
                    f"WHEN typeof({sql}) = 'real' AND {exact} THEN {units} ELSE extract_units({sql}, {column.scale}) END"
                )
            case Kind.TIMESTAMP:
                text = f"replace({sql}, 'T', ' ')"
                value = f"CASE length({sql}) WHEN 19 THEN {text} || '.000000' WHEN 26 THEN {text} ELSE extract_moment({sql}) END"
            case Kind.INSTANT:
                value = f"extract_moment({sql})"
            case Kind.TEXT:
                value = f"CASE typeof({sql}) WHEN 'real' THEN extract_real_text({sql}) ELSE CAST({sql} AS TEXT) END"
        return value

    def octets(self, sql: str) -> str:
        """The bytes of the value that are hashed."""
        if self._column.kind in (Kind.DOUBLE, Kind.BINARY):
            return sql
        return f"CAST({sql} AS BLOB)" if self._utf8 else f"extract_utf8(CAST({sql} AS TEXT))"

    def figures(self) -> Iterator[tuple[str, str]]:
        """Yield names and expressions; `read` turns the answers into the figures of `proof.arrow`."""
        sql, column = self.alias, self._column
        yield "values", f"count({sql})"
        match column.kind:
            case Kind.BOOLEAN:
                yield "sum", f"coalesce(sum({sql}), 0)"
            case Kind.DOUBLE:
                yield "min", f"min({self.stored})"
                yield "max", f"max({self.stored})"
                yield "nan", "0"  # SQLite stores NaN as NULL
                yield "negative_zeros", f"coalesce(sum({sql} = x'{Struct('<d').pack(-0.0).hex()}'), 0)"
                yield "hash", _hash(sql)
            case Kind.DECIMAL if column.precision > _SHORT:
                yield "numbers", f"extract_numbers({sql})"
            case Kind.BIGINT | Kind.DECIMAL:
                yield from _integers(sql)
            case Kind.DATE:
                yield "min", f"min({sql})"
                yield "max", f"max({sql})"
                yield "upper", "0"
                yield "lower", f"coalesce(sum(CAST(julianday({sql}) - 2440587.5 AS INTEGER)), 0)"
            case Kind.TIMESTAMP | Kind.INSTANT:
                yield "min", f"min({sql})"
                yield "max", f"max({sql})"
                yield "upper", f"coalesce(sum(CAST(strftime('%s', substr({sql}, 1, 19)) AS INTEGER)), 0)"
                yield "lower", f"coalesce(sum(CAST(substr({sql}, 21) AS INTEGER)), 0)"
            case _:
                yield "bytes", f"coalesce(sum(length({self.octets(sql)})), 0)"
                yield "hash", _hash(self.octets(sql))

    def read(self, answer: dict[str, Any]) -> dict[str, Number | None]:
        """Return the figures that an answer means."""
        if "numbers" in answer:
            numbers = (answer.pop("numbers") or "").split()
            least, greatest, total = map(int, numbers) if numbers else (None, None, 0)
            return answer | {"min": least, "max": greatest, "sum": total}
        if "upper" in answer:
            upper, lower = answer.pop("upper"), answer.pop("lower")
            match self._column.kind:
                case Kind.TIMESTAMP | Kind.INSTANT:
                    answer["sum"] = upper * 1_000_000 + lower
                case Kind.DATE:
                    answer["sum"] = lower * _DAY
                case _:
                    answer["sum"] = (upper << 32) + lower
        for key in ("min", "max"):
            if isinstance(answer.get(key), str):
                moment = datetime.fromisoformat(answer[key]).replace(tzinfo=UTC)
                answer[key] = (moment - _EPOCH) // timedelta(microseconds=1)
        return answer


def _integers(sql: str) -> Iterator[tuple[str, str]]:
    yield "min", f"min({sql})"
    yield "max", f"max({sql})"
    yield "upper", f"coalesce(sum({sql} >> 32), 0)"
    yield "lower", f"coalesce(sum({sql} & 4294967295), 0)"


def _hash(octets: str) -> str:
    return f"coalesce(sum(CASE WHEN {octets} IS NOT NULL THEN extract_crc32({octets}) END), 0)"
