"""Right: SageMaker processing jobs as a SyncJob, whose arguments can be too long for the API."""

from extract_core import hookimpl


@hookimpl
def extract_job_types():
    from tidy_processing.job import Processing

    return [Processing()]
