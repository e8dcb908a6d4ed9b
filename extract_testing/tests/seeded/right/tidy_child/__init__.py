"""Right: another state machine by startExecution.sync:2, in JSONata."""

from extract_core import hookimpl


@hookimpl
def extract_job_types():
    from tidy_child.job import Child

    return [Child()]
