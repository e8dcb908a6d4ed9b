"""The watermark column of a SQL Server table.

Texts are compared by their code points (https://learn.microsoft.com/en-us/sql/relational-databases/collations/collation-and-unicode-support#Binary-collations).
"""

import re
from typing import ClassVar

from extract_job.databases.names import quoted
from extract_job.databases.server_watermark import ServerWatermark
from extract_job.databases.sqlserver.connection import literal
from extract_job.marks import MarkType

_INTEGERS = {"tinyint", "smallint", "int", "bigint"}
_EXACT = {"decimal", "numeric", "money", "smallmoney"}
_CODE_POINTS = "COLLATE Latin1_General_100_BIN2"
_OFFSET = re.compile(r"[+-]\d\d:\d\d$")
"""Seven digits: a value of the table, which is compared before it is checked."""
_MOMENTS = {"datetime2": "datetime2(7)", "datetimeoffset": "datetimeoffset(7)"}
_NUMBERS = {MarkType.INTEGER: "decimal(38, 0)", MarkType.DECIMAL: "decimal(38, 10)"}


class SqlServerWatermark(ServerWatermark):
    """See `ServerWatermark`."""

    types: ClassVar = {
        MarkType.INTEGER: _INTEGERS | {"decimal", "numeric"},
        MarkType.DECIMAL: _INTEGERS | _EXACT | {"real", "float"},
        MarkType.DATE: {"date"},
        MarkType.TIMESTAMP: {"datetime2", "datetime", "smalldatetime", "datetimeoffset", "date"},
        MarkType.STRING: {"char", "varchar", "nchar", "nvarchar"},
    }
    instants: ClassVar = frozenset({"datetimeoffset"})
    counted = "COUNT_BIG(*)"

    @staticmethod
    def folded(name: str) -> str:
        """See `ServerWatermark.folded`."""
        return name.lower()

    def value(self) -> str:
        """See `ServerWatermark.value`."""
        name = quoted(self._column.name)
        return f"CONVERT(nvarchar(4000), {name}) {_CODE_POINTS}" if self._watermark.type is MarkType.STRING else name

    def text_of(self, value: str) -> str:
        """See `ServerWatermark.text_of`: dates and moments in ISO 8601, floats with all digits, money with four."""
        base = self._column.base
        if base == "date":
            return f"CONVERT(varchar(10), {value}, 23)"
        if base == "datetimeoffset":
            return f"CONVERT(varchar(34), SWITCHOFFSET({value}, '+00:00'), 126)"
        if base in self.types[MarkType.TIMESTAMP]:
            return f"CONVERT(varchar(27), {value}, 126)"
        style = {"real": ", 3", "float": ", 3", "money": ", 2", "smallmoney": ", 2"}.get(base, "")
        return f"CONVERT(nvarchar(4000), {value}{style})"

    def now(self) -> str:
        """See `ServerWatermark.now`. Local time is that of the server; it is not corrected when clocks repeat an hour."""
        if self.zoned:
            return "SYSDATETIMEOFFSET()"
        later = "CASE WHEN SYSDATETIME() > SYSUTCDATETIME() THEN SYSDATETIME() ELSE SYSUTCDATETIME() END"
        # To microseconds, the finest that a mark has.
        return f"CONVERT(date, {later})" if self._column.base == "date" else f"CONVERT(datetime2(6), {later})"

    def spelled(self, text: str) -> str:
        """See `ServerWatermark.spelled`: zeros after the microseconds are left out. Another digit there is no mark."""
        moment, offset = (text[:-6], text[-6:]) if self.zoned else (text, "")
        before, point, digits = moment.partition(".")
        return f"{before}{point}{digits.removesuffix('0') if len(digits) > 6 else digits}{offset}"

    def literal(self, mark: str) -> str:
        """See `ServerWatermark.literal`. A mark has the type of the column, as comparisons of two types round."""
        kind, base = self._watermark.type, self._column.base
        if kind is MarkType.STRING:
            return f"{literal(mark)} {_CODE_POINTS}"
        if kind is MarkType.DATE:
            return f"CONVERT(date, {literal(mark)})"
        if kind in _NUMBERS:
            return f"CONVERT({base if base in ('real', 'float') else _NUMBERS[kind]}, {literal(mark)})"
        if self.zoned:
            moment = mark if _OFFSET.search(self.in_utc(mark)) else f"{self.in_utc(mark)} +00:00"
            return f"CONVERT(datetimeoffset(7), {literal(moment)})"
        self.offset(mark)
        moment = f"CONVERT(datetime2(7), {literal(mark)})"
        return moment if base in _MOMENTS or base == "date" else f"CONVERT({base}, {moment})"
