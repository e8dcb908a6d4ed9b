"""Right: a job service behind HTTPS, by HTTP Tasks with a connection of EventBridge."""

from extract_core import hookimpl


@hookimpl
def extract_job_types():
    from tidy_web.job import Web

    return [Web()]
