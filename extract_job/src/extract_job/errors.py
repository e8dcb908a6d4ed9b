"""The errors that end the job: one line per error, no traceback."""

from enum import StrEnum


class FailureClass(StrEnum):
    """Why the extract failed; the names are those of the core's `FailureClass`."""

    CONFIG = "CONFIG"  # an argument is wrong, or names something that does not exist or does not fit
    CONFLICT = "CONFLICT"  # the table contradicts the committed mark
    PROOF = "PROOF"  # the files do not hold what the source holds
    PERMISSION = "PERMISSION"  # the database, or AWS, refuses this user
    CAPACITY = "CAPACITY"  # the database is busy: no free connection, a lock
    THROTTLED = "THROTTLED"  # a rate limit
    INTERRUPTED = "INTERRUPTED"  # a signal stopped the job, or the database ended the session
    USER_CODE = "USER_CODE"  # everything else, such as a value that its type cannot hold


class JobError(Exception):
    """The extract failed; the message is one line. The process ends with `exit_code`.

    `retryable`: the fault passes, so that another attempt with the same arguments can succeed.
    """

    exit_code = 1

    def __init__(self, message: str, failure: FailureClass = FailureClass.USER_CODE, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.failure = failure
        self.retryable = retryable


class ArgumentError(JobError):
    """An argument is missing or wrong: every attempt with the same arguments fails."""

    exit_code = 2

    def __init__(self, message: str) -> None:
        super().__init__(message, FailureClass.CONFIG)
