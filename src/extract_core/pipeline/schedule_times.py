"""Whether EventBridge Scheduler would take an expression and a time zone.

Sources: EventBridge Scheduler API, ``CreateSchedule`` (``at(yyyy-mm-ddThh:mm:ss)``, ``rate(value unit)`` with a positive
value, ``cron`` with six fields), for the values of each cron field only
pages of third parties were read (one of the two days is ``?``).
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

_RATE: Final = re.compile(r"rate\([1-9][0-9]{0,8} (?:minute|hour|day)s?\)")
_AT: Final = re.compile(r"at\(([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\)")
_CRON: Final = re.compile(r"cron\(([^()]+)\)")
_MONTHS: Final = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"
_DAYS: Final = "SUN MON TUE WED THU FRI SAT"
_FIELDS: Final = (
    (0, 59, "", ""),
    (0, 23, "", ""),
    (1, 31, "", r"\?|L|LW|[0-9]{1,2}W"),
    (1, 12, _MONTHS, ""),
    (1, 7, _DAYS, r"\?|L|(?:[1-7]|[A-Z]{3})(?:L|#[1-5])"),
    (1970, 2199, "", ""),
)
"""Least and highest number, names, and what else the field takes: minute, hour, day, month, day of the week, year."""
_PART: Final = re.compile(r"(?P<low>\*|\w{1,4})(?:-(?P<high>\w{1,4}))?(?:/[0-9]{1,4})?")


def is_expression(text: str) -> bool:
    """Whether the text is ``rate(…)``, ``at(…)`` or ``cron(…)``, with values that exist."""
    if at := _AT.fullmatch(text):
        try:
            datetime.fromisoformat(at[1])
        except ValueError:
            return False
        return True
    if cron := _CRON.fullmatch(text):
        fields = cron[1].upper().split()
        known = len(fields) == len(_FIELDS) and all(map(_is_field, fields, _FIELDS))
        return known and (fields[2] == "?") != (fields[4] == "?")
    return _RATE.fullmatch(text) is not None


def is_timezone(name: str) -> bool:
    """Whether the name is one of the time zone database. Without that database on this computer: every name that may be one."""
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_+/-]{0,49}", name) is None:
        return False
    return _is_known(name) or not _is_known("Europe/Berlin")


def _is_known(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):  # a folder such as Europe is an OSError
        return False
    return True


def _is_field(text: str, field: tuple[int, int, str, str]) -> bool:
    least, highest, names, more = field

    def is_value(value: str) -> bool:
        return value in names.split() or (value.isdecimal() and value.isascii() and least <= int(value) <= highest)

    def is_part(part: str) -> bool:
        if re.fullmatch(more, part) and part:
            return True
        match = _PART.fullmatch(part)
        if match is None or (match["low"] == "*" and match["high"]):
            return False
        return match["low"] == "*" or all(is_value(value) for value in (match["low"], match["high"]) if value)

    return all(map(is_part, text.split(",")))
