"""Dates of answers: datetimes in UTC, as boto3 gives them."""

from datetime import UTC, datetime


def now() -> datetime:
    """The time of this machine: what the dates of machines, versions, aliases and activities are."""
    return datetime.now(UTC)


def date_of(seconds: float) -> datetime:
    """The date of so many seconds since 1970 on an execution's clock."""
    return datetime.fromtimestamp(seconds, UTC)
