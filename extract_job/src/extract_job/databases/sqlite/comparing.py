"""What `where` compares: SQLite stores values as they were written, and the same moment has several spellings."""

import sqlite3
from datetime import UTC, datetime
from typing import TypeAlias

from extract_job.databases.mapping import Column, Kind
from extract_job.databases.names import quoted

_MOMENT = "extract_moment"
Stored: TypeAlias = str | bytes | int | float | None


def define_functions(connection: sqlite3.Connection) -> None:
    """Define the function that `compared` calls; it needs each connection that reads rows."""
    connection.create_function(_MOMENT, 1, _moment, deterministic=True)


def compared(column: Column) -> str:
    """Write the column in the one spelling that a value of `where` has.

    A column without a declared type holds numbers as numbers, which are never equal to a text:
    https://www.sqlite.org/datatype3.html#comparison_expressions
    """
    name = quoted(column.name)
    if column.kind in (Kind.TIMESTAMP, Kind.INSTANT):
        return f"{_MOMENT}({name})"
    if column.kind is Kind.BOOLEAN:
        return f"CASE lower({name}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 ELSE {name} END"
    return name if column.declared else f"CAST({name} AS TEXT)"


def _moment(value: Stored) -> Stored:
    """Return a timestamp as ``2026-01-31 08:00:00.000000``, in UTC if it has an offset, and any other value as it is."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is not None and moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return value
    return value if moment is None else moment.isoformat(" ", "microseconds")
