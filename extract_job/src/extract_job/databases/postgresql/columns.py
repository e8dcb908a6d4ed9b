"""Which Arrow type a column of PostgreSQL gets, and how it is asked for.

What Parquet has no like of (uuid, json, arrays, ranges, enums, addresses and so on) comes as text. The binary forms of the
types are the driver's business (https://arrow.apache.org/adbc/current/driver/postgresql.html#supported-types).
"""

from dataclasses import dataclass
from enum import Enum

from extract_job.databases.names import quoted
from extract_job.errors import JobError

MAX_PRECISION = 76
"""Digits of Arrow's widest decimal."""
UNBOUNDED = (38, 18)
"""Digits, and those after the point, of a numeric that declares none: as Spark takes it."""


class Kind(Enum):
    """How a column is asked for; the value is PostgreSQL's own type, or what it is cast to."""

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
"""Categories of array and composite types (https://www.postgresql.org/docs/current/catalog-pg-type.html)."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, the declared type as it stands in the source, and how it is read."""

    name: str
    declared: str
    kind: Kind
    base: str
    """The type's name in the catalog, below all domains: `timestamptz`, `uuid`, `_int4`."""
    precision: int = 0
    scale: int = 0

    @property
    def expression(self) -> str:
        """What stands in the SELECT."""
        name = quoted(self.name)
        if self.kind is Kind.STRUCTURE:
            return f"to_jsonb({name})::text AS {name}"
        if self.kind in (Kind.TEXT, Kind.DECIMAL):
            return f"{name}::text AS {name}"
        return f"{name}::{self.kind.value} AS {name}"


def column_of(  # noqa: PLR0913, PLR0917 - one row of the catalog
    table: str, name: str, declared: str, base: str, modifier: int, category: str, *, as_text: bool
) -> Column:
    """Give the column for its type; raises `JobError` for a decimal that no Parquet file can hold."""
    if as_text:
        return Column(name, declared, Kind.TEXT, base)
    kind = _BY_NAME.get(base) or (Kind.STRUCTURE if category in _STRUCTURES else Kind.TEXT)
    if kind is not Kind.DECIMAL:
        return Column(name, declared, kind, base)
    precision, scale = decimal_digits(modifier)
    if precision > MAX_PRECISION:
        raise JobError(
            f"table {table!r}, column {name!r}: {declared} has more digits than Parquet holds ({MAX_PRECISION}); read it as text "
            f"with --text_columns {name}"
        )
    return Column(name, declared, kind, base, precision, scale)


def decimal_digits(modifier: int) -> tuple[int, int]:
    """Read numeric's type modifier: all digits, and those after the point.

    It holds 16 bits of precision and 11 of scale, the latter signed since PostgreSQL 15
    (src/backend/utils/adt/numeric.c, make_numeric_typmod). A negative scale means zeros before the point.
    """
    if modifier < 0:
        return UNBOUNDED
    packed = modifier - 4
    precision, scale = (packed >> 16) & 0xFFFF, ((packed & 0x7FF) ^ 1024) - 1024
    return (precision - scale, 0) if scale < 0 else (max(precision, scale), scale)
