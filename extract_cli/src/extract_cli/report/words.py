"""Numbers, times and names as the report shows them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

_STEERING: Final = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]"
)
"""Characters that are not seen and change how others are seen, or that UTF-8 does not have."""


def visible(text: object) -> str:
    """The text with characters escaped that would hide something: control characters, and marks that turn its direction."""
    return _STEERING.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), str(text))


def number(value: float | None) -> str:
    """``1,234``; a fraction has as many digits as it needs to be read, ``0.00494``."""
    if value is None:
        return ""
    if isinstance(value, int) or value == int(value):
        return f"{int(value):,}"
    return f"{value:,.1f}" if value >= 100 else f"{value:.3g}"


def size(value: float | None) -> str:
    """``1.2 MB``: units of 1,000 bytes."""
    if value is None:
        return ""
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1_000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1_000
    return f"{value:,.1f} TB"


def duration(seconds: float | None) -> str:
    """``1.3 s`` below a minute, then ``4:05`` and ``1:02:03``."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def clock(time: str | None) -> str:
    """``2026-03-01 06:00:00 UTC``: the time as it was given, without fractions of a second."""
    if time is None:
        return ""
    at = datetime.fromisoformat(time)
    return f"{at:%Y-%m-%d %H:%M:%S} {at.tzname() or ''}".rstrip()


def dollars(value: float | None) -> str:
    """``$1.23``, or four digits of a small sum."""
    if value is None:
        return ""
    return f"${value:,.2f}" if value >= 0.1 or value == 0 else f"${value:.2g}"
