"""The columns of a MySQL or MariaDB table, from the rows of its catalog."""

from extract_job.databases.mapping import Column
from extract_job.databases.mysql.mapping import MAPPING


def column_of(  # noqa: PLR0913 - one row of the catalog
    table: str, name: str, base: str, declared: str, digits: tuple[int, int] = (0, 0), *, as_text: bool = False
) -> Column:
    """Return the column for a type; raise `JobError` if it does not fit into Parquet.

    `base` is DATA_TYPE of information_schema.columns, `declared` its COLUMN_TYPE. `digits`: all digits of a decimal, and those
    after the point. The values of some unsigned types do not fit into the signed type of the same size.
    """
    unsigned = f"{base} unsigned"
    has_line = "unsigned" in declared.split() and any(unsigned in line.types for line in MAPPING.lines)
    line = MAPPING.line(unsigned if has_line else base)
    return MAPPING.column(table, name, declared, base, line=line, digits=digits, as_text=as_text)
