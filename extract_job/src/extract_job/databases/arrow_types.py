"""The Arrow types of columns, in every database."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from extract_job.databases.decimals import decimal_type
from extract_job.databases.mapping import Column, Kind
from extract_job.databases.source import Schema

_TYPES = {
    Kind.BOOLEAN: pa.bool_(), Kind.SMALLINT: pa.int16(), Kind.INTEGER: pa.int32(), Kind.BIGINT: pa.int64(),
    Kind.REAL: pa.float32(), Kind.DOUBLE: pa.float64(), Kind.DATE: pa.date32(), Kind.TIME: pa.time64("us"),
    Kind.TIMESTAMP: pa.timestamp("us"), Kind.INSTANT: pa.timestamp("us", tz="UTC"), Kind.BINARY: pa.binary(),
    Kind.TEXT: pa.string(),
}  # fmt: skip


def arrow_type(column: Column) -> Any:
    """Return the Arrow type of a column."""
    return decimal_type(column.precision, column.scale) if column.kind is Kind.DECIMAL else _TYPES[column.kind]


def schema_of(columns: Sequence[Column]) -> Schema:
    """Return the schema of all files; it does not depend on values. All columns are nullable."""
    return pa.schema([pa.field(column.name, arrow_type(column)) for column in columns])
