"""A table as the catalog of its database describes it, and what is selected of it."""

from collections.abc import Callable
from dataclasses import dataclass

from extract_job.databases.mapping import Column
from extract_job.databases.names import column_name


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table or view."""

    name: str
    """As the arguments name it; used in messages."""
    stored: str
    """The quoted name, by which the catalog knows it."""
    sql: str
    """What stands after FROM: the quoted name, or a query of the selected rows."""
    columns: tuple[Column, ...]
    """The columns that are read."""
    row_id: str | None
    """The hidden SQL column that identifies a row; a view, for example, has none."""
    others: tuple[Column, ...] = ()
    """The columns that are not read. A watermark or the key of a split may be among them."""

    @property
    def every(self) -> tuple[Column, ...]:
        """All columns, read or not."""
        return (*self.columns, *self.others)

    def column(self, argument: str, name: str, fold: Callable[[str], str] = str) -> Column:
        """Return the column that `--argument` names; for `fold` and errors see `column_name`."""
        columns = {column.name: column for column in self.every}
        return columns[column_name(self.name, argument, name, list(columns), fold)]
