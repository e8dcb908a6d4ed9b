"""The Retry of a branch's start: what a job type may ask for, and how it is written in the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asl_generator.branches.faults import REPEATS_JOBS
from extract_core.contract import Retry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.contract import Json


def retry_faults(retries: list[object]) -> Iterator[str]:
    """What is wrong with the answer of `JobType.start_retries`, one sentence per fault."""
    for index, retry in enumerate(retries):
        place = f"start_retries()[{index}]"
        if not isinstance(retry, Retry):
            yield f"{place} is {retry!r}; it must be a Retry"
            continue
        if isinstance(retry.errors, str) or not retry.errors:
            yield f"{place} has errors {retry.errors!r}; it must be a list of names"
            continue
        for name in sorted(REPEATS_JOBS.intersection(retry.errors)):
            yield f"{place} retries {name}, which may run a job twice: name errors that occur before a job starts"
        if not 0 < retry.interval_seconds < retry.max_delay_seconds:
            values = f"interval_seconds {retry.interval_seconds} and max_delay_seconds {retry.max_delay_seconds}"
            yield f"{place} has {values}; the first must be above 0 and below the second"
        if retry.backoff_rate < 1 or retry.max_attempts < 0:
            values = f"backoff_rate {retry.backoff_rate} and max_attempts {retry.max_attempts}"
            yield f"{place} has {values}; use at least 1 and 0"


def retrier(retry: Retry) -> Json:
    """The retrier of a Task state. Shape: Amazon States Language, "Retrying after error"."""
    return {
        "ErrorEquals": list(retry.errors),
        "IntervalSeconds": retry.interval_seconds,
        "MaxAttempts": retry.max_attempts,
        "BackoffRate": retry.backoff_rate,
        "MaxDelaySeconds": retry.max_delay_seconds,
        "JitterStrategy": retry.jitter,
    }
