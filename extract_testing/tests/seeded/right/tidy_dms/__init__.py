"""Right: DMS tasks, polled in JSONata by the clock, with a service whose good end is not a separate word. Nothing runs locally."""

from extract_core import hookimpl


@hookimpl
def extract_job_types():
    from tidy_dms.job import Dms

    return [Dms()]
