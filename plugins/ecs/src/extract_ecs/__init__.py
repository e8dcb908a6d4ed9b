"""The job type ecs: Amazon ECS tasks. Importing it is cheap: models, boto3 and the rest are imported when they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core import hookimpl

if TYPE_CHECKING:
    from extract_ecs.job_type import Ecs

__all__ = ["extract_job_types"]


@hookimpl
def extract_job_types() -> list[Ecs]:
    """The job type of this plugin."""
    from extract_ecs.job_type import Ecs

    return [Ecs()]
