"""The figures of an Oracle table, as SQL. The character set of the database must be AL32UTF8, so that texts are hashed in UTF-8.

No sum is rounded: a NUMBER holds 38 digits (https://docs.oracle.com/en/database/oracle/oracle-database/23/sqlrf/Data-Types.html),
so a long decimal is added in two halves.
"""

from collections.abc import Iterator, Sequence

from extract_job.databases.mapping import Column, Kind
from extract_job.databases.names import quoted
from extract_job.databases.number_figures import FLOATS, FigureSql
from extract_job.databases.oracle.mapping import NUMBER_TEXT
from extract_job.proof.sha256_numbers import BETWEEN, BYTES, NAN

CHARACTER_SET = "AL32UTF8"
LARGE = frozenset({"CLOB", "NCLOB", "BLOB", "LONG", "LONG RAW", "XMLTYPE", "JSON", "VECTOR"})
"""Types that STANDARD_HASH does not take (https://docs.oracle.com/en/database/oracle/oracle-database/23/sqlrf/STANDARD_HASH.html)."""
_NATIONAL = frozenset({"NCHAR", "NVARCHAR2"})
_HALF = 20
"""Digits of a half of a decimal: an even number, by which a NUMBER, whose digits are pairs, is shifted exactly."""


class OracleFigures(FigureSql):
    """See `FigureSql`."""

    count = "COUNT"

    def text(self, sql: str) -> str:
        """See `FigureSql.text`."""
        return NUMBER_TEXT.replace("{}", sql)

    def total(self, sql: str) -> str:
        """See `FigureSql.total`."""
        return self.text(f"COALESCE(SUM({sql}), 0)")

    def whole(self, column: Column, sql: str) -> str:
        """See `FigureSql.whole`."""
        if column.kind is Kind.BOOLEAN:
            return f"CASE WHEN {sql} THEN 1 WHEN NOT {sql} THEN 0 END"
        return _microseconds(f"SYS_EXTRACT_UTC({sql})" if column.kind is Kind.INSTANT else f"CAST({sql} AS TIMESTAMP)")

    def decimal(self, column: Column, sql: str) -> str:
        """See `FigureSql.decimal`. A dot in a format is a point in all languages."""
        before = "9" * max(column.precision - column.scale - 1, 0) + "0"
        return f"TO_CHAR({sql}, 'FM{before}{'.' if column.scale else ''}{'0' * column.scale}')"

    def decimal_sums(self, column: Column) -> Sequence[tuple[str, int]]:
        """See `FigureSql.decimal_sums`."""
        units = f"({quoted(column.name)} * 1E{column.scale})"
        if column.precision < _HALF:
            return ((self.total(units), 1),)
        upper = f"TRUNC({units} / 1E{_HALF})"
        return (self.total(upper), 10**_HALF), (self.total(f"{units} - {upper} * 1E{_HALF}"), 1)

    def hashed(self, column: Column) -> str:
        """See `FigureSql.hashed`. STANDARD_HASH of NULL is not NULL."""
        return f"CASE WHEN {quoted(column.name)} IS NOT NULL THEN {_number(_octets(column))} END"

    def length(self, column: Column) -> str:
        """See `FigureSql.length`. LENGTH would count the hexadecimal digits of bytes."""
        return f"{'UTL_RAW.LENGTH' if column.kind is Kind.BINARY else 'LENGTHB'}({_octets(column)})"

    def row(self, texts: Sequence[str]) -> str:
        """See `FigureSql.row`. NULL is an empty text."""
        return _number(" || ".join(f"'{BETWEEN}' || {text}" for text in texts))

    def doubles(self, column: Column) -> Iterator[tuple[str, str]]:
        """See `FigureSql.doubles`. Oracle stores -0 as 0."""
        name = quoted(column.name)
        for key in ("MIN", "MAX"):
            yield key.lower(), f"RAWTOHEX({_bits(f'{key}(CASE WHEN {name} IS NOT NAN THEN {name} END)')})"
        yield "nan", self.text(f"COUNT(CASE WHEN {name} IS NAN THEN 1 END)")
        yield "negative_zeros", "'0'"


def _octets(column: Column) -> str:
    name = quoted(column.name)
    if column.kind in FLOATS:
        return f"CASE WHEN {name} IS NAN THEN HEXTORAW('{NAN.hex().upper()}') ELSE {_bits(name)} END"
    return f"TO_CHAR({column.value})" if column.base in _NATIONAL and column.kind is Kind.TEXT else column.value


def _bits(sql: str) -> str:
    """The eight bytes of a double; 1: in big-endian order.

    https://docs.oracle.com/en/database/oracle/oracle-database/23/arpls/UTL_RAW.html
    """
    return f"UTL_RAW.CAST_FROM_BINARY_DOUBLE(TO_BINARY_DOUBLE({sql}), 1)"


def _number(octets: str) -> str:
    digits = f"SUBSTR(RAWTOHEX(STANDARD_HASH({octets}, 'SHA256')), 1, {2 * BYTES})"
    return f"TO_NUMBER({digits}, '{'X' * 2 * BYTES}')"


def _microseconds(sql: str) -> str:
    """The microseconds since 1970 in the calendar of the files: Oracle counts days before 1582 in the Julian calendar.

    The days are those of the formula of Fliegel and Van Flandern for a date of the Gregorian calendar.
    """
    year, month, day = (f"EXTRACT({part} FROM {sql})" for part in ("YEAR", "MONTH", "DAY"))
    early = f"CASE WHEN {month} < 3 THEN 1 ELSE 0 END"
    years, months = f"({year} + 4800 - {early})", f"({month} + 12 * {early} - 3)"
    leaps = f"FLOOR({years} / 4) - FLOOR({years} / 100) + FLOOR({years} / 400)"
    days = f"({day} + FLOOR((153 * {months} + 2) / 5) + 365 * {years} + {leaps} - 2472633)"
    time = " + ".join(
        f"EXTRACT({part} FROM {sql}) * {unit}"
        for part, unit in (("HOUR", 3_600_000_000), ("MINUTE", 60_000_000), ("SECOND", 1_000_000))
    )
    return f"({days} * 86400000000 + {time})"
