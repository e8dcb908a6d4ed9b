"""Dates of answers: datetimes in UTC, as boto3 gives them."""

from datetime import UTC, datetime


def now() -> datetime:
    """The time of this computer: the date of machines, versions, aliases and activities."""
    return datetime.now(UTC)


def date_of(seconds: float) -> datetime:
    """The date of a time of an execution's clock, in seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)
