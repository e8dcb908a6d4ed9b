"""What the job needs of a database: a snapshot of one table, its columns, its marks and its rows.

Each engine has a package of its own that gives a `Source`; the job knows this protocol alone.
"""

from typing import Any, Protocol, TypeAlias

Schema: TypeAlias = Any  # pyarrow ships no types
Table: TypeAlias = Any


class Source(Protocol):
    """One table in one snapshot: what is read agrees with itself, whatever others write meanwhile."""

    high_watermark: str | None
    """The newest mark that is read, never below the low one; None for a full extract, or where there is no mark at all."""
    rows_without_watermark: int
    """Rows that an incremental read leaves out because their watermark column is NULL."""

    def schema(self) -> Schema:
        """Give the Arrow schema of all that `read` gives; it follows from the declared types, never from the rows."""

    def read(self, most: int) -> Table | None:
        """Give the next rows, `most` at most; None means that all are read. Raises `JobError` for what can't be read."""
