"""The type of a column, from its declared type: first by name, then by SQLite's rules of affinity.

https://www.sqlite.org/datatype3.html#determination_of_column_affinity
"""

import re
from dataclasses import dataclass
from enum import Enum

from extract_job.databases.tables import UNBOUNDED, check_decimal


class Kind(Enum):
    """How the values of a column are read; it decides the Arrow type (see `arrow.arrow_type`)."""

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
    """A column: its name, the declared type as in the source, and how it is read.

    `precision` and `scale` are for decimals. `zoned` is for timestamps; True: they are instants, in
    UTC; None: not decided yet.
    """

    name: str
    declared: str
    kind: Kind
    precision: int = 0
    scale: int = 0
    zoned: bool | None = False
    nullable: bool = True


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
    # By affinity these would be integers: their names contain INT.
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
    """Return the column for a declared type; an undeclared or unknown type becomes text.

    Raises `JobError` for a decimal that does not fit into Parquet.
    """
    parts = _DECLARED.fullmatch(declared)
    base = " ".join((f"{parts[1]} {parts[4]}" if parts else declared).upper().split())
    kind = _BY_NAME.get(base)
    if kind is Kind.TIMESTAMP:
        # None: the text of a plain timestamp may have an offset; the source decides by its values.
        return Column(name, declared, kind, zoned=True if base in _ZONED else None)
    if kind is Kind.DECIMAL:
        # Without a precision (38, 18), without a scale 0: the second is SQL's rule.
        precision, scale = (int(parts[2]), int(parts[3] or 0)) if parts and parts[2] else UNBOUNDED
        check_decimal(table, name, declared, precision, scale)
        return Column(name, declared, kind, precision, scale)
    if kind is None:
        kind = next((kind for words, kind in _BY_AFFINITY if any(word in base for word in words)), Kind.TEXT)
    return Column(name, declared, kind)
