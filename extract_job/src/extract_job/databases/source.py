"""What the job requires of a database: one table in a snapshot, with its columns, marks and rows.

Each database has a package that opens a `Source`; the job knows only this protocol.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

from extract_job.databases.conditions import Condition
from extract_job.databases.delivered import Memory
from extract_job.databases.mapping import Column
from extract_job.databases.window import Window
from extract_job.proof.figures import Figures
from extract_job.result import SourceInfo
from extract_job.splitting.key import SplitTable

if TYPE_CHECKING:
    from extract_job.proof.arrow import Hasher

Schema: TypeAlias = Any  # pyarrow ships no types
Table: TypeAlias = Any


class Source(Protocol):
    """One table in one snapshot: all reads agree, whatever other sessions write meanwhile."""

    window: Window
    info: SourceInfo
    snapshot: str | None
    """PostgreSQL: the text of pg_current_snapshot()."""
    columns: Sequence[Column]

    def schema(self) -> Schema:
        """Return the Arrow schema of all rows; it follows from declared types, not from values."""

    one_reader_because: str | None
    """Why parts are read one after another; None: several sessions can read the same snapshot at once."""

    def left_out_to(self, take: Callable[[Table], None]) -> None:
        """Pass the rows that are left out to `take`; call this before the first `read`.

        They are rows of the window that were delivered before. `take` got all of them when `read`
        has returned None.
        """

    def read(self, most: int) -> Table | None:
        """Return the next rows to deliver, at most `most` and at least one; None after the last.

        May raise `JobError`.
        """

    def rows_left_out(self) -> int:
        """Return how many rows of the window were left out; call this after the last `read`."""

    def memory(self) -> Memory | None:
        """Return what the next attempt must know; call this after the last `read`.

        None: there will be no overlap.
        """

    def count(self) -> int:
        """Return the number of rows in the whole window, counted by the database."""

    def figures(self) -> Figures:
        """Return all figures of the rows in the whole window, computed by the database; may raise `JobError`."""

    def hasher(self) -> "Hasher":
        """Return the functions that hash rows as this database does."""


@runtime_checkable
class PartedSource(Protocol):
    """A source whose parts can be read apart."""

    def split(self) -> SplitTable:
        """Return what decides how the table can be split."""

    def identity(self) -> str:
        """Return a text that changes if the table is another one, although it has the same name."""

    def unchanged(self, rows: Condition, snapshot: str | None, count: int) -> bool | None:
        """Return whether these rows are those that an earlier snapshot saw, which were `count`; None: not known."""

    def readers(self, count: int) -> "AbstractContextManager[Sequence[Reader]]":
        """Return readers of parts, which all read this snapshot: `count`, or one if there can only be one."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one part after another. `part` returns the rows of the window that meet a condition, as a separate source.

    `cancel` may be called by another thread: it makes the present read fail soon.
    """

    part: Callable[[Condition], Source]
    cancel: Callable[[], None]


@contextmanager
def one_reader(part: Callable[[Condition], Source]) -> Iterator[Sequence[Reader]]:
    """Return the only reader, which uses the session of the source."""
    yield (Reader(part, lambda: None),)
