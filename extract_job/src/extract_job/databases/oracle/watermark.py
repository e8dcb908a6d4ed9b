"""The watermark column of an Oracle table. The session compares texts by their bytes, whatever their collation."""

from typing import ClassVar

from extract_job.databases.names import quoted
from extract_job.databases.oracle.mapping import DATE_TEXT, INSTANT_TEXT, MOMENT_TEXT, NUMBER_TEXT
from extract_job.databases.oracle.tables import literal
from extract_job.databases.server_watermark import ServerWatermark
from extract_job.marks import MarkType, moment_of

_MOMENT = "YYYY-MM-DD HH24:MI:SS.FF6"
_VALUE = 'SYYYY-MM-DD"T"HH24:MI:SS.FF9'
_DIGITS = 6
_NUMBER = "TO_NUMBER({}, '{}', 'NLS_NUMERIC_CHARACTERS=''.,''')"


class OracleWatermark(ServerWatermark):
    """See `ServerWatermark`. A DATE has a time of day, so it holds timestamps."""

    types: ClassVar = {
        MarkType.INTEGER: {"NUMBER"},
        MarkType.DECIMAL: {"NUMBER", "FLOAT"},
        MarkType.DATE: frozenset(),
        MarkType.TIMESTAMP: {"DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH LOCAL TIME ZONE"},
        MarkType.STRING: {"CHAR", "NCHAR", "VARCHAR2", "NVARCHAR2"},
    }
    instants: ClassVar = frozenset({"TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH LOCAL TIME ZONE"})
    nowhere = " FROM DUAL"

    @staticmethod
    def folded(name: str) -> str:
        """See `ServerWatermark.folded`."""
        return name.upper()

    def value(self) -> str:
        """See `ServerWatermark.value`."""
        return quoted(self._column.name)

    def text_of(self, value: str) -> str:
        """See `ServerWatermark.text_of`."""
        base = self._column.base
        if base in self.instants:
            return INSTANT_TEXT.replace("{}", value)
        if base in ("NUMBER", "FLOAT"):
            return NUMBER_TEXT.replace("{}", value)
        return {"DATE": DATE_TEXT, "TIMESTAMP": MOMENT_TEXT}.get(base, "{}").replace("{}", value)

    def spelled(self, text: str) -> str:
        """See `ServerWatermark.spelled`: zeros after the microseconds are left out. Another digit there is no mark."""
        if self._column.base in ("NUMBER", "FLOAT"):
            return text.replace("-.", "-0.") if text.startswith("-.") else f"0{text}" if text.startswith(".") else text
        if self._watermark.type is not MarkType.TIMESTAMP:
            return text
        moment, zone = (text[:-1], "+00:00") if text.endswith("Z") else (text, "")
        before, point, digits = moment.partition(".")
        return f"{before}{point}{digits[:_DIGITS]}{digits[_DIGITS:].rstrip('0')}{zone}"

    def now(self) -> str:
        """See `ServerWatermark.now`. Local time is that of the server; it is not corrected when clocks repeat an hour.

        It has microseconds, the finest that a mark has.
        """
        if self.zoned:
            return "CAST(SYSTIMESTAMP AS TIMESTAMP(6) WITH TIME ZONE)"
        later = "GREATEST(CAST(SYSTIMESTAMP AS TIMESTAMP(6)), CAST(SYS_EXTRACT_UTC(SYSTIMESTAMP) AS TIMESTAMP(6)))"
        return f"CAST({later} AS DATE)" if self._column.base == "DATE" else later

    def literal(self, mark: str) -> str:
        """See `ServerWatermark.literal`."""
        kind = self._watermark.type
        if kind is MarkType.STRING:
            return literal(mark)
        if kind is not MarkType.TIMESTAMP:
            whole, _, after = mark.strip().lstrip("+-").partition(".")
            places = f"D{'9' * len(after)}" if after else ""
            return _NUMBER.format(literal(mark.strip().removeprefix("+")), f"{'9' * max(len(whole), 1)}{places}")
        try:
            text = moment_of(self.in_utc(mark)).isoformat(" ", "microseconds")
            moment = f"TO_TIMESTAMP({literal(text)}, '{_MOMENT}')"
        except ValueError:  # a value of the table, such as one with nanoseconds, which is compared before it is checked
            moment = f"TO_TIMESTAMP({literal(mark.removesuffix('+00:00'))}, '{_VALUE}')"
        return f"FROM_TZ({moment}, 'UTC')" if self.zoned else moment
