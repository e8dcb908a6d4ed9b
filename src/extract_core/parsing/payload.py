"""Read what a service reports about a job, whatever its shape: for status parsers, which must never raise.

Step Functions passes the service's describe shape with PascalCase keys, timestamps as epoch milliseconds, and no empty members.
A Cause has at most 32,768 characters (botocore: TaskFailedEventDetails), so a long one can be cut in the middle.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from extract_core.parsing.cut_json import repaired

if TYPE_CHECKING:
    from extract_core.contract import Json, Outcome

__all__ = ["cut_member", "described", "instant", "member", "number", "objects", "text", "whole"]

_MILLISECONDS: Final = 1e11  # as seconds this would be the year 5138: from here on a number is milliseconds


def described(outcome: Outcome, *wrappers: str) -> Mapping[str, Json]:
    """The object that the service described: the result, else the Cause (repaired if it was cut); ``{}`` if there is none.

    A member named in `wrappers` (``Step``, ``JobRun``) that holds an object is unwrapped: ``{"Step": {…}}`` and its inside read
    the same.
    """
    payload = outcome.result if outcome.error is None else outcome.cause_json
    if not isinstance(payload, Mapping) and outcome.error is not None:
        payload = repaired(outcome.cause or "")
    if not isinstance(payload, Mapping):
        return {}
    for wrapper in wrappers:
        inner = payload.get(wrapper)
        if isinstance(inner, Mapping):
            return inner
    return payload


def member(value: Json, *path: str) -> Json:
    """The value at this path of objects; None if any part of the path is missing."""
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def text(value: Json, *path: str) -> str | None:
    """The text at this path, stripped; None if there is none, or only blanks."""
    written = member(value, *path)
    return (written.strip() or None) if isinstance(written, str) else None


def number(value: Json, *path: str) -> float | None:
    """The finite number at this path; digits in a text count (ECS says ``"Cpu": "256"``), True and False don't."""
    written = member(value, *path)
    if isinstance(written, bool) or not isinstance(written, int | float | str):
        return None
    try:
        as_float = float(written)
    except (ValueError, OverflowError):
        return None
    return as_float if math.isfinite(as_float) else None


def whole(value: Json, *path: str) -> int | None:
    """The whole number at this path, as `number` reads it."""
    as_number = number(value, *path)
    return int(as_number) if as_number is not None and as_number == int(as_number) else None


def objects(value: Json, *path: str) -> Sequence[Mapping[str, Json]]:
    """The objects of the list at this path; other values are left out."""
    listed = member(value, *path)
    if isinstance(listed, str) or not isinstance(listed, Sequence):
        return ()
    return [item for item in listed if isinstance(item, Mapping)]


def instant(value: Json, *path: str) -> datetime | None:
    """The time at this path, in UTC: epoch milliseconds (what Step Functions gives), epoch seconds or ISO 8601."""
    written = member(value, *path)
    try:
        if isinstance(written, str) and not written.strip().lstrip("-").replace(".", "", 1).isdecimal():
            moment = datetime.fromisoformat(written)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = number(value, *path)
        if seconds is None or seconds < 0:
            return None
        return datetime.fromtimestamp(seconds / 1000 if seconds >= _MILLISECONDS else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def cut_member(cause: str | None, *names: str) -> str | None:
    """The text of the first of these members in a Cause, as far as it goes: for a Cause that can't be read as a whole."""
    for name in names:
        match = re.search(rf'"{re.escape(name)}"\s*:\s*"((?:[^"\\]|\\.)*)', cause or "", re.DOTALL)
        if match and match[1].strip():
            try:
                return str(json.loads(f'"{match[1]}"', strict=False)).strip()
            except ValueError:  # an invalid escape: the raw text is better than none
                return match[1].strip()
    return None
