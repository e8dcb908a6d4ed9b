"""The years of dates and timestamps in a file: 1 to 9999, as Python, Spark and SQL have them.

A value outside can be stored in Parquet, but many readers fail on it or show another day.
"""

from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

Array: TypeAlias = Any  # pyarrow ships no types

OUTSIDE = "is outside the years 1 to 9999"
_DAYS = (-719_162, 2_932_896)
"""0001-01-01 and 9999-12-31 in days since 1970. PostgreSQL's infinities are outside."""
DAY = 86_400_000_000
"""Microseconds of a day."""


def in_years(array: Array) -> Array:
    """Return the dates or timestamps; raise pa.ArrowInvalid(OUTSIDE) if one is outside of the years."""
    is_date = pa.types.is_date32(array.type)
    extremes = pc.min_max(array.cast(pa.int32() if is_date else pa.int64()))
    least, greatest = extremes["min"].as_py(), extremes["max"].as_py()
    low, high = _DAYS if is_date else (_DAYS[0] * DAY, (_DAYS[1] + 1) * DAY - 1)
    if least is not None and (least < low or greatest > high):
        raise pa.ArrowInvalid(OUTSIDE)
    return array
