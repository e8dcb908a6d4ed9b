"""The result object that a job puts last, and when it counts: only if it is this attempt's, and all that it names is there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from extract_core.errors import ObjectError, ObjectNotFound, TrackingError
from extract_core.tracking import watermark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.objects.store import ObjectStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a job says of what it wrote. `files` are names below `extract_s3_uri`; marks are text."""

    rows: int
    bytes: int
    files: Sequence[Mapping[str, Json]]
    low_watermark: str | None
    high_watermark: str | None
    rows_without_watermark: int | None = None  # a job need not say


class NoResult(Exception):  # noqa: N818 - the field's word
    """There is no result that counts; the message says why. `absent`: there is none at all."""

    def __init__(self, message: str, *, absent: bool = False) -> None:
        super().__init__(message)
        self.absent = absent


def read_result(objects: ObjectStore, item: Mapping[str, Json]) -> Result:
    """The result of the item's attempt. Raises NoResult."""
    uri = item.get("result_uri")
    if not isinstance(uri, str):
        raise NoResult("the item names no result_uri", absent=True)
    try:
        data = objects.read(uri)
    except ObjectNotFound as error:
        raise NoResult(f"the job ended well but reported nothing at {uri!r}", absent=True) from error
    except ObjectError as error:
        raise NoResult(f"the job ended well, but what it reported can't be read: {error}") from error
    wrong = f"the job ended well, but what it reported at {uri!r}"
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NoResult(f"{wrong} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise NoResult(f"{wrong} is not an object but {type(found).__name__}")
    try:
        result = _result(found)
        _check_attempt(found, item)
    except ValueError as error:
        raise NoResult(f"{wrong} {error}") from error
    missing = _missing(objects, item, result)
    if missing is not None:
        raise NoResult(f"{wrong} names the file {missing!r}, which is not there")
    return result


def _result(found: dict[str, Any]) -> Result:
    for key in ("rows", "bytes"):
        if type(found.get(key)) is not int or not 0 <= found[key] < 2**63:
            raise ValueError(f"has {key}={found.get(key)!r} instead of a count")
    left_out = found.get("rows_without_watermark")
    if left_out is not None and (type(left_out) is not int or not 0 <= left_out < 2**63):
        raise ValueError(f"has rows_without_watermark={left_out!r} instead of a count or null")
    for key in ("low_watermark", "high_watermark"):
        if not isinstance(found.get(key), str | None):
            raise ValueError(f"has {key}={found[key]!r} instead of text or null")  # noqa: TRY004 - a fault of the object
    files = found.get("files")
    if not isinstance(files, list):
        raise ValueError(f"has files={files!r} instead of a list")  # noqa: TRY004 - as above
    for file in files:
        name = file.get("name") if isinstance(file, dict) else None
        if not isinstance(name, str) or not name or name.startswith("/") or ".." in name.split("/") or "\0" in name:
            raise ValueError(f"names a file as {file!r} instead of {{'name': …, 'bytes': …}} with a name below extract_s3_uri")
    return Result(
        rows=found["rows"],
        bytes=found["bytes"],
        files=files,
        low_watermark=found.get("low_watermark"),
        high_watermark=found.get("high_watermark"),
        rows_without_watermark=left_out,
    )


def _check_attempt(found: dict[str, Any], item: Mapping[str, Json]) -> None:
    mark = item.get("watermark")
    window: dict[str, Any] = mark if isinstance(mark, dict) else {}
    for key in ("run_id", "attempt"):
        if found.get(key) != item.get(key) or isinstance(found.get(key), bool):
            raise ValueError(f"is of another attempt: {key} is {found.get(key)!r}, not {item.get(key)!r}")
    low = window.get("low")
    if not _same(found.get("low_watermark"), low, window.get("type")):
        raise ValueError(f"began elsewhere: low_watermark is {found.get('low_watermark')!r}, not {low!r}")


def _same(left: str | None, right: str | None, type_name: str | None) -> bool:
    """Whether two marks are the same; each may have any form that their type allows."""
    if left == right:
        return True
    if left is None or right is None or type_name is None:
        return False
    try:
        return watermark.compare(left, right, type_name) == 0
    except TrackingError:
        return False


def _missing(objects: ObjectStore, item: Mapping[str, Json], result: Result) -> str | None:
    """The first file that is not there. Asked of files on disk only: of S3 it would cost a request a file."""
    folder = item.get("extract_s3_uri")
    if not isinstance(folder, str) or not folder.startswith("file://"):
        return None
    names = (str(file["name"]) for file in result.files)
    return next((name for name in names if not objects.exists(f"{folder.rstrip('/')}/{quote(name)}")), None)
