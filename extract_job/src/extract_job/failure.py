"""Puts the reason of a failure where the result would be."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from extract_job.arguments.model import Arguments
from extract_job.arguments.pairs import pairs_of
from extract_job.errors import FailureClass, JobError
from extract_job.result import failure_json, object_bytes
from extract_job.stopping import StopRequest
from extract_job.storage.opening import result_in
from extract_job.storage.places import object_at


def stopped(stop: StopRequest) -> JobError:
    """Return the error for a job that a signal stopped."""
    name = stop.signal.name if stop.signal else "a signal"
    message = f"stopped by {name}: wrote no result, removed unfinished files"
    return JobError(message, FailureClass.INTERRUPTED, retryable=True)


def put_failure(arguments: Arguments, error: JobError, say: Callable[[str], None]) -> None:
    """Put the reason; if the place refuses, this is only a note.

    It may replace a result that this process has just put: its exit code says failed as well.
    """
    text = failure_json(arguments.run_id, arguments.attempt, arguments.table, error)
    try:
        result_in(arguments.result).put(object_bytes(text))
    except JobError as refusal:
        say(f"note: the reason of the failure is not at --result_uri: {refusal}")


def put_wrong_arguments(argv: Sequence[str], error: JobError) -> None:
    """Put the reason why arguments are wrong, if they name the attempt and the place at least."""
    with suppress(JobError):  # the line on stderr remains
        put_wrong_pairs(pairs_of(argv), error)


def put_wrong_pairs(pairs: Mapping[str, str], error: JobError) -> None:
    """As `put_wrong_arguments`, for arguments that were read."""
    with suppress(KeyError, ValueError):
        put_reason(pairs, error, lambda _: None)


def put_reason(pairs: Mapping[str, str], error: JobError, say: Callable[[str], None], *, alone: bool = False) -> None:
    """Put the reason at the place that these arguments name; if the place refuses, this is only a note.

    `alone`: the table shared this job, and its next attempt needs its own job. Raises `KeyError` and
    `ValueError` if the arguments do not name the attempt.
    """
    text = failure_json(pairs["run_id"], int(pairs["attempt"]), pairs["extract_table"], error, alone=alone)
    try:
        result_in(object_at("result_uri", pairs["result_uri"])).put(object_bytes(text))
    except JobError as refusal:
        say(f"note: the reason of the failure is not at --result_uri: {refusal}")
