"""Log lines as one JSON object each, with run and table in fields of their own: what CloudWatch Logs Insights can query."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Final

log: Final = logging.getLogger("extract_core.handlers")
"""Give fields with ``extra={"extract": {"run_id": …, "table": …}}``."""


class JsonLines(logging.Formatter):
    """One line of JSON a record: time, level, logger, message, the fields, and the traceback of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "extract", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def log_json() -> None:
    """Make the root logger write JSON lines from INFO on. Lambda's runtime has put a handler on it; elsewhere stderr is used."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler())
    for handler in root.handlers:
        if not isinstance(handler.formatter, JsonLines):
            handler.setFormatter(JsonLines())
    root.setLevel(logging.INFO)
