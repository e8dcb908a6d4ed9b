"""The values of a column to an Arrow array of the declared type: without loss, or an error.

SQLite accepts any value in any column. So one cheap pass collects the storage classes in a column:
Arrow converts the usual ones at once, the others are converted value by value.
"""

import re
from collections.abc import Callable, Sequence
from decimal import Context, Decimal, Inexact, InvalidOperation
from types import NoneType
from typing import Any, TypeAlias

import pyarrow as pa

from extract_job.databases.arrow_types import arrow_type
from extract_job.databases.conditions import Condition
from extract_job.databases.decimals import decimals_of
from extract_job.databases.mapping import Column, Kind
from extract_job.databases.misfits import MisfitError
from extract_job.databases.names import quoted
from extract_job.databases.source import Schema, Table
from extract_job.databases.years import OUTSIDE, in_years

Array: TypeAlias = Any  # pyarrow ships no types
Values: TypeAlias = Sequence[object]

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_EXACT = Context(prec=200, traps=[Inexact, InvalidOperation])
_TRUTH: dict[object, bool | None] = {
    None: None, 0: False, 1: True, "0": False, "1": True,
    "false": False, "False": False, "FALSE": False, "true": True, "True": True, "TRUE": True,
}  # fmt: skip


def table_of(columns: Sequence[Column], schema: Schema, rows: Sequence[tuple[object, ...]]) -> Table:
    """Convert rows; raise `MisfitError` for the first misfit (by column, then row)."""
    arrays = [to_array(column, values) for column, values in zip(columns, zip(*rows, strict=True), strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def to_array(column: Column, values: Values) -> Array:
    """Convert the values of one column; raise `MisfitError` if one does not fit."""
    storage = set(map(type, values))
    storage.discard(NoneType)
    return _READERS[column.kind](column, values, storage)


def _integers(column: Column, values: Values, storage: set[type]) -> Array:
    _only(column, values, storage, int)
    return pa.array(values, pa.int64())


def _booleans(column: Column, values: Values, storage: set[type]) -> Array:
    if storage - {int, str} or not _TRUTH.keys() >= set(values):
        for value in values:
            if isinstance(value, (bytes, float)) or value not in _TRUTH:
                raise _misfit(column, value, "is not 0, 1, 'true' or 'false'")
    if storage <= {int}:
        return pa.array(values, pa.int64()).cast(pa.bool_())
    return pa.array([_TRUTH[value] for value in values], pa.bool_())


def _floats(column: Column, values: Values, storage: set[type]) -> Array:
    _only(column, values, storage, float, int)
    return _converted(
        column, values, lambda part: pa.array(part, pa.float64()), "is a whole number that a double cannot hold exactly"
    )


def _decimals(column: Column, values: Values, storage: set[type]) -> Array:
    """Convert through text: the shortest text of a double is the number that was stored."""
    try:
        if storage <= {str}:
            texts = pa.array(values, pa.string())
        elif storage <= {int}:
            texts = pa.array(values, pa.int64()).cast(pa.string())
        elif storage <= {int, float}:
            texts = pa.array(values, pa.float64()).cast(pa.string())
        else:
            return _exact_decimals(column, values)
        return decimals_of(texts, column.precision, column.scale)
    except pa.ArrowInvalid:
        return _exact_decimals(column, values)


def _exact_decimals(column: Column, values: Values) -> Array:
    return pa.array([None if value is None else _decimal(column, value) for value in values], arrow_type(column))


def _decimal(column: Column, value: object) -> Decimal:
    """Convert one value.

    A double with rounding noise in its 17th digit (0.1 + 0.2) counts as the 15 digits that SQLite
    prints.
    """
    if isinstance(value, bytes) or not _NUMBER.fullmatch(text := str(value)):
        raise _misfit(column, value, "is not a decimal number")
    number = _rescaled(Decimal(text), column.scale)
    if number is None and isinstance(value, float):
        number = _rescaled(Decimal(f"{value:.15g}"), column.scale)
    if number is None:
        raise _misfit(column, value, f"has more than {column.scale} digits after the point")
    if abs(number) >= Decimal(1).scaleb(column.precision - column.scale):
        raise _misfit(column, value, f"has more than {column.precision - column.scale} digits before the point")
    return number


def _rescaled(number: Decimal, scale: int) -> Decimal | None:
    """Return the number with `scale` digits after the point, or None if digits would be lost."""
    if number.adjusted() > 100:
        return number  # too big for any type; the caller checks the size and reports it
    try:
        return number.quantize(Decimal(1).scaleb(-scale), context=_EXACT)
    except Inexact:
        return None


def _dates(column: Column, values: Values, storage: set[type]) -> Array:
    _only(column, values, storage, str)
    return _converted(
        column, values, lambda part: in_years(pa.array(part, pa.string()).cast(pa.date32())), "is not a date like 2024-05-31"
    )


def _timestamps(column: Column, values: Values, storage: set[type]) -> Array:
    _only(column, values, storage, str)
    why = "is not a timestamp like 2024-05-31 23:59:59.123456"
    if column.kind is Kind.INSTANT:
        why += "+02:00 (with an offset or Z: the column holds instants)"
    else:
        why += " (without an offset: the first values of the column have none)"
    kind = arrow_type(column)
    return _converted(column, values, lambda part: in_years(pa.array(part, pa.string()).cast(kind)), why)


def _texts(column: Column, values: Values, storage: set[type]) -> Array:
    if bytes in storage:
        _only(column, values, storage, str, int, float)
    if storage - {str}:
        values = [str(value) if isinstance(value, (int, float)) else value for value in values]
    return pa.array(values, pa.string())


def _blobs(column: Column, values: Values, storage: set[type]) -> Array:
    _only(column, values, storage, bytes)
    return pa.array(values, pa.binary())


_READERS: dict[Kind, Callable[[Column, Values, set[type]], Array]] = {
    Kind.BIGINT: _integers,
    Kind.BOOLEAN: _booleans,
    Kind.DOUBLE: _floats,
    Kind.DECIMAL: _decimals,
    Kind.DATE: _dates,
    Kind.TIMESTAMP: _timestamps,
    Kind.INSTANT: _timestamps,
    Kind.TEXT: _texts,
    Kind.BINARY: _blobs,
}
_STORAGE = {int: "an integer", float: "a real", str: "text", bytes: "a blob"}


def _only(column: Column, values: Values, storage: set[type], *allowed: type) -> None:
    """Refuse storage classes that the type does not allow. Arrow would cut a real to an integer."""
    if storage <= {*allowed}:
        return
    for value in values:
        if value is not None and type(value) not in allowed:
            raise _misfit(column, value, f"is {_STORAGE[type(value)]}, not {_STORAGE[allowed[0]]}")


def _converted(column: Column, values: Values, convert: Callable[[Values], Array], why: str) -> Array:
    """Convert all values at once; if one cannot be converted, report it."""
    try:
        return convert(values)
    except pa.ArrowInvalid:
        for value in values:
            try:
                convert([value])
            except pa.ArrowInvalid as error:
                raise _misfit(column, value, OUTSIDE if str(error) == OUTSIDE else why) from error
        raise


def _misfit(column: Column, value: object, why: str) -> MisfitError:
    name = quoted(column.name)
    return MisfitError(column, Condition(f"{name} IS ? AND typeof({name}) = typeof(?)", (value, value)), why)
