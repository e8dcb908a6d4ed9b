"""The result object that a job writes last: when it counts, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core.errors import ObjectError, ObjectNotFound, ObjectUnavailable
from extract_core.status.result_files import check_files
from extract_core.status.result_members import JobFailure, Result, parsed, read_members

if TYPE_CHECKING:
    from extract_core.objects.store import ObjectStore
    from extract_core.status.result_members import Expected

MOST_BYTES: Final = 64 * 1024 * 1024
"""Of a result object: several hundred thousand files."""


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
