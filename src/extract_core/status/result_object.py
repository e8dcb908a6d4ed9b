"""The result object that a job writes last: when it counts, what it says, and whether its files are there.

Names and sizes of the files cost one request per 1,000 files, on S3 too. The first and the last bytes of a Parquet file cost a
request per file on S3, so they are read on disk only; there, `verify` makes the job itself read its files back.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extract_core.errors import ObjectError, ObjectNotFound, ObjectUnavailable
from extract_core.objects.files import file_path
from extract_core.status.result_members import JobFailure, Result, parsed, read_members

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.objects.store import ObjectStore
    from extract_core.status.result_members import Expected
    from extract_core.tracking.records import AttemptRow


MOST_BYTES: Final = 64 * 1024 * 1024
"""The most bytes of a result object: several hundred thousand files."""


class NoResult(Exception):  # noqa: N818 - the field's word
    """There is no result that counts; the message says why. `absent`: there is none at all."""

    def __init__(self, message: str, *, absent: bool = False) -> None:
        super().__init__(message)
        self.absent = absent


def read_result(objects: ObjectStore, uri: str | None, folder: str | None, expected: Expected) -> Result | JobFailure:
    """What the job of this attempt reports at `uri` of its data in `folder`, or why it failed.

    Raises NoResult, and ObjectUnavailable if the store does not answer for now.
    """
    if uri is None:
        raise NoResult("the plan names no result_uri", absent=True)
    try:
        data = objects.read(uri, most=MOST_BYTES)
    except ObjectUnavailable:
        raise
    except ObjectNotFound as error:
        raise NoResult(f"the job ended well but reported nothing at {uri!r}", absent=True) from error
    except ObjectError as error:
        raise NoResult(f"the job ended well, but what it reported can't be read: {error}") from error
    try:
        report = read_members(parsed(data), expected)
        if isinstance(report, Result):
            check_files(objects, folder, report.files)
    except ValueError as error:
        raise NoResult(f"the job ended well, but what it reported at {uri!r} {error}") from error
    return report


_SUFFIX: Final = ".parquet"
_SMALLEST: Final = 12  # bytes: the magic number, the footer's length, the magic number (Parquet format, "File format")
_MAGIC: Final = (b"PAR1", b"PARE")  # PARE: the footer is encrypted


def check_files_of(objects: ObjectStore, row: AttemptRow) -> None:
    """As `check_files`, for an attempt that was recorded."""
    check_files(objects, row.extract_s3_uri, row.files or ())


def check_files(objects: ObjectStore, folder: str | None, files: Sequence[Mapping[str, Json]]) -> None:
    """Raise ValueError, whose text goes on after "what it reported at …", if a file of the result is not there as reported.

    Raises ObjectUnavailable if the folder can't be listed for now.
    """
    if not files:
        return
    if folder is None:
        raise ValueError("names files, but the plan has no folder for them")
    if folder.startswith("file://"):
        _check_no_link(file_path(folder))
    try:
        sizes = {sized.name: sized.bytes for sized in objects.sizes(folder)}
    except ObjectUnavailable:
        raise
    except ObjectError as error:
        raise ValueError(f"names files that can't be listed: {error}") from error
    for file in files:
        name = str(file["name"])
        size = sizes.get(name)
        if size is None:
            raise ValueError(f"names the file {name!r}, which is not there")
        if file.get("bytes", size) != size:
            raise ValueError(f"names the file {name!r} with {file['bytes']} bytes, but it has {size}")
        if name.endswith(_SUFFIX) and (size < _SMALLEST or (folder.startswith("file://") and not _is_parquet(folder, name))):
            raise ValueError(f"names the file {name!r}, which is not a Parquet file")


def _check_no_link(folder: Path) -> None:
    """The folder must be where its name says: below its table's, which may itself be behind a link."""
    path = Path(os.path.normpath(folder))
    table = path.parent.parent
    try:
        is_there = path.resolve() == table.resolve() / path.parent.name / path.name
    except (OSError, RuntimeError) as error:  # a loop of links
        raise ValueError(f"names files that can't be found: {error}") from error
    if not is_there:
        raise ValueError(f"names files in {str(path)!r}, which is a link to another place")


def _is_parquet(folder: str, name: str) -> bool:
    try:
        with (file_path(folder) / name).open("rb") as file:
            first = file.read(4)
            file.seek(-4, os.SEEK_END)
            return first in _MAGIC and file.read() == first
    except OSError:
        return False
