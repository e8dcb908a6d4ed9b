"""A column's values, as SQLite holds them, to an Arrow array of the declared type: exactly, or not at all.

SQLite lets any value into any column. Each column is therefore looked at by the storage classes that it holds (one cheap
pass); the usual ones go through Arrow at once, the others value by value.
"""

import re
from collections.abc import Callable, Sequence
from decimal import Context, Decimal, Inexact, InvalidOperation
from types import NoneType
from typing import Any, TypeAlias

import pyarrow as pa

from extract_job.databases.decimals import decimals_of
from extract_job.databases.source import Schema, Table
from extract_job.databases.sqlite.columns import Column, Kind

Array: TypeAlias = Any  # pyarrow ships no types
DataType: TypeAlias = Any
Values: TypeAlias = Sequence[object]

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_EXACT = Context(prec=200, traps=[Inexact, InvalidOperation])
_TRUTH: dict[object, bool | None] = {
    None: None, 0: False, 1: True, "0": False, "1": True,
    "false": False, "False": False, "FALSE": False, "true": True, "True": True, "TRUE": True,
}  # fmt: skip


class MisfitError(Exception):
    """A value does not fit its column's declared type: `column`, `value`, and `why` as the end of a sentence."""

    def __init__(self, column: Column, value: object, why: str) -> None:
        super().__init__(f"{column.name}: {value!r} {why}")
        self.column = column
        self.value = value
        self.why = why


def arrow_type(column: Column) -> DataType:
    """Give the Arrow type of a column."""
    if column.kind is Kind.DECIMAL:
        decimal = pa.decimal128 if column.precision <= 38 else pa.decimal256
        return decimal(column.precision, column.scale)
    if column.kind is Kind.TIMESTAMP:
        return pa.timestamp("us", tz="UTC" if column.zoned else None)
    return pa.type_for_alias(column.kind.value)


def schema_of(columns: Sequence[Column]) -> Schema:
    """Give the schema of all files of the extract: it doesn't depend on what is in the rows. All columns are nullable."""
    return pa.schema([pa.field(column.name, arrow_type(column)) for column in columns])


def table_of(columns: Sequence[Column], schema: Schema, rows: Sequence[tuple[object, ...]]) -> Table:
    """Turn rows into an Arrow table; raises `MisfitError` for the first value (by column, then row) that doesn't fit."""
    arrays = [to_array(column, values) for column, values in zip(columns, zip(*rows, strict=True), strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def to_array(column: Column, values: Values) -> Array:
    """Turn one column's values into an array of its type; raises `MisfitError`."""
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
                raise MisfitError(column, value, "is not 0, 1, 'true' or 'false'")
    if storage <= {int}:
        return pa.array(values, pa.int64()).cast(pa.bool_())
    return pa.array([_TRUTH[value] for value in values], pa.bool_())


def _floats(column: Column, values: Values, storage: set[type]) -> Array:
    _only(column, values, storage, float, int)
    return _converted(
        column, values, lambda some: pa.array(some, pa.float64()), "is beyond the whole numbers that a double holds exactly"
    )


def _decimals(column: Column, values: Values, storage: set[type]) -> Array:
    """Go by way of text: the shortest decimal that means the same double is the number that was written into it."""
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
    """Read one value; a double whose 17th digit is only its own noise (0.1 + 0.2) is taken at the 15 digits SQLite prints."""
    if isinstance(value, bytes) or not _NUMBER.fullmatch(text := str(value)):
        raise MisfitError(column, value, "is not a decimal number")
    number = _rescaled(Decimal(text), column.scale)
    if number is None and isinstance(value, float):
        number = _rescaled(Decimal(f"{value:.15g}"), column.scale)
    if number is None:
        raise MisfitError(column, value, f"has more than {column.scale} digits after the point")
    if abs(number) >= Decimal(1).scaleb(column.precision - column.scale):
        raise MisfitError(column, value, f"has more than {column.precision - column.scale} digits before the point")
    return number


def _rescaled(number: Decimal, scale: int) -> Decimal | None:
    """Give the number with exactly `scale` digits after the point, or None when digits would be lost."""
    if number.adjusted() > 100:
        return number  # too big for any type; the caller's check of its size says so
    try:
        return number.quantize(Decimal(1).scaleb(-scale), context=_EXACT)
    except Inexact:
        return None


def _dates(column: Column, values: Values, storage: set[type]) -> Array:
    _only(column, values, storage, str)
    return _converted(column, values, lambda some: pa.array(some, pa.string()).cast(pa.date32()), "is not a date like 2024-05-31")


def _timestamps(column: Column, values: Values, storage: set[type]) -> Array:
    _only(column, values, storage, str)
    why = "is not a timestamp like 2024-05-31 23:59:59.123456"
    if column.zoned:
        why += "+02:00 (with an offset or Z, as the column is of instants)"
    else:
        why += " (without an offset, as the column's first values have none)"
    kind = arrow_type(column)
    return _converted(column, values, lambda some: pa.array(some, pa.string()).cast(kind), why)


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
    Kind.INTEGER: _integers,
    Kind.BOOLEAN: _booleans,
    Kind.FLOAT: _floats,
    Kind.DECIMAL: _decimals,
    Kind.DATE: _dates,
    Kind.TIMESTAMP: _timestamps,
    Kind.TEXT: _texts,
    Kind.BINARY: _blobs,
}
_STORAGE = {int: "an integer", float: "a real", str: "text", bytes: "a blob"}


def _only(column: Column, values: Values, storage: set[type], *allowed: type) -> None:
    """Refuse storage classes that the column's type has no meaning for. Arrow itself would cut a real to an integer."""
    if storage <= {*allowed}:
        return
    for value in values:
        if value is not None and type(value) not in allowed:
            raise MisfitError(column, value, f"is {_STORAGE[type(value)]}, not {_STORAGE[allowed[0]]}")


def _converted(column: Column, values: Values, convert: Callable[[Values], Array], why: str) -> Array:
    """Convert all values at once; when one of them doesn't convert, find it."""
    try:
        return convert(values)
    except pa.ArrowInvalid:
        for value in values:
            try:
                convert([value])
            except pa.ArrowInvalid as error:
                raise MisfitError(column, value, why) from error
        raise
