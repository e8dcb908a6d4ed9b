"""OpenLineage events of a pipeline: a run of each execution, and below it a run of each attempt at a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core import hookimpl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from extract_core import AttemptReport, JobStatus, Json, PlannedRun


@hookimpl
def extract_settings() -> type[BaseModel]:
    """The section [plugins.openlineage]."""
    from extract_openlineage.settings import Settings

    return Settings


@hookimpl
def extract_run_planned(run: PlannedRun, settings: Mapping[str, Json]) -> None:
    """START of the run, and of the first attempt at each table, as many as fit into the time limit."""
    from extract_openlineage.events import Lineage
    from extract_openlineage.sending import send

    send(Lineage(settings).planned(run), settings)


@hookimpl
def extract_run_finished(
    table: Mapping[str, Json], status: JobStatus, report: AttemptReport, settings: Mapping[str, Json]
) -> None:
    """START of an attempt, if no other event said it, and COMPLETE, FAIL or ABORT."""
    from extract_openlineage.events import Lineage
    from extract_openlineage.sending import send

    send(Lineage(settings).finished(table, status, report), settings)


@hookimpl
def extract_run_ended(summary: Mapping[str, Json], settings: Mapping[str, Json]) -> None:
    """COMPLETE, FAIL or ABORT of the run."""
    from extract_openlineage.events import Lineage
    from extract_openlineage.sending import send

    send(Lineage(settings).ended(summary), settings)
