"""Right: Athena's Data API-like service by two Lambda functions of the plugin (start, ask)."""

from extract_core import hookimpl


@hookimpl
def extract_job_types():
    from tidy_lambda.job import Query

    return [Query()]
