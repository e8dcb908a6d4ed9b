"""The bytes of the values, converted to the Arrow types of the columns."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import pyarrow as pa

from extract_job.databases.arrow_types import arrow_type
from extract_job.databases.conditions import ALL_ROWS
from extract_job.databases.decimals import decimals_of
from extract_job.databases.mapping import Column, Kind
from extract_job.databases.misfits import MisfitError, misfit, place
from extract_job.databases.source import Schema, Table
from extract_job.databases.years import OUTSIDE, in_years
from extract_job.errors import JobError

Array: TypeAlias = Any  # pyarrow ships no types
Values: TypeAlias = Sequence[bytes | None]


class RowMisfitError(MisfitError):
    """A misfit whose row is known: its number within the batch, and the bytes of its value."""

    def __init__(self, column: Column, row: int, value: bytes | None, why: str) -> None:
        super().__init__(column, ALL_ROWS, why)
        self.row = row
        self.value = value


def table_of(columns: Sequence[Column], schema: Schema, octets: Sequence[Array]) -> Table:
    """Convert an array of bytes per column; raise `RowMisfitError` for the first misfit (by column, then row)."""
    arrays = [_array(column, array) for column, array in zip(columns, octets, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def row_misfit(table: str, key: str | None, columns: Sequence[Column], error: RowMisfitError, row: Values) -> JobError:
    """Return the error that names the place of a misfit; `row` are the values of its row, `key` names the primary key."""
    names = [column.name for column in columns]
    number = None if key is None else row[names.index(key)]
    value = None if error.value is None else error.value.decode(errors="backslashreplace")
    shown = None if number is None else number.decode(errors="backslashreplace")
    return misfit(place(table, error.column, key, shown), error, value)


def _array(column: Column, octets: Array) -> Array:
    try:
        return _converted(column, octets)
    except pa.ArrowInvalid:
        for row, value in enumerate(octets.to_pylist()):
            try:
                _converted(column, pa.array([value], pa.binary()))
            except pa.ArrowInvalid as error:
                raise RowMisfitError(column, row, value, _why(column, str(error))) from error
        raise


def _converted(column: Column, octets: Array) -> Array:
    if column.kind is Kind.BINARY:
        return octets
    texts = octets.cast(pa.string())
    match column.kind:
        case Kind.DECIMAL:
            return decimals_of(texts, column.precision, column.scale)
        case Kind.REAL:
            return texts.cast(pa.float64()).cast(pa.float32())
        case Kind.DATE:
            return in_years(texts.cast(pa.date32()))
        case Kind.TIMESTAMP | Kind.INSTANT:
            return in_years(texts.cast(pa.timestamp("us"))).cast(arrow_type(column))
    return texts.cast(arrow_type(column))


def _why(column: Column, error: str) -> str:
    if error == OUTSIDE:
        return OUTSIDE
    if column.kind in (Kind.DATE, Kind.TIMESTAMP, Kind.INSTANT):
        return "is not a day of the calendar (MySQL stores zero dates if sql_mode allows it)"
    if column.kind is Kind.TEXT:
        return "is not UTF-8"
    return f"does not fit into {arrow_type(column)}"
