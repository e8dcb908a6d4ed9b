"""Reads what a service said of a job, of whatever shape: for status parsers, which must never raise.

Step Functions hands over the service's describe shape with PascalCase keys, timestamps as epoch milliseconds and empty members
dropped. A Cause is at most 32,768 characters (botocore: TaskFailedEventDetails), so a long one can arrive cut in the middle.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from extract_core.parsing.cut_json import mended

if TYPE_CHECKING:
    from extract_core.contract import Json, Outcome

__all__ = ["cut_member", "described", "instant", "member", "number", "objects", "text", "whole"]

_MILLISECONDS: Final = 1e11  # as seconds this would be the year 5138: from here on a number is milliseconds


def described(outcome: Outcome, *wrappers: str) -> Mapping[str, Json]:
    """The object that the service described: the result, else the Cause (mended where it was cut); ``{}`` where there is none.

    A member named in `wrappers` (``Step``, ``JobRun``) that holds an object is unwrapped: ``{"Step": {…}}`` and its inside read
    the same.
    """
    found = outcome.result if outcome.error is None else outcome.cause_json
    if not isinstance(found, Mapping) and outcome.error is not None:
        found = mended(outcome.cause or "")
    if not isinstance(found, Mapping):
        return {}
    for wrapper in wrappers:
        inner = found.get(wrapper)
        if isinstance(inner, Mapping):
            return inner
    return found


def member(value: Json, *path: str) -> Json:
    """What stands at this path of objects, None where any part of the way is missing."""
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def text(value: Json, *path: str) -> str | None:
    """The text at this path, stripped; None where there is none, or only blanks."""
    found = member(value, *path)
    return (found.strip() or None) if isinstance(found, str) else None


def number(value: Json, *path: str) -> float | None:
    """The finite number at this path; digits in a text count (ECS says ``"Cpu": "256"``), True and False don't."""
    found = member(value, *path)
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        return None
    try:
        as_float = float(found)
    except (ValueError, OverflowError):
        return None
    return as_float if math.isfinite(as_float) else None


def whole(value: Json, *path: str) -> int | None:
    """The whole number at this path, as `number` reads it."""
    found = number(value, *path)
    return int(found) if found is not None and found == int(found) else None


def objects(value: Json, *path: str) -> Sequence[Mapping[str, Json]]:
    """The objects of the list at this path; whatever is not an object is left out."""
    found = member(value, *path)
    if isinstance(found, str) or not isinstance(found, Sequence):
        return ()
    return [item for item in found if isinstance(item, Mapping)]


def instant(value: Json, *path: str) -> datetime | None:
    """The time at this path, in UTC: epoch milliseconds (what Step Functions gives), epoch seconds or ISO 8601."""
    found = member(value, *path)
    try:
        if isinstance(found, str) and not found.strip().lstrip("-").replace(".", "", 1).isdecimal():
            moment = datetime.fromisoformat(found)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = number(value, *path)
        if seconds is None or seconds < 0:
            return None
        return datetime.fromtimestamp(seconds / 1000 if seconds >= _MILLISECONDS else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def cut_member(cause: str | None, *names: str) -> str | None:
    """The text of the first of these members that a Cause names, as far as it goes: for where the whole can't be read."""
    for name in names:
        found = re.search(rf'"{re.escape(name)}"\s*:\s*"((?:[^"\\]|\\.)*)', cause or "", re.DOTALL)
        if found and found[1].strip():
            try:
                return str(json.loads(f'"{found[1]}"', strict=False)).strip()
            except ValueError:  # a bad escape: better raw than lost
                return found[1].strip()
    return None
