"""Right: SSM Run Command as a polled JobType (aws-sdk start, ask, cancel), as other-services.md describes it."""

from extract_core import hookimpl


@hookimpl
def extract_job_types():
    from tidy_shell.job import Shell

    return [Shell()]
