"""The errors that end the job: one line per error, no traceback."""


class JobError(Exception):
    """The extract failed; the message is one line. The process ends with `exit_code`."""

    exit_code = 1


class ArgumentError(JobError):
    """An argument is missing or wrong: every attempt with the same arguments fails."""

    exit_code = 2
