"""The figures of a SQL Server table, as SQL. They need SQL Server 2019, which can write a text in UTF-8.

No sum overflows: SUM of an int is an int, of a bigint a bigint, and of a decimal a decimal of 38 digits
(https://learn.microsoft.com/en-us/sql/t-sql/functions/sum-transact-sql). So a long decimal is added in two halves.
"""

from collections.abc import Iterator, Sequence

from extract_job.databases.mapping import Column, Kind
from extract_job.databases.names import quoted
from extract_job.databases.number_figures import FLOATS, FigureSql
from extract_job.proof.sha256_numbers import BETWEEN, BYTES

LEAST_VERSION = 15
"""SQL Server 2019 (https://learn.microsoft.com/en-us/sql/relational-databases/collations/collation-and-unicode-support#utf8)."""
_UTF8 = "CONVERT(varchar(max), {} COLLATE Latin1_General_100_BIN2_UTF8)"
_HALF = 19
"""Digits of a half of a decimal."""
_MOMENTS = {
    # A datetime counts in 300ths of a second, which are shown as thousandths: without the rounding, 3 ms would be 3.3 ms.
    # https://learn.microsoft.com/en-us/sql/t-sql/data-types/datetime-transact-sql
    "datetime": "CONVERT(datetime2(3), {})",
    "datetimeoffset": "CONVERT(datetime2(7), SWITCHOFFSET({}, '+00:00'))",
}
_SINCE = {
    # https://learn.microsoft.com/en-us/sql/t-sql/functions/datediff-big-transact-sql
    Kind.DATE: "DATEDIFF(day, '19700101', {})",
    Kind.TIME: "DATEDIFF_BIG(microsecond, CONVERT(time(7), '00:00:00'), {})",
    Kind.TIMESTAMP: "DATEDIFF_BIG(microsecond, CONVERT(datetime2(7), '1970-01-01T00:00:00', 126), {})",
    Kind.INSTANT: "DATEDIFF_BIG(microsecond, CONVERT(datetime2(7), '1970-01-01T00:00:00', 126), {})",
}


class SqlServerFigures(FigureSql):
    """See `FigureSql`."""

    count = "COUNT_BIG"

    def text(self, sql: str) -> str:
        """See `FigureSql.text`."""
        return f"CONVERT(varchar(41), {sql})"

    def total(self, sql: str) -> str:
        """See `FigureSql.total`."""
        return self.text(f"COALESCE(SUM(CONVERT(decimal(38, 0), {sql})), 0)")

    def whole(self, column: Column, sql: str) -> str:
        """See `FigureSql.whole`."""
        if column.kind is Kind.BOOLEAN:
            return f"CONVERT(int, {sql})"
        since = _SINCE.get(column.kind)
        return sql if since is None else since.format(_MOMENTS.get(column.base, "{}").format(sql))

    def decimal(self, column: Column, sql: str) -> str:
        """See `FigureSql.decimal`. A money would be written with two digits after the point."""
        return self.text(f"CONVERT(decimal({column.precision}, {column.scale}), {sql})")

    def decimal_sums(self, column: Column) -> Sequence[tuple[str, int]]:
        """See `FigureSql.decimal_sums`."""
        name = quoted(column.name)
        value = f"ABS(CONVERT(decimal({column.precision}, {column.scale}), {name}))"
        digits = f"REPLACE({self.text(value)}, '.', '')"
        if column.precision < _HALF:
            return ((self.total(f"{_sign(name)} + {digits}"), 1),)
        padded = f"RIGHT(REPLICATE('0', {2 * _HALF}) + {digits}, {2 * _HALF})"
        return (
            (self.total(f"{_sign(name)} + LEFT({padded}, {_HALF})"), 10**_HALF),
            (self.total(f"{_sign(name)} + RIGHT({padded}, {_HALF})"), 1),
        )

    def hashed(self, column: Column) -> str:
        """See `FigureSql.hashed`."""
        return _number(_octets(column))

    def length(self, column: Column) -> str:
        """See `FigureSql.length`. LEN would leave out blanks at the end."""
        return f"DATALENGTH({_octets(column)})"

    def row(self, texts: Sequence[str]) -> str:
        """See `FigureSql.row`. CONCAT takes NULL for an empty text, and at most 254 arguments."""
        return _number("CONCAT(" + ", ".join(f"'{BETWEEN}', {text}" for text in texts) + ")")

    def doubles(self, column: Column) -> Iterator[tuple[str, str]]:
        """See `FigureSql.doubles`. A float of SQL Server is neither NaN nor infinite."""
        name = quoted(column.name)
        for key in ("MIN", "MAX"):
            yield key.lower(), f"CONVERT(varchar(16), {_bits(f'{key}({name})')}, 2)"
        yield "nan", "'0'"
        yield "negative_zeros", self.text(f"COUNT_BIG(CASE WHEN {name} = 0 AND {_bits(name)} <> 0x0000000000000000 THEN 1 END)")


def _sign(name: str) -> str:
    return f"CASE WHEN {name} < 0 THEN '-' ELSE '' END"


def _octets(column: Column) -> str:
    if column.kind in FLOATS:
        return _bits(quoted(column.name))
    return column.value if column.kind is Kind.BINARY else _UTF8.format(column.value)


def _bits(sql: str) -> str:
    """The eight bytes of a double, in big-endian order; the expression of a real is widened, which is exact."""
    return f"CONVERT(binary(8), CONVERT(float(53), {sql}))"


def _number(octets: str) -> str:
    """Whole numbers have eight bytes (https://learn.microsoft.com/en-us/sql/t-sql/functions/hashbytes-transact-sql)."""
    return f"CONVERT(bigint, 0x00 + SUBSTRING(HASHBYTES('SHA2_256', {octets}), 1, {BYTES}))"
