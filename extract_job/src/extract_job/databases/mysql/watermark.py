"""The watermark column of a MySQL or MariaDB table. Texts are compared by their bytes in UTF-8, whatever their collation."""

from typing import ClassVar

from extract_job.databases.mysql.connection import literal
from extract_job.databases.names import quoted
from extract_job.databases.server_watermark import ServerWatermark
from extract_job.marks import MarkType

_INTEGERS = {"tinyint", "smallint", "mediumint", "int", "bigint", "year"}
_CAST = {MarkType.INTEGER: "CAST({} AS DECIMAL(65, 0))", MarkType.DECIMAL: "CAST({} AS DECIMAL(65, 30))"}


class MysqlWatermark(ServerWatermark):
    """See `ServerWatermark`."""

    types: ClassVar = {
        MarkType.INTEGER: _INTEGERS | {"decimal"},
        MarkType.DECIMAL: _INTEGERS | {"decimal", "double"},
        MarkType.DATE: {"date"},
        MarkType.TIMESTAMP: {"datetime", "timestamp", "date"},
        MarkType.STRING: {"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "uuid"},
    }
    instants: ClassVar = frozenset({"timestamp"})

    @staticmethod
    def folded(name: str) -> str:
        """See `ServerWatermark.folded`."""
        return name.lower()

    def value(self) -> str:
        """See `ServerWatermark.value`."""
        return f"CAST({self._column.text} AS BINARY)" if self._watermark.type is MarkType.STRING else quoted(self._column.name)

    def text_of(self, value: str) -> str:
        """See `ServerWatermark.text_of`: the server sends text."""
        return value

    def spelled(self, text: str) -> str:
        """See `ServerWatermark.spelled`: an instant says that it is one."""
        return f"{text}+00:00" if self.zoned else text

    def now(self) -> str:
        """See `ServerWatermark.now`. Local time is that of the server.

        In the hour that clocks repeat at the end of summer time, and for a day after, time goes on without the repetition.
        """
        now = "UTC_TIMESTAMP(6)"
        if not self.zoned:
            day = "INTERVAL 1 DAY"
            local = "CONVERT_TZ({}, '+00:00', @@GLOBAL.time_zone)".format
            here, before = local(now), local(f"{now} - {day}")
            now = f"GREATEST({now}, COALESCE({here}, {now}), COALESCE({before} + {day}, {now}))"
        return f"CAST({now} AS {'DATE' if self._column.base == 'date' else 'DATETIME(6)'})"

    def literal(self, mark: str) -> str:
        """See `ServerWatermark.literal`. The session's time zone is UTC."""
        kind = self._watermark.type
        if kind is MarkType.STRING:
            return f"CAST({literal(mark)} AS BINARY)"
        if kind in _CAST:
            return f"{literal(mark)} + 0e0" if self._column.base == "double" else _CAST[kind].format(literal(mark))
        if kind is MarkType.DATE:
            return f"CAST({literal(mark)} AS DATE)"
        return f"CAST({literal(self.in_utc(mark))} AS DATETIME(6))"
