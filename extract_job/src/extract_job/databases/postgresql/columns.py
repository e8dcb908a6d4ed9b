"""The columns of a PostgreSQL table, from the rows of its catalog."""

from extract_job.databases.mapping import UNBOUNDED, Column
from extract_job.databases.postgresql.mapping import ARRAY, MAPPING, NESTED, VECTOR

_VECTORS = frozenset({"int2vector", "oidvector"})


def column_of(  # noqa: PLR0913, PLR0917 - one row of the catalog
    table: str, name: str, declared: str, base: str, modifier: int, category: str, element: str = "", *, as_text: bool
) -> Column:
    """Return the column for a type; raise `JobError` if it does not fit into Parquet.

    `base` is the name of the type without domains: `timestamptz`, `uuid`, `_int4`. `category`: A is an array, C a composite
    type (https://www.postgresql.org/docs/current/catalog-pg-type.html). `element` is the `typtype` of the elements of an array.
    """
    structure = ""
    if base in _VECTORS:
        structure = VECTOR
    elif category == "C" or (category == "A" and element in {"c", "d"}):
        structure = NESTED
    elif category == "A":
        structure = ARRAY
    line = MAPPING.line(structure or base)
    return MAPPING.column(table, name, declared, base, line=line, digits=decimal_digits(modifier), as_text=as_text)


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
