"""The job type glue: AWS Glue job runs. Importing it is cheap: models, boto3 and the rest are imported when they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core import hookimpl

if TYPE_CHECKING:
    from extract_glue.job_type import Glue

__all__ = ["extract_job_types"]


@hookimpl
def extract_job_types() -> list[Glue]:
    """The job type of this plugin."""
    from extract_glue.job_type import Glue

    return [Glue()]
