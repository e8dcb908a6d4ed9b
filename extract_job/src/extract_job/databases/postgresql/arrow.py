"""The batches of the driver, converted to the Arrow types of the columns."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from extract_job.databases.conditions import Condition
from extract_job.databases.decimals import decimal_type, decimals_of
from extract_job.databases.misfits import MisfitError
from extract_job.databases.names import quoted
from extract_job.databases.postgresql.columns import ODD_INDEX, Column, Kind
from extract_job.databases.source import Schema, Table

Array: TypeAlias = Any  # pyarrow ships no types

_TYPES = {
    Kind.SMALLINT: pa.int16(), Kind.INTEGER: pa.int32(), Kind.BIGINT: pa.int64(), Kind.BOOLEAN: pa.bool_(),
    Kind.REAL: pa.float32(), Kind.DOUBLE: pa.float64(), Kind.DATE: pa.date32(), Kind.TIME: pa.time64("us"),
    Kind.TIMESTAMP: pa.timestamp("us"), Kind.INSTANT: pa.timestamp("us", tz="UTC"), Kind.BINARY: pa.binary(),
    Kind.TEXT: pa.string(), Kind.STRUCTURE: pa.string(),
}  # fmt: skip
_DAYS = (-719_162, 2_932_896)
"""0001-01-01 and 9999-12-31 in days since 1970. PostgreSQL's infinities are outside, and so are
dates that readers of Parquet do not support."""
_DAY = 86_400_000_000
"""Microseconds of a day. PostgreSQL's time ends with 24:00:00, Parquet's before it
(https://www.postgresql.org/docs/current/datatype-datetime.html)."""


def schema_of(columns: Sequence[Column]) -> Schema:
    """Return the schema of all files. All columns are nullable."""
    return pa.schema([pa.field(column.name, _type(column)) for column in columns])


def table_of(columns: Sequence[Column], schema: Schema, batch: Any) -> Table:
    """Convert a batch; raise `MisfitError` for the first column with a value that does not fit."""
    arrays = [_array(column, array) for column, array in zip(columns, batch.columns, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _type(column: Column) -> Any:
    if column.kind is Kind.DECIMAL:
        return decimal_type(column.precision, column.scale)
    return _TYPES[column.kind]


def _array(column: Column, array: Array) -> Array:
    name = quoted(column.name)
    if column.kind is Kind.DECIMAL:
        try:
            return decimals_of(array, column.precision, column.scale)
        except pa.ArrowInvalid as error:
            before = column.precision - column.scale
            condition = (
                f"{name} IN ('NaN', 'Infinity', '-Infinity') OR abs({name}) >= 1e{before} OR scale({name}) > {column.scale}"
            )
            why = f"does not fit into decimal({column.precision},{column.scale})"
            raise MisfitError(column, Condition(condition), why) from error
    if column.kind in (Kind.DATE, Kind.TIMESTAMP, Kind.INSTANT):
        _check_years(column, name, array)
    elif column.kind is Kind.TIME and pc.any(pc.equal(array.cast(pa.int64()), _DAY)).as_py():
        raise MisfitError(column, Condition(f"{name} = '24:00:00'"), "is the end of a day, which Parquet's time cannot hold")
    elif column.kind is Kind.STRUCTURE and pc.any(pc.equal(array, ODD_INDEX)).as_py():
        why = "has an array whose first index is not 1, which JSON cannot hold"
        raise MisfitError(column, Condition(column.has_odd_index), why)
    return array


def _check_years(column: Column, name: str, array: Array) -> None:
    days = column.kind is Kind.DATE
    extremes = pc.min_max(array.cast(pa.int32() if days else pa.int64()))
    least, greatest = extremes["min"].as_py(), extremes["max"].as_py()
    low, high = _DAYS if days else (_DAYS[0] * _DAY, (_DAYS[1] + 1) * _DAY - 1)
    if least is not None and (least < low or greatest > high):
        condition = f"NOT ({name} >= '0001-01-01' AND {name} < '10000-01-01')"
        raise MisfitError(column, Condition(condition), "is outside the years 1 to 9999")
