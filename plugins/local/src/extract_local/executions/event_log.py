"""Writes ``events.jsonl``: whole lines only. A full disk ends the file, but not the run."""

from __future__ import annotations

import json
import logging
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from extract_core.contract import Json

_log: Final = logging.getLogger(__name__)


class EventLog:
    """Appends events to the file at `path`. Raises OSError only if the file cannot be opened."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)

    def write(self, event: Mapping[str, Json]) -> None:
        """Append one event. If an event cannot be written, the file ends and the log says so."""
        if self._file is None:
            return
        line = (json.dumps(event, ensure_ascii=False, separators=(",", ":"), default=str) + "\n").encode("utf-8", "surrogatepass")
        whole = os.fstat(self._file).st_size
        try:
            while line:
                line = line[os.write(self._file, line) :]
        except OSError as error:
            _log.warning("no more events are written to %s: %s; the run continues", self._path, error)
            with suppress(OSError):
                os.ftruncate(self._file, whole)  # readers must not see half a line
            self.close()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
