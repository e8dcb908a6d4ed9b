"""What a field's value may be: each function answers None when it is good, else what it should have been."""

from asl_toolkit.json_value import Json, is_number
from asl_toolkit.timestamps import parse_instant

_LONGEST = 99_999_999


def _whole(value: Json) -> bool:
    return is_number(value) and float(value).is_integer()


def is_timeout(value: Json) -> str | None:
    """TimeoutSeconds, HeartbeatSeconds."""
    return None if _whole(value) and 1 <= value <= _LONGEST else f"a whole number of seconds from 1 to {_LONGEST}"


def is_seconds(value: Json) -> str | None:
    """Seconds of a Wait."""
    return None if _whole(value) and 0 <= value <= _LONGEST else f"a whole number of seconds from 0 to {_LONGEST}"


def is_timestamp(value: Json) -> str | None:
    """Timestamp of a Wait."""
    good = isinstance(value, str) and parse_instant(value) is not None
    return None if good else "an ISO-8601 timestamp such as 2026-01-31T12:00:00Z"


def is_text(value: Json) -> str | None:
    """Error, Cause of a Fail."""
    return None if isinstance(value, str) else "a string"


def is_count(value: Json) -> str | None:
    """MaxConcurrency, ToleratedFailureCount."""
    return None if _whole(value) and value >= 0 else "a whole number of at least 0"


def is_positive(value: Json) -> str | None:
    """MaxItems, MaxItemsPerBatch, MaxInputBytesPerBatch."""
    return None if _whole(value) and value >= 1 else "a whole number of at least 1"


def is_percentage(value: Json) -> str | None:
    """ToleratedFailurePercentage."""
    return None if is_number(value) and 0 <= value <= 100 else "a number from 0 to 100"
