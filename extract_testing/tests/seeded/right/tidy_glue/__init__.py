"""Right: Glue as a SyncJob whose table chooses among several jobs, with logs and escalation."""

from extract_core import hookimpl


@hookimpl
def extract_job_types():
    from tidy_glue.job import Night

    return [Night()]
