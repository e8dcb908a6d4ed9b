"""The batches of the driver, converted to the Arrow types of the columns."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from extract_job.databases.conditions import Condition
from extract_job.databases.decimals import decimals_of
from extract_job.databases.mapping import Column, Kind
from extract_job.databases.misfits import MisfitError
from extract_job.databases.names import quoted
from extract_job.databases.postgresql.mapping import ODD_INDEX
from extract_job.databases.source import Schema, Table
from extract_job.databases.years import DAY, OUTSIDE, in_years

Array: TypeAlias = Any  # pyarrow ships no types


def table_of(columns: Sequence[Column], schema: Schema, batch: Any) -> Table:
    """Convert a batch; raise `MisfitError` for the first column with a value that does not fit."""
    arrays = [_array(column, array) for column, array in zip(columns, batch.columns, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def misfit_in_time(column: Column) -> MisfitError:
    """Return the error for a date, time or timestamp that its type in the files cannot hold."""
    name = quoted(column.name)
    if column.kind is Kind.TIME:
        # https://www.postgresql.org/docs/current/datatype-datetime.html: time ends with 24:00:00
        return MisfitError(column, Condition(f"{name} = '24:00:00'"), "is the end of a day, which Parquet's time cannot hold")
    return MisfitError(column, Condition(f"NOT ({name} >= '0001-01-01' AND {name} < '10000-01-01')"), OUTSIDE)


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
        try:
            return in_years(array)
        except pa.ArrowInvalid as error:
            raise misfit_in_time(column) from error
    if column.kind is Kind.TIME and pc.any(pc.equal(array.cast(pa.int64()), DAY)).as_py():
        raise misfit_in_time(column)
    if column.misfit and pc.any(pc.equal(array, ODD_INDEX)).as_py():
        why = "has an array whose first index is not 1, which JSON cannot hold"
        raise MisfitError(column, Condition(column.misfit), why)
    return array
