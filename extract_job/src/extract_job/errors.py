"""What the job says when it can't go on: one line a fault, no traceback."""


class JobError(Exception):
    """The extract failed for a reason that its one-line message gives; the process ends with `exit_code`."""

    exit_code = 1


class ArgumentError(JobError):
    """An argument is missing or wrong: no attempt with the same arguments can succeed."""

    exit_code = 2
