"""A table as the catalog of its database describes it."""

from collections.abc import Callable
from dataclasses import dataclass

from extract_job.databases.mapping import Column
from extract_job.databases.names import column_name


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table or view."""

    name: str
    """As the arguments name it; used in messages."""
    sql: str
    """The quoted name."""
    columns: tuple[Column, ...]
    row_id: str | None
    """The hidden SQL column that identifies a row; a view, for example, has none."""

    def column(self, argument: str, name: str, fold: Callable[[str], str] = str) -> Column:
        """Return the column that `--argument` names; for `fold` and errors see `column_name`."""
        columns = {column.name: column for column in self.columns}
        return columns[column_name(self.name, argument, name, list(columns), fold)]
