"""What EventBridge Scheduler would refuse in an expression or a time zone, in words.

Sources: EventBridge Scheduler API, ``CreateSchedule`` (``at(yyyy-mm-ddThh:mm:ss)``, ``rate(value unit)`` with a positive
value, ``cron`` with six fields), for the values of each cron field only
pages of third parties were read (one of the two days is ``?``).
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from extract_core.wording import did_you_mean

EXPRESSIONS: Final = "cron(0 2 * * ? *), rate(1 day) or at(2027-01-31T02:00:00)"
"""Examples of what a schedule may say."""

_CALL: Final = re.compile(r"(\w+)\(([^()]*)\)")
_FIVE: Final = re.compile(r"[\d*/,-]+ [\d*/,-]+( [\w*/,?#-]+){3}")
_RATE: Final = re.compile(r"[1-9][0-9]{0,8} (?:minute|hour|day)s?")
_AT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
_MONTHS: Final = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"
_DAYS: Final = "SUN MON TUE WED THU FRI SAT"
_FIELDS: Final = (
    ("minute", 0, 59, "", ""),
    ("hour", 0, 23, "", ""),
    ("day of the month", 1, 31, "", r"\?|L|LW|[0-9]{1,2}W"),
    ("month", 1, 12, _MONTHS, ""),
    ("day of the week", 1, 7, _DAYS, r"\?|L|(?:[1-7]|[A-Z]{3})(?:L|#[1-5])"),
    ("year", 1970, 2199, "", ""),
)
"""Name, least and highest number, names of values, and what else the field takes."""
_PART: Final = re.compile(r"(?P<low>\*|\w{1,4})(?:-(?P<high>\w{1,4}))?(?:/[0-9]{1,4})?")


def expression_fault(text: str) -> str | None:
    """What is wrong with an expression, and what to write; None for ``rate(…)``, ``at(…)`` and ``cron(…)`` that can be."""
    call = _CALL.fullmatch(text)
    if call is None:
        near = f"cron({text.rsplit(' ', 1)[0]} ? *)" if _FIVE.fullmatch(text) and text.endswith("*") else ""
        return f"{text!r} is not an expression{f'; did you mean {near!r}?' if near else ''}; write {EXPRESSIONS}"
    kind, inside = call[1], call[2]
    if kind == "cron":
        return _cron_fault(inside.upper().split())
    if kind == "rate":
        words = "write minutes, hours or days, such as rate(12 hours)"
        return None if _RATE.fullmatch(inside) else f"{text!r} is not a valid rate; {words}"
    if kind == "at":
        return None if _is_moment(inside) else f"{text!r} is not a valid time; write for example at(2027-01-31T02:00:00)"
    return f"{text!r} is not an expression{did_you_mean(kind, ('cron', 'rate', 'at'))}; write {EXPRESSIONS}"


def _is_moment(text: str) -> bool:
    try:
        return _AT.fullmatch(text) is not None and datetime.fromisoformat(text) is not None
    except ValueError:
        return False


def _cron_fault(fields: list[str]) -> str | None:
    names = ", ".join(field[0] for field in _FIELDS)
    if len(fields) != len(_FIELDS):
        return f"cron needs six fields ({names}), and this one has {len(fields)}; write for example cron(0 2 * * ? *)"
    for text, field in zip(fields, _FIELDS, strict=True):
        if not _is_field(text, field):
            name, least, highest, words, _ = field
            also = f", or {words.partition(' ')[0]} to {words.rpartition(' ')[2]}" if words else ""
            return f"the {name} {text!r} of cron is not valid; write numbers from {least} to {highest}{also}"
    if (fields[2] == "?") == (fields[4] == "?"):
        return "cron needs ? as the day of the month or as the day of the week, and not as both: cron(0 2 * * ? *) is each day"
    return None


def timezone_fault(name: str) -> str | None:
    """What is wrong with a time zone; None for one of the time zone database.

    Without that database on this computer, each name that may be one is taken.
    """
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_+/-]{0,49}", name) and (_is_known(name) or not _is_known("Europe/Berlin")):
        return None
    from zoneinfo import available_timezones

    hint = did_you_mean(name, available_timezones()) if name else ""
    return f"{name!r} is not a time zone{hint or '; write a name such as Europe/Berlin'}"


def _is_known(name: str) -> bool:
    from zoneinfo import ZoneInfo  # its import takes 5 ms, and most pipelines name no time zone

    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):  # a folder such as Europe is an OSError
        return False
    return True


def _is_field(text: str, field: tuple[str, int, int, str, str]) -> bool:
    _, least, highest, names, more = field

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
