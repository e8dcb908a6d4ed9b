"""Which type a column gets: from its declared type, by name first and by SQLite's rules of affinity after that.

https://www.sqlite.org/datatype3.html#determination_of_column_affinity
"""

import re
from dataclasses import dataclass
from enum import Enum

from extract_job.errors import JobError

MAX_PRECISION = 76
"""Digits of Arrow's widest decimal."""


class Kind(Enum):
    """How a column's values are read; the Arrow type follows from it (see `arrow.arrow_type`)."""

    INTEGER = "int64"
    BOOLEAN = "bool"
    FLOAT = "float64"
    DECIMAL = "decimal"
    DATE = "date32"
    TIMESTAMP = "timestamp"
    TEXT = "string"
    BINARY = "binary"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, the declared type as it stands in the source, and what it becomes.

    `precision` and `scale` belong to decimals; `zoned` to timestamps: True, they are instants, in UTC; None, not decided yet.
    """

    name: str
    declared: str
    kind: Kind
    precision: int = 0
    scale: int = 0
    zoned: bool | None = False


_DECLARED = re.compile(r"([^()]*)(?:\(\s*([+-]?\d+)\s*(?:,\s*([+-]?\d+)\s*)?\))?([^()]*)")
_BY_NAME = {
    "BOOL": Kind.BOOLEAN,
    "BOOLEAN": Kind.BOOLEAN,
    "DATE": Kind.DATE,
    "DATETIME": Kind.TIMESTAMP,
    "TIMESTAMP": Kind.TIMESTAMP,
    "TIMESTAMP WITHOUT TIME ZONE": Kind.TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": Kind.TIMESTAMP,
    "TIMESTAMPTZ": Kind.TIMESTAMP,
    "DECIMAL": Kind.DECIMAL,
    "NUMERIC": Kind.DECIMAL,
    "DEC": Kind.DECIMAL,
    "NUMBER": Kind.DECIMAL,
    "BINARY": Kind.BINARY,
    "VARBINARY": Kind.BINARY,
    "BYTEA": Kind.BINARY,
    # By affinity these would be integers, because their names contain INT.
    "INTERVAL": Kind.TEXT,
    "POINT": Kind.TEXT,
}
_ZONED = frozenset({"TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE"})
_BY_AFFINITY = (
    (("INT",), Kind.INTEGER),
    (("CHAR", "CLOB", "TEXT"), Kind.TEXT),
    (("BLOB",), Kind.BINARY),
    (("REAL", "FLOA", "DOUB"), Kind.FLOAT),
)


def column_of(table: str, name: str, declared: str) -> Column:
    """Give the column for its declared type; an undeclared or unknown type becomes text.

    Raises `JobError` for a decimal that no Parquet file can hold.
    """
    found = _DECLARED.fullmatch(declared)
    base = " ".join(f"{found[1]} {found[4]}".upper().split()) if found else " ".join(declared.upper().split())
    kind = _BY_NAME.get(base)
    if kind is Kind.TIMESTAMP:
        # None: a plain timestamp's text may carry an offset or not; the source decides it by what it holds.
        return Column(name, declared, kind, zoned=True if base in _ZONED else None)
    if kind is Kind.DECIMAL:
        precision, scale = (found[2], found[3]) if found else (None, None)
        return _decimal(table, name, declared, precision, scale)
    if kind is None:
        kind = next((kind for parts, kind in _BY_AFFINITY if any(part in base for part in parts)), Kind.TEXT)
    return Column(name, declared, kind)


def _decimal(table: str, name: str, declared: str, precision: str | None, scale: str | None) -> Column:
    """Give a decimal column; without a precision it is Spark's (38, 18), without a scale the scale is 0 (SQL's rule)."""
    digits, places = (38, 18) if precision is None else (int(precision), int(scale or 0))
    if not 1 <= digits <= MAX_PRECISION or not 0 <= places <= digits:
        raise JobError(
            f"table {table!r}, column {name!r}: {declared} is no decimal that Parquet can hold (1 to {MAX_PRECISION} digits, "
            f"0 to all of them after the point); read it as text with --text_columns {name}"
        )
    return Column(name, declared, Kind.DECIMAL, digits, places)
