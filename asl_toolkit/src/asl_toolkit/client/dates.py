"""Dates of answers: datetimes in UTC, as boto3 gives them."""

from datetime import UTC, datetime


def date_of(seconds: float) -> datetime:
    """The date of so many seconds since 1970 on an execution's clock."""
    return datetime.fromtimestamp(seconds, UTC)
