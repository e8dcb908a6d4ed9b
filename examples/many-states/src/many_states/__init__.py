"""Job types whose branch is more than one .sync state: redshift (polling), worker (task token), codebuild (JSONata)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core import hookimpl

if TYPE_CHECKING:
    from many_states.codebuild.job_type import CodeBuild
    from many_states.redshift.job_type import Redshift
    from many_states.worker.job_type import Worker

__all__ = ["extract_job_types"]


@hookimpl
def extract_job_types() -> list[CodeBuild | Redshift | Worker]:
    """The job types of this plugin."""
    from many_states.codebuild.job_type import CodeBuild
    from many_states.redshift.job_type import Redshift
    from many_states.worker.job_type import Worker

    return [CodeBuild(), Redshift(), Worker()]
