"""A table as the catalog of its database describes it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from extract_job.databases.names import column_name
from extract_job.errors import FailureClass, JobError

MAX_PRECISION = 76
"""Digits of Arrow's widest decimal."""
UNBOUNDED = (38, 18)
"""All digits, and those after the point, of a decimal that declares neither; as in Spark."""


class Column(Protocol):
    """What the columns of all databases have in common."""

    @property
    def name(self) -> str:
        """The name, spelled as in the database."""

    @property
    def declared(self) -> str:
        """The declared type, as the database shows it; empty if there is none."""

    @property
    def nullable(self) -> bool:
        """Whether the database allows NULL. The files allow it in each column."""


ColumnT = TypeVar("ColumnT", bound=Column)


@dataclass(frozen=True, slots=True)
class SourceTable(Generic[ColumnT]):
    """A table or view."""

    name: str
    """As the arguments name it; used in messages."""
    sql: str
    """The quoted name."""
    columns: tuple[ColumnT, ...]
    row_id: str | None
    """The hidden SQL column that identifies a row; a view, for example, has none."""

    def column(self, argument: str, name: str, fold: Callable[[str], str] = str) -> ColumnT:
        """Return the column that `--argument` names; for `fold` and errors see `column_name`."""
        columns = {column.name: column for column in self.columns}
        return columns[column_name(self.name, argument, name, list(columns), fold)]


def check_decimal(table: str, name: str, declared: str, precision: int, scale: int) -> None:
    """Raise `JobError` for a decimal that does not fit into Parquet."""
    if not 1 <= precision <= MAX_PRECISION or not 0 <= scale <= precision:
        raise JobError(
            f"table {table!r}, column {name!r}: {declared} does not fit into Parquet, whose decimals have 1 to {MAX_PRECISION} "
            f"digits, up to all of them after the point; read it as text with --text_columns {name}",
            FailureClass.CONFIG,
        )
