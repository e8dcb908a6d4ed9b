"""The type of a MySQL or MariaDB column, and the SELECT expression that reads it.

The server sends each value as text, so the text must hold the whole value. A FLOAT shows six digits only, so it is read as
DOUBLE (https://dev.mysql.com/doc/refman/8.4/en/problems-with-float.html). Types without a counterpart in Parquet become text.
"""

from dataclasses import dataclass
from enum import Enum

from extract_job.databases.names import quoted
from extract_job.databases.tables import check_decimal


class Kind(Enum):
    """How a column is read; the value is its Arrow type (see `arrow.arrow_type`)."""

    SMALLINT = "int16"
    INTEGER = "int32"
    BIGINT = "int64"
    REAL = "float32"
    DOUBLE = "float64"
    DECIMAL = "decimal"
    DATE = "date32"
    TIMESTAMP = "timestamp"
    INSTANT = "instant"
    TEXT = "string"
    BINARY = "binary"


_SIGNED = {
    # https://dev.mysql.com/doc/refman/8.4/en/integer-types.html
    "tinyint": Kind.SMALLINT, "smallint": Kind.SMALLINT, "mediumint": Kind.INTEGER, "int": Kind.INTEGER, "bigint": Kind.BIGINT,
    "year": Kind.SMALLINT,
    "float": Kind.REAL, "double": Kind.DOUBLE, "decimal": Kind.DECIMAL,
    # https://dev.mysql.com/doc/refman/8.4/en/datetime.html: DATETIME has no zone, TIMESTAMP is an instant
    "date": Kind.DATE, "datetime": Kind.TIMESTAMP, "timestamp": Kind.INSTANT,
    "binary": Kind.BINARY, "varbinary": Kind.BINARY,
    "tinyblob": Kind.BINARY, "blob": Kind.BINARY, "mediumblob": Kind.BINARY, "longblob": Kind.BINARY,
}  # fmt: skip
_UNSIGNED = {"smallint": Kind.INTEGER, "int": Kind.BIGINT, "bigint": Kind.DECIMAL}
"""Types whose unsigned values do not fit into the signed type of the same size."""
BIGINT_DIGITS = 20
"""Digits of 2**64 - 1, the greatest BIGINT UNSIGNED and BIT(64)."""
_SHAPES = frozenset(
    {
        "geometry", "point", "linestring", "polygon",
        "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, the declared type as in the source, and how it is read.

    `base` is DATA_TYPE of information_schema.columns. `precision` and `scale` are for decimals.
    """

    name: str
    declared: str
    kind: Kind
    base: str
    precision: int = 0
    scale: int = 0
    nullable: bool = True

    @property
    def value(self) -> str:
        """The value as it is read; the server sends its text, or its bytes if it is binary."""
        name = quoted(self.name)
        if self.base == "bit":
            return f"CAST({name} + 0 AS UNSIGNED)"
        if self.base in _SHAPES:
            return f"ST_AsText({name})"
        if self.base == "float":
            return f"CAST({name} AS DOUBLE)"
        if self.kind is Kind.TEXT:
            return self.text
        return name

    @property
    def text(self) -> str:
        """The value as text in UTF-8."""
        name = quoted(self.name)
        value = f"{name} + 0" if self.base == "bit" else name
        return f"ST_AsText({name})" if self.base in _SHAPES else f"CONVERT({value} USING utf8mb4)"


def column_of(  # noqa: PLR0913 - one row of the catalog
    table: str, name: str, base: str, declared: str, digits: tuple[int, int] = (0, 0), *, as_text: bool = False
) -> Column:
    """Return the column for a type; raise `JobError` if it does not fit into Parquet.

    `digits`: all digits of a decimal, and those after the point. A TINYINT(1) stays a number: 2 is not a boolean.
    """
    if as_text:
        return Column(name, declared, Kind.TEXT, base)
    kind = _SIGNED.get(base, Kind.TEXT)
    if "unsigned" in declared.split():
        kind = _UNSIGNED.get(base, kind)
    if base == "bit" or (base == "bigint" and kind is Kind.DECIMAL):
        return Column(name, declared, Kind.DECIMAL, base, BIGINT_DIGITS, 0)
    if kind is not Kind.DECIMAL:
        return Column(name, declared, kind, base)
    check_decimal(table, name, declared, *digits)
    return Column(name, declared, kind, base, *digits)
