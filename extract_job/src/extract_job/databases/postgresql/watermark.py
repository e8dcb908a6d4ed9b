# ruff: noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`
"""The watermark column of a PostgreSQL table.

The database compares in the type of the column. So a mark is only text here: ISO 8601, instants in
UTC.
"""

from extract_job.databases.conditions import Condition
from extract_job.databases.names import quoted
from extract_job.databases.postgresql.columns import Column
from extract_job.databases.postgresql.connection import Session
from extract_job.databases.ranges import not_a_mark
from extract_job.databases.tables import SourceTable
from extract_job.errors import FailureClass, JobError
from extract_job.marks import MarkType, Watermark, check_mark, form

_TYPES = {
    MarkType.INTEGER: {"int2", "int4", "int8", "oid", "numeric"},
    MarkType.DECIMAL: {"numeric", "float4", "float8", "int2", "int4", "int8"},
    MarkType.DATE: {"date"},
    MarkType.TIMESTAMP: {"timestamp", "timestamptz", "date"},
    MarkType.STRING: {"text", "varchar", "bpchar", "name"},
}
_CAST = {MarkType.INTEGER: "int8", MarkType.DECIMAL: "numeric", MarkType.DATE: "date", MarkType.STRING: "text"}


class PostgresqlWatermark:
    """See `ranges.WatermarkColumn`."""

    def __init__(self, session: Session, table: SourceTable[Column], watermark: Watermark) -> None:
        column = table.column("hwm_col_name", watermark.column)
        if column.base not in _TYPES[watermark.type]:
            raise JobError(
                f"table {table.name!r}: watermark column {column.name!r} is {column.declared}, which cannot hold marks of "
                f"{watermark.type.value}; set the --hwm_column_type that fits the column, or use another column",
                FailureClass.CONFIG,
            )
        self._session = session
        self._table = table
        self._column = column
        self._watermark = watermark
        self._sql = quoted(column.name)
        self.is_null = Condition(f"{self._sql} IS NULL")

    def compared(self, operator: str, mark: str) -> Condition:
        """See `ranges.WatermarkColumn.compared`."""
        return Condition(f"{self._sql} {operator} {self._literal(mark)}")

    def newest(self, rows: Condition) -> str | None:
        """See `ranges.WatermarkColumn.newest`."""
        ((mark,),) = self._session.rows(f"SELECT max({self._sql})::text FROM {self._table.sql} WHERE {rows.sql}")
        try:
            if mark is not None:
                check_mark(self._watermark.type, mark)
        except ValueError as error:
            raise not_a_mark(self._table.name, self._column, self._watermark, mark, error) from error
        return None if mark is None else str(mark)

    def count(self, rows: Condition) -> int:
        """See `ranges.WatermarkColumn.count`."""
        ((count,),) = self._session.rows(f"SELECT count(*) FROM {self._table.sql} WHERE {rows.sql}")
        return int(count)

    def _literal(self, mark: str) -> str:
        if self._watermark.type is not MarkType.TIMESTAMP:
            return f"{literal(mark)}::{_CAST[self._watermark.type]}"
        if self._column.base == "timestamptz":
            return f"{literal(mark)}::timestamptz"
        if form(mark)[1]:
            raise JobError(
                f"table {self._table.name!r}: watermark column {self._column.name!r} is {self._column.declared}, which cannot be "
                f"compared with the mark {mark!r} because of its offset; set a mark without an offset",
                FailureClass.CONFIG,
            )
        return f"{literal(mark)}::timestamp"


def literal(text: str) -> str:
    """Quote a text; standard_conforming_strings is on, so a backslash needs no escape."""
    return "'" + text.replace("'", "''") + "'"
