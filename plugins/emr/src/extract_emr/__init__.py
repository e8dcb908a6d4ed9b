"""The job types emr, emr_serverless and emr_eks. Importing it is cheap: models and the rest are imported when needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core import hookimpl

if TYPE_CHECKING:
    from extract_emr.eks.job_type import EmrEks
    from extract_emr.job_type import Emr
    from extract_emr.serverless.job_type import EmrServerless

__all__ = ["extract_job_types"]


@hookimpl
def extract_job_types() -> list[Emr | EmrEks | EmrServerless]:
    """The job types of this plugin: a machine gets those that have a section in extract.toml."""
    from extract_emr.eks.job_type import EmrEks
    from extract_emr.job_type import Emr
    from extract_emr.serverless.job_type import EmrServerless

    return [Emr(), EmrEks(), EmrServerless()]
