"""Which rows an extract reads, and what its high mark is: the same rule in every database."""

from dataclasses import dataclass
from typing import Protocol

from extract_job.databases.conditions import ALL_ROWS, Condition
from extract_job.databases.tables import Column
from extract_job.errors import FailureClass, JobError
from extract_job.marks import Watermark


@dataclass(frozen=True, slots=True)
class RowRange:
    """The rows to read, the high mark, and the number of rows skipped because they have no mark."""

    rows: Condition
    high: str | None
    without_mark: int


EVERYTHING = RowRange(ALL_ROWS, None, 0)


class WatermarkColumn(Protocol):
    """The watermark column in the SQL of one database.

    Raises `JobError` for values that are not marks.
    """

    is_null: Condition

    def compared(self, operator: str, mark: str) -> Condition:
        """Return the condition that the column is `>` or `<=` a mark."""

    def newest(self, rows: Condition) -> str | None:
        """Return the newest mark in these rows, or None if they have none."""

    def count(self, rows: Condition) -> int:
        """Count these rows."""


def row_range(column: WatermarkColumn, watermark: Watermark) -> RowRange:
    """Decide the range within the snapshot; raise `JobError` if marks would lose rows.

    Without a low and a high mark: all rows, including those without a mark. Else the rows above
    `begin`, up to the newest mark (or up to `watermark.high`); rows without a mark are skipped and
    counted. The high mark is the newest mark that is read, or else the low mark.
    """
    limits = ALL_ROWS
    if watermark.low is not None:
        limits &= column.compared(">", watermark.low)
    if watermark.high is not None:
        limits &= column.compared("<=", watermark.high)
    newest = column.newest(limits)
    high = watermark.low if newest is None else newest
    if watermark.begin is None and watermark.high is None:
        rows = column.is_null if newest is None else column.compared("<=", newest) | column.is_null
        return RowRange(rows, high, 0)
    top = next(mark for mark in (newest, watermark.low, watermark.high) if mark is not None)
    rows = column.compared("<=", top)
    if watermark.begin is not None:
        rows = column.compared(">", watermark.begin) & rows
    return RowRange(rows, high, column.count(column.is_null))


def not_a_mark(table: str, column: Column, watermark: Watermark, value: object, why: object) -> JobError:
    """Return the error for a value of the watermark column that is not a mark of its type."""
    return JobError(
        f"table {table!r}: watermark column {column.name!r} ({column.declared or 'no type declared'}) holds {value!r}, which is "
        f"not a valid mark of {watermark.type.value} ({why}); fix the value, set the --hwm_column_type that fits the column, or "
        "run a full extract",
        FailureClass.CONFIG,
    )
