"""The plugin `iceberg`: keeps an Iceberg table per extracted table, made of the files that are live. No file is copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extract_core import JobState, Statement, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import BaseModel

    from extract_core import AttemptReport, JobStatus, Json, Target


@hookimpl
def extract_settings() -> type[BaseModel]:
    """The section [plugins.iceberg]."""
    from extract_iceberg.settings import Settings

    return Settings


@hookimpl
def extract_permissions(target: Target[Any], settings: Mapping[str, Json]) -> Iterable[Statement]:
    """The calls to a Glue catalog, if it is one, and to the objects of the warehouse and the data."""
    from extract_iceberg.permissions import statements

    return statements(target, settings)


@hookimpl
def extract_run_finished(
    table: Mapping[str, Json], status: JobStatus, report: AttemptReport, settings: Mapping[str, Json]
) -> None:
    """Make the Iceberg table hold what is live. Raises ValueError for rows it cannot take, else RuntimeError and ObjectError."""
    if status.state is JobState.SUCCEEDED:
        from extract_iceberg.faults import explained

        with explained(str(table["table"]), str(settings["namespace"])):
            from extract_iceberg.tables import keep

            keep(str(table["source"]), str(table["table"]), report.live, settings)
