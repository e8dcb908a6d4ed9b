"""The columns of a SQLite table, from their declared types."""

import re
from dataclasses import replace

from extract_job.databases.mapping import UNBOUNDED, Column
from extract_job.databases.sqlite.mapping import MAPPING, UNDECIDED

_DECLARED = re.compile(r"([^()]*)(?:\(\s*([+-]?\d+)\s*(?:,\s*([+-]?\d+)\s*)?\))?([^()]*)")


def column_of(table: str, name: str, declared: str, *, as_text: bool = False) -> Column:
    """Return the column for a declared type; an undeclared or unknown type becomes text.

    Raises `JobError` for a decimal that does not fit into Parquet.
    """
    parts = _DECLARED.fullmatch(declared)
    base = " ".join((f"{parts[1]} {parts[4]}" if parts else declared).upper().split())
    # Without a precision (38, 18), without a scale 0: the second is SQL's rule.
    digits = (int(parts[2]), int(parts[3] or 0)) if parts and parts[2] else UNBOUNDED
    column = MAPPING.column(table, name, declared, base, digits=digits, as_text=as_text)
    return replace(column, undecided=base in UNDECIDED and not as_text)
