"""Right: Athena queries; an idempotency token called token, and an answer behind a ResultSelector."""

from extract_core import hookimpl


@hookimpl
def extract_job_types():
    from tidy_athena.job import Athena

    return [Athena()]
