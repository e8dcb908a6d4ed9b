"""Right: ECS tasks on Fargate as a JobType, with roles, tags and a time limit by the state alone."""

from extract_core import hookimpl


@hookimpl
def extract_job_types():
    from tidy_task.job import FargateTask

    return [FargateTask()]
