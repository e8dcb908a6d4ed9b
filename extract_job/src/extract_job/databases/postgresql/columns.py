"""The type of a PostgreSQL column, and the SELECT expression that reads it.

Types without a counterpart in Parquet (uuid, json, ranges, enums, addresses and so on) become the
text that COPY writes for them, arrays and composite types become JSON. The driver decodes the binary forms of the types
(https://arrow.apache.org/adbc/current/driver/postgresql.html#supported-types).
"""

from dataclasses import dataclass
from enum import Enum

from extract_job.databases.names import quoted
from extract_job.databases.tables import UNBOUNDED, check_decimal


class Kind(Enum):
    """How a column is read; the value is its type in PostgreSQL, or the type that it is cast to."""

    SMALLINT = "int2"
    INTEGER = "int4"
    BIGINT = "int8"
    BOOLEAN = "bool"
    REAL = "float4"
    DOUBLE = "float8"
    DECIMAL = "numeric"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    INSTANT = "timestamptz"
    BINARY = "bytea"
    TEXT = "text"
    STRUCTURE = "json"


_BY_NAME = {kind.value: kind for kind in Kind if kind is not Kind.STRUCTURE} | {
    "oid": Kind.BIGINT, "varchar": Kind.TEXT, "bpchar": Kind.TEXT, "name": Kind.TEXT,
}  # fmt: skip
_STRUCTURES = frozenset("AC")
"""Categories of array and composite types.

https://www.postgresql.org/docs/current/catalog-pg-type.html
"""
_VECTORS = frozenset({"int2vector", "oidvector"})
"""Arrays that always begin at index 0, and show no index."""
_OUTPUTS = {"bool": "boolout", "bpchar": "bpcharout", "inet": "inet_out", "cidr": "cidr_out", "xml": "xml_out"}
"""Types whose cast to text gives another text than COPY: true for t, char(n) without its blanks,
a host with /32, an XML declaration of another encoding.

https://www.postgresql.org/docs/current/datatype-character.html, functions-net.html and datatype-xml.html
"""
ODD_INDEX = "!"
"""Stands for an array that JSON cannot hold: to_json forgets the first index."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, the declared type as in the source, and how it is read."""

    name: str
    declared: str
    kind: Kind
    base: str
    """The name of the type in the catalog, without domains: `timestamptz`, `uuid`, `_int4`."""
    precision: int = 0
    scale: int = 0
    is_nested: bool = False
    """Whether a structure may hold arrays inside: a composite type, or an array of them or of domains."""
    nullable: bool = True

    @property
    def expression(self) -> str:
        """The expression in the SELECT, under the name of the column."""
        return f"{self.value} AS {quoted(self.name)}"

    @property
    def value(self) -> str:
        """The value as it is read."""
        name = quoted(self.name)
        if self.kind is Kind.STRUCTURE and self.base in _VECTORS:
            return f"to_json({name})::text"
        if self.kind is Kind.STRUCTURE:
            return f"CASE WHEN {self.has_odd_index} THEN '{ODD_INDEX}' ELSE to_json({name})::text END"
        if self.kind in (Kind.TEXT, Kind.DECIMAL):
            return self.text
        return f"{name}::{self.kind.value}"

    @property
    def text(self) -> str:
        """The value as text, as COPY writes it."""
        name = quoted(self.name)
        output = _OUTPUTS.get(self.base)
        return f"textin({output}({name}))" if output else f"{name}::text"

    @property
    def has_odd_index(self) -> str:
        """The condition that an array does not begin at index 1. For arrays inside, their text shows it: `[2:3]={…}`."""
        name = quoted(self.name)
        return rf"{name}::text ~ '[0-9]\]=\{{'" if self.is_nested else rf"array_dims({name}) ~ '\[(?!1:)'"


def column_of(  # noqa: PLR0913, PLR0917 - one row of the catalog
    table: str, name: str, declared: str, base: str, modifier: int, category: str, element: str = "", *, as_text: bool
) -> Column:
    """Return the column for a type; raise `JobError` if it does not fit into Parquet.

    `element` is the `typtype` of the elements of an array.
    """
    if as_text:
        return Column(name, declared, Kind.TEXT, base)
    kind = _BY_NAME.get(base) or (Kind.STRUCTURE if category in _STRUCTURES else Kind.TEXT)
    if kind is not Kind.DECIMAL:
        return Column(name, declared, kind, base, is_nested=category == "C" or element in {"c", "d"})
    precision, scale = decimal_digits(modifier)
    check_decimal(table, name, declared, precision, scale)
    return Column(name, declared, kind, base, precision, scale)


def decimal_digits(modifier: int) -> tuple[int, int]:
    """Decode the type modifier of numeric: all digits, and those after the point.

    It has 16 bits of precision and 11 bits of scale, the latter signed since PostgreSQL 15
    (src/backend/utils/adt/numeric.c, make_numeric_typmod). A negative scale means zeros before the
    point.
    """
    if modifier < 0:
        return UNBOUNDED
    packed = modifier - 4
    precision, scale = (packed >> 16) & 0xFFFF, ((packed & 0x7FF) ^ 1024) - 1024
    return (precision - scale, 0) if scale < 0 else (max(precision, scale), scale)
