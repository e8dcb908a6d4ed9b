"""What the job needs of a database: a snapshot of one table, its columns, its marks and its rows.

Each engine has a module of its own that gives a `Source`; the job knows this protocol alone.
"""

from collections.abc import Sequence
from typing import Protocol

from extract_job.columns import Column

Rows = Sequence[tuple[object, ...]]


class Source(Protocol):
    """One table in one snapshot: what is read agrees with itself, whatever others write meanwhile."""

    columns: tuple[Column, ...]
    high_watermark: str | None
    """The newest mark that is read, never below the low one; None for a full extract, or where there is no mark at all."""
    rows_without_watermark: int
    """Rows that an incremental read leaves out because their watermark column is NULL."""

    def read(self, most: int) -> Rows:
        """Give the next rows, `most` at most; none means that all are read. Raises `JobError` for what can't be read."""

    def place(self, column: Column, value: object) -> str:
        """Say for a message in which row `value` stands, e.g. `, rowid 17`; empty if the source can't tell."""
