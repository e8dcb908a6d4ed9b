"""Arrow batches of a driver, converted to the Arrow types of the columns: without loss, or an error.

Decimals, dates, moments and instants may arrive as text, as the SELECT expressions of a mapping make it.
"""

import re
from collections.abc import Sequence
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from extract_job.databases.arrow_types import arrow_type
from extract_job.databases.conditions import ALL_ROWS
from extract_job.databases.decimals import decimals_of
from extract_job.databases.mapping import Column, Kind
from extract_job.databases.misfits import MisfitError
from extract_job.databases.source import Schema, Table
from extract_job.databases.years import OUTSIDE, in_years

Array: TypeAlias = Any  # pyarrow ships no types

_BEYOND_MICROSECONDS = r"(\.\d{6})0+(Z?)$"
"""Zeros after the microseconds: a text with any other digit there does not fit."""
_MOMENTS = (Kind.TIMESTAMP, Kind.INSTANT)
_DIGIT = r"\.\d{6}\d*[1-9]"


class BatchMisfitError(MisfitError):
    """A misfit whose row is known: its number within the batch, and its value."""

    def __init__(self, column: Column, row: int, value: object, why: str) -> None:
        super().__init__(column, ALL_ROWS, why)
        self.row = row
        self.value = value


def table_of(columns: Sequence[Column], schema: Schema, batch: Any) -> Table:
    """Convert a record batch; raise `BatchMisfitError` for the first misfit (by column, then row)."""
    arrays = [_array(column, array) for column, array in zip(columns, batch.columns, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(column: Column, array: Array) -> Array:
    try:
        return _converted(column, array)
    except pa.ArrowInvalid:
        for row in range(len(array)):
            one = array.slice(row, 1)
            try:
                _converted(column, one)
            except pa.ArrowInvalid as error:
                value = one[0].as_py()
                raise BatchMisfitError(column, row, value, _why(column, str(value), str(error))) from error
        raise


def _converted(column: Column, array: Array) -> Array:
    is_text = pa.types.is_string(array.type) or pa.types.is_large_string(array.type)
    if is_text and column.kind is Kind.DECIMAL:
        return decimals_of(array.cast(pa.string()), column.precision, column.scale)
    if is_text and column.kind in _MOMENTS:
        array = pc.replace_substring_regex(array.cast(pa.string()), _BEYOND_MICROSECONDS, r"\1\2")
    values = array.cast(arrow_type(column))
    return in_years(values) if column.kind in (Kind.DATE, *_MOMENTS) else values


def _why(column: Column, value: str, error: str) -> str:
    if error == OUTSIDE or (column.kind in _MOMENTS and value.startswith("-")):
        return OUTSIDE
    if column.kind is Kind.TIME or (column.kind in _MOMENTS and re.search(_DIGIT, value)):
        return "has more digits than microseconds, which are the finest that the files hold"
    return f"does not fit into {arrow_type(column)}"
