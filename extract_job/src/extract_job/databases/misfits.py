"""Values that do not fit the type of their column, and how messages name their place."""

from extract_job.databases.conditions import Condition
from extract_job.databases.mapping import Column
from extract_job.errors import JobError

SHOWN = 80
"""Characters of a value in a message."""


class MisfitError(Exception):
    """`column` holds a value that its type cannot hold.

    `rows` finds such rows in the source; `why` ends a sentence that begins with the value.
    """

    def __init__(self, column: Column, rows: Condition, why: str) -> None:
        super().__init__(f"{column.name}: {why}")
        self.column = column
        self.rows = rows
        self.why = why


def place(table: str, column: Column, row_id: str | None, number: object) -> str:
    """Return the place of a value, like `table 't', column 'c' (DATE), rowid 17`; the row if known."""
    row = "" if row_id is None or number is None else f", {row_id} {number}"
    return f"table {table!r}, column {column.name!r} ({column.declared or 'no type declared'}){row}"


def misfit(value_place: str, error: MisfitError, value: object) -> JobError:
    """Return the error that names the place of a misfit and the way out; `value` None: unknown."""
    text = "a value" if value is None else repr(value)
    shown = text if len(text) <= SHOWN else text[: SHOWN - 3] + "…"
    return JobError(
        f"{value_place}: {shown} {error.why}; fix the value, or read the column as text with --text_columns {error.column.name}"
    )
