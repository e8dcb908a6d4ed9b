"""From the arguments and the table to the parts of a read.

The cuts come from the bounds of the user, from the catalog, from the least and the greatest value, or from a sample. They decide
how large the parts are, and never which rows are read.
"""

import os
from dataclasses import dataclass

from extract_job.databases.conditions import ALL_ROWS, Condition
from extract_job.errors import FailureClass, JobError
from extract_job.splitting.cuts import quantiles, spaced
from extract_job.splitting.key import SplitKey, SplitTable
from extract_job.splitting.parts import Cut, ranges

MOST_READERS = 8
"""Connections of one job at most: a run reads many tables at once."""
ROWS_PER_READER = 1_000_000
SAMPLED = 200
"""Values in a sample per part: then a part differs from another by some percent."""


@dataclass(frozen=True, slots=True)
class Split:
    """How to split: `column` None means the primary key; `bounds` are texts; `parts` None means `auto`."""

    column: str | None = None
    bounds: tuple[str, str] | None = None
    parts: int | None = 1

    def parts_for(self, rows: int) -> int:
        """Return the number of parts of a table: for `auto`, one per core and million rows, at most 8."""
        if self.parts is not None:
            return self.parts
        return max(1, min(os.cpu_count() or 1, MOST_READERS, -(-rows // ROWS_PER_READER)))


def parts_of(table: SplitTable, name: str, split: Split, count: int) -> tuple[Condition, ...]:
    """Return at most `count` conditions; each row of the table meets exactly one of them.

    Raises `JobError` if the column cannot be split, or does not fit the bounds.
    """
    if count <= 1:
        return (ALL_ROWS,)
    key = table.key(split.column)
    return table.buckets(count) if key is None else ranges(key.columns, cuts_of(key, name, split, count))


def cuts_of(key: SplitKey, name: str, split: Split, count: int) -> list[Cut]:
    """Return at most `count` - 1 ascending cuts."""
    if split.bounds is not None:
        return _between(key, name, split.bounds, count)
    known = key.histogram()
    if len(known) >= count:
        return quantiles(known, count)
    extremes = key.extremes() if key.scale else None
    if key.scale and extremes:
        try:
            return [(cut,) for cut in spaced(key.scale, *extremes, count)]
        except (ValueError, OverflowError):  # infinity, or a value that is not of the scale
            pass
    return quantiles(key.sample(count * SAMPLED), count)


def _between(key: SplitKey, name: str, bounds: tuple[str, str], count: int) -> list[Cut]:
    column = key.columns[0].name
    if key.scale is None:
        raise JobError(
            f"table {name!r}: --lower_bound and --upper_bound need a partition column of numbers, dates or timestamps, which "
            f"{column!r} is not; leave the bounds out, and the job finds its own",
            FailureClass.CONFIG,
        )
    try:
        return [(cut,) for cut in spaced(key.scale, *bounds, count)]
    except (ValueError, OverflowError) as error:
        raise JobError(
            f"table {name!r}: --lower_bound {bounds[0]!r} and --upper_bound {bounds[1]!r} do not fit column {column!r}, where a "
            f"value is {key.scale.value}: {error}",
            FailureClass.CONFIG,
        ) from error
