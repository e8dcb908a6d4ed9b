"""Right: EMR steps as a JobType of one Task; the state is two levels deep in the answer."""

from extract_core import hookimpl


@hookimpl
def extract_job_types():
    from tidy_step.job import Step

    return [Step()]
