"""The key by which a table can be split, in one database."""

from collections.abc import Sequence
from typing import Protocol

from extract_job.databases.conditions import Condition
from extract_job.splitting.cuts import Scale
from extract_job.splitting.parts import Cut, KeyColumn


class SplitKey(Protocol):
    """One column, or the columns of the primary key. `scale` is None for texts and for several columns."""

    @property
    def columns(self) -> Sequence[KeyColumn]:
        """The columns, in the order in which they are compared."""

    @property
    def scale(self) -> Scale | None:
        """How the values of the only column can be spaced."""

    def extremes(self) -> tuple[str, str] | None:
        """Return the least and the greatest value of the only column, as text; None: the table has none."""

    def histogram(self) -> list[Cut]:
        """Return values at equal numbers of rows that the catalog knows already, ascending; else nothing."""

    def sample(self, size: int) -> list[Cut]:
        """Return about `size` rows' values, ascending as the database orders them, without NULL."""


class SplitTable(Protocol):
    """A table that can be split."""

    def rows(self) -> int:
        """Return about how many rows the table has; the catalog's estimate if there is one."""

    def key(self, column: str | None) -> SplitKey | None:
        """Return the key of this column, or the primary key; None: there is none. Raises `JobError` for a wrong column."""

    def buckets(self, count: int) -> tuple[Condition, ...]:
        """Return parts for a table without a key."""
