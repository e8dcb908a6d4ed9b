"""The job type emr: steps on an EMR cluster. Importing it is cheap: models and the rest are imported when needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core import hookimpl

if TYPE_CHECKING:
    from extract_emr.job_type import Emr

__all__ = ["extract_job_types"]


@hookimpl
def extract_job_types() -> list[Emr]:
    """The job type of this plugin."""
    from extract_emr.job_type import Emr

    return [Emr()]
