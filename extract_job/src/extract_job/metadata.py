"""Columns that the job adds to the rows (`metadata_columns`): where the rows come from, one value per file.

The proof is about the columns of the source. So each of these has a mark in the schema of the file, by which a reader of the
file, such as `python -m extract_job verify`, knows it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from extract_job.databases.mapping import Column
from extract_job.errors import FailureClass, JobError
from extract_job.result import ResultColumn

Schema: TypeAlias = Any  # pyarrow ships no types
Table: TypeAlias = Any
Value: TypeAlias = str | int | datetime | None

MARK = b"extract_metadata"
"""The key in the metadata of a field; its value says what the column holds."""


@dataclass(frozen=True, slots=True)
class MetadataColumn:
    """A column of the files: its name, what it holds (one of `arguments.selection.METADATA`), and its value; None: not known."""

    name: str
    holds: str
    value: Value

    @property
    def field(self) -> Any:
        """The Arrow field, with its mark."""
        import pyarrow as pa

        kinds = {"attempt": pa.int32(), "extracted_at": pa.timestamp("us", tz="UTC"), "server_time": pa.timestamp("us", tz="UTC")}
        return pa.field(self.name, kinds.get(self.holds, pa.string()), metadata={MARK: self.holds})


def metadata_columns(
    table: str, wanted: Mapping[str, str], columns: Sequence[Column], values: Mapping[str, Value]
) -> tuple[MetadataColumn, ...]:
    """Return the columns to add; raise `JobError` for a name that a column of the table has in the files.

    `wanted` says what each column holds, and `values` has the values. Names are compared without their case, as Athena, Spark
    and DuckDB compare them.
    """
    taken = {column.name.casefold(): column.name for column in columns}
    clash = next((name for name in wanted if name.casefold() in taken), None)
    if clash is not None:
        raise JobError(
            f"table {table!r}: metadata_columns adds a column {clash!r}, and the table has the column "
            f"{taken[clash.casefold()]!r} in the files; change the name in metadata_columns, or rename or exclude the column",
            FailureClass.CONFIG,
        )
    return tuple(MetadataColumn(name, holds, values[holds]) for name, holds in wanted.items())


def listed(columns: Sequence[MetadataColumn]) -> tuple[ResultColumn, ...]:
    """Return the columns as the result's member `schema` has them. No database declares their types."""
    return tuple(
        ResultColumn(
            column.name, "", str(column.field.type), nullable=column.holds in ("source", "server_time"), holds=column.holds
        )
        for column in columns
    )


def with_metadata(schema: Schema, columns: Sequence[MetadataColumn]) -> Schema:
    """Return the schema of the files."""
    for column in columns:
        schema = schema.append(column.field)
    return schema


def added(rows: Table, columns: Sequence[MetadataColumn]) -> Table:
    """Return the rows with these columns."""
    import pyarrow as pa

    for column in columns:
        value = pa.scalar(column.value, column.field.type)
        rows = rows.append_column(column.field, pa.repeat(value, rows.num_rows))
    return rows


def is_metadata(field: Any) -> bool:
    """Return whether a field of a file has the mark."""
    return MARK in (field.metadata or {})
