"""The figures of rows in Arrow's form: those of the files, and those of rows that were left out."""

from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from extract_job.proof.decimals import whole_numbers
from extract_job.proof.figures import Column, Figures, Number

Array: TypeAlias = Any  # pyarrow ships no types
Schema: TypeAlias = Any

_MICROSECONDS = {"s": 1_000_000, "ms": 1000, "us": 1}
_DAY = 86_400_000_000
_WIDEST = 57


class Hasher(Protocol):
    """Hashes values as the database of the source does."""

    name: str
    """The name of the algorithm in the certificate."""

    def __call__(self, batch: Any) -> tuple[tuple[int, ...], Mapping[str, int]]:
        """Return the digest of the rows of a record batch, and the hash of each column without a sum."""


def has_sum(kind: Any) -> bool:
    """Return whether the figures of an Arrow type include an exact sum; the others have a hash."""
    types = pa.types
    return bool(types.is_boolean(kind) or types.is_integer(kind) or types.is_decimal(kind) or unit_of(kind) is not None)


def figures_of(batch: Any, hasher: Hasher) -> Figures:
    """Return all figures of a record batch."""
    digest, hashes = hasher(batch)
    columns = {field.name: _column(array) for field, array in zip(batch.schema, batch.columns, strict=True)}
    return Figures(
        batch.num_rows,
        {name: {**column, "hash": hashes[name]} if name in hashes else column for name, column in columns.items()},
        digest,
    )


def _column(array: Array) -> Column:
    kind = array.type
    values: dict[str, Number | None] = {"values": len(array) - array.null_count}
    if pa.types.is_boolean(kind):
        values["sum"] = pc.sum(array, min_count=0).as_py()
    elif pa.types.is_floating(kind):
        values |= _of_floats(array.cast(pa.float64()))
    elif pa.types.is_decimal(kind):
        values |= _of_decimals(array)
    elif pa.types.is_integer(kind):
        values |= _extremes(array) | {"sum": integer_sum(array)}
    elif (unit := unit_of(kind)) is not None:
        numbers = array.view(pa.int32() if array.type.bit_width == 32 else pa.int64())
        values |= {key: None if value is None else value * unit for key, value in _extremes(numbers).items()}
        values["sum"] = integer_sum(numbers) * unit
    else:
        values["bytes"] = integer_sum(pc.binary_length(array))
    return values


def unit_of(kind: Any) -> int | None:
    """Return the microseconds of the unit of a date, time or timestamp; None for other types."""
    if pa.types.is_date32(kind):
        return _DAY
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        return _MICROSECONDS[kind.unit]
    return None


def numbers_of(array: Array) -> Any:
    """Return the numbers of a fixed-width array as a numpy array without a copy; NULL has any value."""
    kind = array.type
    if pa.types.is_boolean(kind):
        array, kind = array.cast(pa.uint8()), pa.uint8()
    letter = "f" if pa.types.is_floating(kind) else "i"
    width = kind.bit_width // 8
    data = array.buffers()[1]
    if data is None:
        return np.zeros(len(array), f"{letter}{width}")
    return np.frombuffer(data, f"{letter}{width}", len(array), array.offset * width)


def _extremes(array: Array) -> dict[str, Any]:
    ends = pc.min_max(array)
    return {"min": ends["min"].as_py(), "max": ends["max"].as_py()}


def _of_floats(array: Array) -> Mapping[str, Number | None]:
    nan = pc.fill_null(pc.is_nan(array), fill_value=False)
    zeros = array.filter(pc.equal(array, 0.0))
    negative = pc.sum(pc.less(zeros.view(pa.int64()), 0), min_count=0).as_py()
    return _extremes(array.filter(pc.invert(nan))) | {"nan": pc.sum(nan, min_count=0).as_py(), "negative_zeros": negative}


def integer_sum(array: Array) -> int:
    """Return the exact sum of an array of integers; Arrow's own sum wraps at 64 bits without an error."""
    if array.type.bit_width < 64:
        return int(pc.sum(array.cast(pa.int64()), min_count=0).as_py())
    upper = pc.shift_right(array, pa.scalar(32, array.type))
    lower = pc.bit_wise_and(array, pa.scalar(0xFFFF_FFFF, array.type))
    return (int(pc.sum(upper, min_count=0).as_py()) << 32) + int(pc.sum(lower, min_count=0).as_py())


def _of_decimals(array: Array) -> dict[str, int | None]:
    """Return the figures in units of the last digit.

    Arrow sums in its widest decimal, which holds 19 digits more than the widest column read here.
    """
    whole = whole_numbers(array)
    values = {key: None if value is None else int(value) for key, value in _extremes(whole).items()}
    if whole.type.precision > _WIDEST:
        return values | {"sum": sum(int(value) for value in whole.to_pylist() if value is not None)}
    return values | {"sum": int(pc.sum(whole.cast(pa.decimal256(76, 0)), min_count=0).as_py())}
