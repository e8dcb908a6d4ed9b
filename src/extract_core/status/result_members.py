"""The members of a result object: read strictly, and compared with the plan and with one another.

Version 2 has all of them. Version 1, and jobs of other authors, may leave out what `Result` has a default for. A result that
contradicts itself is not a success, because a reader of the data could not tell which half of it is true.
"""

from __future__ import annotations

import json
from dataclasses import field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import FailureClass
from extract_core.dataclass import dataclass
from extract_core.errors import TrackingError
from extract_core.tracking import watermark
from extract_core.wording import cut

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core.contract import Json, Watermark

MOST_NOTES: Final = 50
MOST_CHARACTERS: Final = 1_000
"""The most characters of a mark, and of each note."""
_MOST_NAME: Final = 1_024  # bytes: a key of S3
_MOST_PART: Final = 255  # bytes: a name on common file systems
_TODAY: Final = timedelta(hours=26)  # a timestamp without a zone is up to 14 hours ahead; clocks differ
_FAILURES: Final = frozenset(
    {
        FailureClass.USER_CODE,
        FailureClass.CONFIG,
        FailureClass.CONFLICT,
        FailureClass.PROOF,
        FailureClass.PERMISSION,
        FailureClass.CAPACITY,
        FailureClass.INTERRUPTED,
        FailureClass.THROTTLED,
    }
)
"""Classes that a job may report. It cannot know of the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a job reports of the data that it wrote. `files` are names below `extract_s3_uri`; marks are text.

    `turn` is set if several tables shared the job: when the turn of this one began and ended.
    """

    rows: int
    bytes: int
    files: Sequence[Mapping[str, Json]]
    low_watermark: str | None
    high_watermark: str | None
    rows_without_watermark: int | None = None
    rows_in_the_future: int | None = None
    rows_delivered_before: int | None = None
    schema_changes: Sequence[str] = ()
    notes: Sequence[str] = ()
    proof: Mapping[str, Json] | None = None
    overlap: Mapping[str, Json] | None = None
    turn: tuple[datetime, datetime] | None = None
    schema: Sequence[Mapping[str, Json]] = ()
    origin: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFailure:
    """Why a job failed, in its own words. `alone`: the table shared the job, and needs a separate one next time."""

    failure: FailureClass
    message: str
    retryable: bool
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The attempt whose result is read, as the plan has it. `future`: marks above the clock are allowed."""

    run_id: str
    attempt: int
    source: str
    table: str
    window: Watermark
    future: bool
    now: datetime


def parsed(data: bytes) -> dict[str, Any]:
    """The object. Raises ValueError if it is not one JSON object whose keys are all different."""
    try:
        members = json.loads(data, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("is not JSON: it is nested too deeply") from error
    except ValueError as error:
        text = str(error)
        raise ValueError(text if text.startswith("has ") else f"is not JSON: {text}") from error
    if not isinstance(members, dict):
        raise ValueError(f"is not an object but {type(members).__name__}")  # noqa: TRY004 - a fault of the object
    return members


def read_members(members: Mapping[str, Any], expected: Expected) -> Result | JobFailure:
    """What the job reports. Raises ValueError, whose text goes on after "what it reported at …"."""
    if "error" in members:
        _check_attempt(members, expected)
        return _failure(members["error"])
    result = Result(
        rows=_count(members, "rows"),
        bytes=_count(members, "bytes"),
        files=_files(members.get("files")),
        low_watermark=_mark(members, "low_watermark"),
        high_watermark=_mark(members, "high_watermark"),
        rows_without_watermark=_count_or_none(members, "rows_without_watermark"),
        rows_in_the_future=_count_or_none(members, "rows_in_the_future"),
        rows_delivered_before=_count_or_none(members, "rows_delivered_before"),
        schema_changes=_sentences(members, "schema_changes"),
        notes=_sentences(members, "notes"),
        proof=_object_or_none(members, "proof"),
        overlap=_object_or_none(members, "overlap"),
        turn=_turn(_object_or_none(members, "turn")),
        schema=_columns(members.get("schema")),
        origin=origin if isinstance(origin := members.get("source"), dict) else {},
    )
    _check_attempt(members, expected)
    _check_sums(result)
    _check_marks(result, expected)
    return result


def _columns(schema: Any) -> Sequence[Mapping[str, Json]]:
    """The columns, for the hooks of plugins; nothing for another shape: a commit does not depend on it."""
    columns = schema if isinstance(schema, list) else []
    named = all(isinstance(column, dict) and isinstance(column.get("column"), str) for column in columns)
    return columns if named else ()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"has the member {twice!r} twice")
    return members


def _no_number(name: str) -> float:
    raise ValueError(f"has {name}, which is not a number of JSON")


def _failure(error: Any) -> JobFailure:
    fields = error if isinstance(error, dict) else {}
    name, message, retryable = fields.get("class"), fields.get("message"), fields.get("retryable", False)
    if not isinstance(message, str) or not message.strip() or type(retryable) is not bool or not isinstance(name, str):
        raise ValueError(f"has error={cut(repr(error), 200)} instead of {{'class': …, 'message': …, 'retryable': …}}")
    known = name in FailureClass.__members__ and FailureClass(name) in _FAILURES
    failure = FailureClass(name) if known else FailureClass.USER_CODE
    return JobFailure(failure=failure, message=message, retryable=retryable, alone=fields.get("alone") is True)


def _count(members: Mapping[str, Any], key: str) -> int:
    value = members.get(key)
    if type(value) is not int or not 0 <= value < 2**63:
        raise ValueError(f"has {key}={cut(repr(value), 200)} instead of a count")
    return value


def _count_or_none(members: Mapping[str, Any], key: str) -> int | None:
    try:
        return None if members.get(key) is None else _count(members, key)
    except ValueError as error:
        raise ValueError(f"{error} or null") from error


def _object_or_none(members: Mapping[str, Any], key: str) -> Mapping[str, Json] | None:
    value = members.get(key)
    if value is not None and not isinstance(value, dict):
        raise ValueError(f"has {key}={cut(repr(value), 200)} instead of an object or null")
    return value


def _turn(value: Mapping[str, Json] | None) -> tuple[datetime, datetime] | None:
    if value is None:
        return None
    try:
        began, ended = (datetime.fromisoformat(str(value.get(name))) for name in ("started_at", "ended_at"))
        if began.tzinfo is not None and ended >= began:
            return began, ended
    except (TypeError, ValueError):
        pass
    raise ValueError(f"has turn={cut(repr(value), 200)} instead of started_at and ended_at in ISO 8601 with a zone")


def _sentences(members: Mapping[str, Any], key: str) -> Sequence[str]:
    value = members.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(sentence, str) for sentence in value):
        raise ValueError(f"has {key}={cut(repr(value), 200)} instead of a list of sentences")
    more = [f"… and {len(value) - MOST_NOTES} more"] if len(value) > MOST_NOTES else []
    return [cut(sentence, MOST_CHARACTERS) for sentence in value[:MOST_NOTES]] + more


def _mark(members: Mapping[str, Any], key: str) -> str | None:
    value = members.get(key)
    if not isinstance(value, str | None):
        raise ValueError(f"has {key}={cut(repr(value), 200)} instead of text or null")  # noqa: TRY004 - a fault of the object
    if value is not None and (len(value) > MOST_CHARACTERS or "\0" in value or not _is_utf8(value)):
        raise ValueError(
            f"has {key}={cut(repr(value), 200)}, which is not a mark: it has {len(value):,} characters of at most "
            f"{MOST_CHARACTERS:,}, contains NUL, or half of a character"
        )
    return value


def _files(value: Any) -> Sequence[Mapping[str, Json]]:
    if not isinstance(value, list):
        raise ValueError(f"has files={cut(repr(value), 200)} instead of a list")  # noqa: TRY004 - as above
    names: set[str] = set()
    for file in value:
        name = file.get("name") if isinstance(file, dict) else None
        if not isinstance(name, str) or not _is_name(name) or not all(_is_count(file, key) for key in ("bytes", "rows")):
            shown = cut(repr(file), 200)
            raise ValueError(f"names a file as {shown} instead of {{'name': …, 'bytes': …}} with a name below extract_s3_uri")
        if name in names:
            raise ValueError(f"names the file {name!r} twice, so its rows would be read twice")
        names.add(name)
    return value


def _is_name(name: str) -> bool:
    """Whether this is the one name of one file below a folder: no folder, no alias such as ``./a``, no way out."""
    if "\0" in name or not _is_utf8(name) or len(name.encode()) > _MOST_NAME:
        return False
    return all(part not in ("", ".", "..") and len(part.encode()) <= _MOST_PART for part in name.split("/"))


def _is_count(file: Mapping[str, Any], key: str) -> bool:
    return key not in file or (type(file[key]) is int and 0 <= file[key] < 2**63)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_attempt(members: Mapping[str, Any], expected: Expected) -> None:
    for key, wanted in (("run_id", expected.run_id), ("attempt", expected.attempt)):
        value = members.get(key)
        if value != wanted or type(value) is not type(wanted):
            raise ValueError(f"is of another attempt: {key} is {cut(repr(value), 200)}, not {wanted!r}")
    names = (("table", expected.table), ("extract_table", expected.table), ("source_name", expected.source))
    for key, wanted in (*names, ("source", expected.source)):
        value = members.get(key)
        if isinstance(value, str) and value != wanted:
            raise ValueError(f"is of another table: {key} is {cut(repr(value), 200)}, not {wanted!r}")


def _check_sums(result: Result) -> None:
    """Compare the counts of the table with those of its files."""
    files = result.files
    if result.rows and not files:
        raise ValueError(f"has rows={result.rows}, but names no file that holds them")
    for key, total in (("rows", result.rows), ("bytes", result.bytes)):
        counts = [file[key] for file in files if key in file]
        if len(counts) == len(files) and sum(counts) != total:  # type: ignore[arg-type] # _is_count has checked them
            raise ValueError(f"has {key}={total}, but the {key} of its files add up to {sum(counts)}")  # type: ignore[arg-type]


def _check_marks(result: Result, expected: Expected) -> None:
    window, high = expected.window, result.high_watermark
    if not _same(result.low_watermark, window.low, window.type):
        raise ValueError(f"began elsewhere: low_watermark is {result.low_watermark!r}, not {window.low!r}")
    if window.mode != "incremental" or window.type is None:
        return
    if high is None:
        if window.low is not None and result.rows:
            raise ValueError(f"has rows={result.rows}, but no high_watermark: the next run would deliver the same rows again")
        return
    try:
        watermark.check(high, window.type)
        moves = window.low is None or watermark.compare(high, window.low, window.type) > 0
    except TrackingError as error:
        raise ValueError(f"has a high_watermark that does not fit: {error}") from error
    if moves and not result.rows and not result.rows_delivered_before:
        raise ValueError(f"has rows=0, but its high_watermark {high!r} is ahead: the row with this mark is in no file")
    latest = watermark.moment(high, window.type)
    if not expected.future and latest is not None and latest > expected.now + _TODAY:
        raise ValueError(
            f"has a high_watermark in the future, {high!r}: rows that come before that time would never be read; write "
            "future: read if the column may hold such values"
        )


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
