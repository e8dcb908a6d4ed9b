"""The events of a local execution as files: ``events.jsonl``, and the rest of a large run in ``events.more.jsonl.gz``.

A table leaves about 20 KB of events, and the same item is in most of them: compressed it is about 1 KB. Small runs stay plain
text. Each event is flushed as a whole, so a reader sees it at once, and a process that dies loses at most the last one.
"""

from __future__ import annotations

import json
import logging
import os
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import Self

    from extract_core.contract import Json

_log: Final = logging.getLogger(__name__)

PLAIN: Final = "events.jsonl"
MORE: Final = "events.more.jsonl.gz"
MOST_PLAIN: Final = 16 * 1024 * 1024
"""Bytes of the plain file, about 800 tables. The next event begins the compressed file."""
_GZIP: Final = 31  # of zlib: the largest window, with a header of gzip
_READ: Final = 1024 * 1024


class EventLog:
    """Appends events to the files in `folder`. Raises OSError only if the first file cannot be opened."""

    def __init__(self, folder: Path, *, most_plain: int = MOST_PLAIN) -> None:
        self._folder = folder
        self._most_plain = most_plain
        self._compressed: zlib._Compress | None = None
        self._file: int | None = _append(folder / PLAIN)

    def write(self, event: Mapping[str, Json]) -> None:
        """Append one event. If an event cannot be written, the files end and the log says so."""
        if self._file is None:
            return
        line = (json.dumps(event, ensure_ascii=False, separators=(",", ":"), default=str) + "\n").encode("utf-8", "surrogatepass")
        whole = os.fstat(self._file).st_size
        try:
            if self._compressed is None and whole and whole + len(line) > self._most_plain:
                self._begin_more()
                whole = 0
            data = line
            if self._compressed is not None:
                data = self._compressed.compress(line) + self._compressed.flush(zlib.Z_SYNC_FLUSH)
            while data:
                data = data[os.write(self._file, data) :]
        except OSError as error:
            _log.warning("no more events are written to %s: %s; the run continues", self._folder, error)
            with suppress(OSError):
                os.ftruncate(self._file, whole)  # readers must not see half an event
            self._compressed = None
            self.close()

    def _begin_more(self) -> None:
        more = _append(self._folder / MORE)
        if self._file is not None:
            os.close(self._file)
        self._file, self._compressed = more, zlib.compressobj(6, zlib.DEFLATED, _GZIP)

    def close(self) -> None:
        """Close the files."""
        if self._file is None:
            return
        if self._compressed is not None:
            with suppress(OSError):
                os.write(self._file, self._compressed.flush())
        os.close(self._file)
        self._file = None


class EventReader:
    """Reads the events in `folder` while another process may write them. Lines that a disk damaged are left out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._plain = _Lines(folder / PLAIN)
        self._more = _Lines(folder / MORE, zlib.decompressobj(_GZIP))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._plain.close()
        self._more.close()

    def new(self) -> Iterator[Mapping[str, Json]]:
        """The events since the last call. The last line is left out while only a part of it is there."""
        goes_on = (self._folder / MORE).exists()  # asked before the first file is read: it is complete if the second is there
        yield from self._plain.new()
        if goes_on:
            yield from self._more.new()


class _Lines:
    """The whole lines of a file that grows."""

    def __init__(self, path: Path, decompress: zlib._Decompress | None = None) -> None:
        self._path = path
        self._decompress = decompress
        self._file: BinaryIO | None = None
        self._rest = b""

    def new(self) -> Iterator[Mapping[str, Json]]:
        if self._file is None:
            try:
                self._file = self._path.open("rb")
            except FileNotFoundError:
                return
        while data := self._file.read(_READ):
            *lines, self._rest = (self._rest + self._text(data)).split(b"\n")
            for line in lines:
                if (event := _event(line)) is not None:
                    yield event

    def _text(self, data: bytes) -> bytes:
        if self._decompress is None:
            return data
        try:
            return self._decompress.decompress(data)
        except zlib.error:  # a damaged disk: what follows cannot be decompressed either
            return b""

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def _event(line: bytes) -> Mapping[str, Json] | None:
    """The event of a line; None if the line is damaged."""
    try:
        event = json.loads(line.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return None
    is_event = isinstance(event, dict) and isinstance(event.get("type"), str) and isinstance(event.get("id"), int)
    return event if is_event else None


def _append(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
