"""Log lines as JSON objects, which CloudWatch Logs Insights can query by run and by table.

Fields come with ``extra={"extract": {"run_id": …, "table": …}}`` of a line, or from `about`.
"""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from extract_core.secret_texts import redacted
from extract_core.wording import encodable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ABOUT: ContextVar[Mapping[str, object]] = ContextVar("extract_log_fields", default=MappingProxyType({}))


@contextmanager
def about(**fields: object) -> Iterator[None]:
    """While it is open, every log line of this thread has these fields."""
    token = _ABOUT.set({**_ABOUT.get(), **fields})
    try:
        yield
    finally:
        _ABOUT.reset(token)


class JsonLines(logging.Formatter):
    """One line of JSON per record: time, level, logger, message, the fields, and the traceback of an exception.

    Its texts hold no secret, as far as the text shows, and any text can be written: nothing raises after a commit.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_ABOUT.get(),
            **getattr(record, "extract", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        texts = {name: redacted(value) for name, value in line.items() if isinstance(value, str)}
        return encodable(json.dumps({**line, **texts}, ensure_ascii=False, default=str))


def log_json() -> None:
    """Make the root logger write JSON lines from INFO on, through Lambda's handler if there is one, else to stderr."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler())
    for handler in root.handlers:
        if not isinstance(handler.formatter, JsonLines):
            handler.setFormatter(JsonLines())
    root.setLevel(logging.INFO)
    logging.getLogger("botocore").setLevel(logging.WARNING)  # it tells of each client where it found credentials and endpoint
