"""Faults of the file system: their failure class, by the number of the error."""

import errno
import os

from extract_job.errors import FailureClass, JobError

_CLASSES = {
    FailureClass.CAPACITY: ("ENOSPC", "EDQUOT", "EMFILE", "ENFILE", "ENOMEM"),
    FailureClass.PERMISSION: ("EACCES", "EPERM", "EROFS"),
    FailureClass.INTERRUPTED: ("EIO", "ESTALE", "ETIMEDOUT", "ENOTCONN", "EHOSTDOWN", "ECONNRESET"),  # a network file system too
    FailureClass.CONFIG: ("ENOENT", "ENOTDIR", "EISDIR", "ENAMETOOLONG", "ELOOP", "ENOTEMPTY"),
}
"""Names of https://man7.org/linux/man-pages/man3/errno.3.html."""
_BY_NUMBER = {getattr(errno, name): failure for failure, names in _CLASSES.items() for name in names if hasattr(errno, name)}
_PASSING = frozenset({FailureClass.CAPACITY, FailureClass.INTERRUPTED})


def file_fault(attempted: str, error: OSError) -> JobError:
    """Return the error for a file that could not be used; `attempted` is like "cannot write to '/data'"."""
    failure = _BY_NUMBER.get(error.errno or 0, FailureClass.USER_CODE)
    reason = os.strerror(error.errno) if error.errno else str(error)
    return JobError(f"{attempted}: {reason}", failure, retryable=failure in _PASSING)
