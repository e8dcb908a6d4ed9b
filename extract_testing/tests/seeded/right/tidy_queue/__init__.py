"""Right: a worker behind a queue that answers with a task token."""

from extract_core import hookimpl


@hookimpl
def extract_job_types():
    from tidy_queue.job import Queue

    return [Queue()]
