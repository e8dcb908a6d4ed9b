"""A zip whose bytes depend on the names and contents of its files only."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIRST_DATE: Final = (1980, 1, 1, 0, 0, 0)  # the oldest date that a zip can hold
_UNIX: Final = 3
_FILE: Final = 0o100644  # a regular file that every user may read: Lambda's user is not the owner
_LEVEL: Final = 6  # 9 takes three times as long for 1 % less


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The zip of these files, by path. Paths are sorted, and all files have the same date, owner and mode."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for path in sorted(files):
            entry = ZipInfo(path, _FIRST_DATE)
            entry.create_system = _UNIX
            entry.external_attr = _FILE << 16
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, files[path], compresslevel=_LEVEL)
    return buffer.getvalue()
