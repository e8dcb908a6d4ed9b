"""A copy of a SQLite file, for a reader that must leave no trace beside it while another process has the file open.

A reader of a file in WAL mode writes into its -shm file (https://sqlite.org/wal.html, "Read-Only Databases"). The file and its
-wal together are the database: they are copied until neither changed meanwhile. A frame that was half written then fails its
checksum and is left out, as after a power cut.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from extract_core.dataclass import dataclass
from extract_core.errors import TrackingUnavailable

_TRIES: Final = 50
_PAUSE: Final = 0.02  # seconds


@dataclass(frozen=True, slots=True)
class Copy:
    """The copy, in a separate folder."""

    path: Path

    def remove(self) -> None:
        """Take it away."""
        shutil.rmtree(self.path.parent, ignore_errors=True)


def wal_of(path: Path) -> Path:
    """The -wal file beside it, which is there while a process has the file open, or after one was killed."""
    return path.with_name(path.name + "-wal")


def copied(path: Path) -> Copy:
    """A copy of the file and its -wal. Raises TrackingUnavailable if they change all the time."""
    wal = wal_of(path)
    copy = Copy(Path(mkdtemp(prefix="extract-tracking-")) / path.name)
    try:
        for _ in range(_TRIES):
            before = _seen(path, wal)
            shutil.copyfile(path, copy.path)
            if wal.exists():
                shutil.copyfile(wal, copy.path.with_name(wal.name))
            if _seen(path, wal) == before:
                return copy
            time.sleep(_PAUSE)
    except BaseException:
        copy.remove()
        raise
    copy.remove()
    raise TrackingUnavailable(f"the tracking store {str(path)!r} is being written all the time: try again")


def _seen(*paths: Path) -> list[tuple[int, int] | None]:
    """Size and time of each; None for one that is not there."""
    stamps: list[tuple[int, int] | None] = []
    for path in paths:
        try:
            status = path.stat()
        except FileNotFoundError:
            stamps.append(None)
        else:
            stamps.append((status.st_size, status.st_mtime_ns))
    return stamps
