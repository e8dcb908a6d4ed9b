"""Canonical texts of values for the comparison: equal values of both sides have the same text.

A text begins with a letter for its type. NULL is `-`. Text and blobs include their length, so that joined texts are unambiguous.
Only the types of the demo's schema are known; another type is a ValueError.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

import pyarrow as pa

Texts: TypeAlias = Sequence[str]

_NULL = "-"
_PLACES = re.compile(r"(DECIMAL|NUMERIC)\((\d+),(\d+)\)")
_FAMILIES = {
    "INTEGER": "int64",
    "BIGINT": "int64",
    "SMALLINT": "int64",
    "BOOLEAN": "bool",
    "REAL": "double",
    "DOUBLE": "double",
    "DOUBLE PRECISION": "double",
    "DATE": "date32[day]",
    "TIMESTAMP": "timestamp[us]",
    "DATETIME": "timestamp[us]",
    "TIMESTAMPTZ": "timestamp[us, tz=UTC]",
    "TIMESTAMP WITH TIME ZONE": "timestamp[us, tz=UTC]",
    "TEXT": "string",
    "VARCHAR": "string",
    "CHAR": "string",
    "JSON": "string",
    "BLOB": "binary",
}


def arrow_name(declared: str) -> str:
    """The name of the Arrow type that a column with this declaration has in Parquet. ValueError for an unknown type."""
    if match := _PLACES.fullmatch(declared):
        return f"decimal128({match[2]}, {match[3]})"
    family = _FAMILIES.get(declared.split("(", maxsplit=1)[0])
    if family is None:
        raise ValueError(f"the type {declared!r} is not known to the comparison")
    return family


def database_texts(declared: str) -> Callable[[Sequence[Any]], Texts]:
    """The function that turns a column's values from SQLite into canonical texts.

    It raises ValueError, TypeError or LookupError for a value that is not of the declared type.
    """
    if match := _PLACES.fullmatch(declared):
        places = int(match[3])
        return lambda values: [_NULL if value is None else f"d{float(value):.{places}f}" for value in values]
    return _DATABASE[arrow_name(declared)]


def parquet_texts(declared: str) -> Callable[[Any], Texts]:
    """The function that turns an Arrow array of the right type into canonical texts."""
    if _PLACES.fullmatch(declared):
        return lambda array: [_NULL if value is None else f"d{value:f}" for value in array.to_pylist()]
    return _PARQUET[arrow_name(declared)]


def _typed(kind: type, text: Callable[[Any], str]) -> Callable[[Sequence[Any]], Texts]:
    """A reader of values of one Python type, or None."""

    def texts(values: Sequence[Any]) -> Texts:
        for wrong in {*map(type, values)} - {kind, type(None)}:
            raise TypeError(f"{wrong.__name__}, not {kind.__name__}")
        return [_NULL if value is None else text(value) for value in values]

    return texts


def _booleans(values: Sequence[Any]) -> Texts:
    return [{None: _NULL, 0: "bFalse", 1: "bTrue"}[value] for value in values]


def _timestamp(value: str) -> str:
    """Pad the fraction to microseconds: `2024-05-31 23:59:59` and Arrow's `…59.000000` are the same time."""
    return f"T{value}.000000" if len(value) == 19 else f"T{value:0<26}"


def _instant(value: str) -> str:
    return "Z" + datetime.fromisoformat(value).astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


_INTEGERS = _typed(int, lambda value: f"i{value}")
_FLOATS = _typed(float, lambda value: f"f{value!r}")
_TEXTS = _typed(str, lambda value: f"t{len(value)}:{value}")
_BLOBS = _typed(bytes, lambda value: f"x{value.hex()}")


def _casted(letter: str) -> Callable[[Any], Texts]:
    """Let Arrow write dates and times, which is faster."""

    def texts(array: Any) -> Texts:
        if pa.types.is_timestamp(array.type):
            array = array.cast(pa.timestamp("us"))  # of an instant: its time in UTC
        return [_NULL if value is None else letter + value for value in array.cast(pa.string()).to_pylist()]

    return texts


def _listed(reader: Callable[[Sequence[Any]], Texts]) -> Callable[[Any], Texts]:
    return lambda array: reader(array.to_pylist())


_DATABASE: dict[str, Callable[[Sequence[Any]], Texts]] = {
    "int64": _INTEGERS,
    "bool": _booleans,
    "double": _FLOATS,
    "date32[day]": _typed(str, lambda value: f"D{value}"),
    "timestamp[us]": _typed(str, _timestamp),
    "timestamp[us, tz=UTC]": _typed(str, _instant),
    "string": _TEXTS,
    "binary": _BLOBS,
}
_PARQUET: dict[str, Callable[[Any], Texts]] = {
    "int64": _listed(_INTEGERS),
    "bool": _listed(_booleans),
    "double": _listed(_FLOATS),
    "date32[day]": _casted("D"),
    "timestamp[us]": _casted("T"),
    "timestamp[us, tz=UTC]": _casted("Z"),
    "string": _listed(_TEXTS),
    "binary": _listed(_BLOBS),
}
