"""What the job requires of a database: one table in a snapshot, with its columns, marks and rows.

Each database has a package that opens a `Source`; the job knows only this protocol.
"""

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from extract_job.proof.figures import Figures

if TYPE_CHECKING:
    from extract_job.proof.arrow import Hasher

Schema: TypeAlias = Any  # pyarrow ships no types
Table: TypeAlias = Any


class Source(Protocol):
    """One table in one snapshot: all reads agree, whatever other sessions write meanwhile."""

    high_mark: str | None
    """The newest mark to be read, never below the low mark. None: a full extract, or no mark."""
    rows_without_mark: int
    """Rows that an incremental read skips because their watermark column is NULL."""

    def schema(self) -> Schema:
        """Return the Arrow schema of all rows; it follows from declared types, not from values."""

    def read(self, most: int) -> Table | None:
        """Return the next rows, at most `most`, or None after the last; may raise `JobError`."""

    def count(self) -> int:
        """Return the number of rows in the window, counted by the database."""

    def figures(self) -> Figures:
        """Return all figures of the rows in the window, computed by the database; may raise `JobError`."""

    def hasher(self) -> "Hasher":
        """Return the functions that hash rows as this database does."""
