"""The job type batch: AWS Batch jobs. Importing it is cheap: models and the rest are imported when they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core import hookimpl

if TYPE_CHECKING:
    from extract_batch.job_type import Batch

__all__ = ["extract_job_types"]


@hookimpl
def extract_job_types() -> list[Batch]:
    """The job type of this plugin."""
    from extract_batch.job_type import Batch

    return [Batch()]
