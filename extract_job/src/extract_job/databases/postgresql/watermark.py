"""The watermark column of a PostgreSQL table."""

from typing import ClassVar

from extract_job.databases.names import quoted
from extract_job.databases.postgresql.transactions import literal
from extract_job.databases.server_watermark import ServerWatermark
from extract_job.marks import MarkType

_CAST = {MarkType.INTEGER: "int8", MarkType.DECIMAL: "numeric", MarkType.DATE: "date"}


class PostgresqlWatermark(ServerWatermark):
    """See `ServerWatermark`."""

    types: ClassVar = {
        MarkType.INTEGER: {"int2", "int4", "int8", "oid", "numeric"},
        MarkType.DECIMAL: {"numeric", "float4", "float8", "int2", "int4", "int8"},
        MarkType.DATE: {"date"},
        MarkType.TIMESTAMP: {"timestamp", "timestamptz", "date"},
        MarkType.STRING: {"text", "varchar", "bpchar", "name"},
    }
    instants: ClassVar = frozenset({"timestamptz"})

    def value(self) -> str:
        """See `ServerWatermark.value`. The order of a collation depends on the library of the server, that of "C" does not."""
        name = quoted(self._column.name)
        return f'{name}::text COLLATE "C"' if self._watermark.type is MarkType.STRING else name

    def text_of(self, value: str) -> str:
        """See `ServerWatermark.text_of`."""
        return f"({value})::text"

    def now(self) -> str:
        """See `ServerWatermark.now`. Local time is that of the time zone with which sessions of this user begin.

        In the hour that clocks repeat at the end of summer time, and for a day after, time goes on without the repetition:
        marks of the first pass are not in the future in the second.
        """
        now = "clock_timestamp()"
        if not self.zoned:
            zone = "(SELECT reset_val FROM pg_settings WHERE name = 'TimeZone')"
            day = "interval '24 hours'"
            now = f"greatest({now} AT TIME ZONE 'UTC', {now} AT TIME ZONE {zone}, ({now} - {day}) AT TIME ZONE {zone} + {day})"
        return f"({now})::{self._column.base}"

    def literal(self, mark: str) -> str:
        """See `ServerWatermark.literal`."""
        kind, base = self._watermark.type, self._column.base
        if kind is MarkType.STRING:
            return f'{literal(mark)}::text COLLATE "C"'
        if base in ("float4", "float8"):  # as numeric, 0.1 would not be the 0.1 of a float4
            return f"{literal(mark)}::{base}"
        if kind is not MarkType.TIMESTAMP:
            return f"{literal(mark)}::{_CAST[kind]}"
        self.offset(mark)
        return f"{literal(mark)}::{'timestamptz' if self.zoned else 'timestamp'}"
