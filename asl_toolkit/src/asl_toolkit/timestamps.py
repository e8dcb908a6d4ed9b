"""ISO-8601 instants as Amazon States Language reads and writes them (RFC3339 profile: capital T, and Z or an offset)."""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

_FORM = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d(?::\d\d)?)", re.ASCII)


def parse_instant(text: str) -> datetime | None:
    """The instant of a text, or None if it is not an ISO-8601 extended offset date-time."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    micro = int((fraction or "0").ljust(6, "0")[:6])
    try:
        zone = UTC if offset == "Z" else _zone(offset)
        return datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), micro, zone)
    except ValueError:
        return None


def _zone(offset: str) -> timezone:
    sign = -1 if offset[0] == "-" else 1
    parts = [int(part) for part in offset[1:].split(":")]
    seconds = sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
    return timezone(sign * timedelta(seconds=seconds))


def instant_text(epoch_seconds: float) -> str:
    """An instant as in the context object: UTC, with Z; milliseconds unless 0 (developer guide, "Context object")."""
    return _millisecond_text(round(epoch_seconds * 1e6) // 1000)


@lru_cache(maxsize=16)
def _millisecond_text(instant: int) -> str:
    """Cached, because several states are often entered within one millisecond."""
    second, millisecond = divmod(instant, 1000)
    fraction = f".{millisecond:03d}" if millisecond else ""
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}{fraction}Z"
