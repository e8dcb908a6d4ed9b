"""Right: CodeBuild as a SyncJob, as the tutorial writes it, with describe and stop_job."""

from extract_core import hookimpl


@hookimpl
def extract_job_types():
    from tidy_build.job import Build

    return [Build()]
