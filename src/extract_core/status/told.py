"""Tells the plugins how an attempt ended, with what is known of it: the hook extract_run_finished."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from extract_core.contract import AttemptReport, JobState
from extract_core.status.live_files import live_attempts, uri_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import JobStatus, Json, WatermarkMode
    from extract_core.pipeline.parts import Parts
    from extract_core.status.planned import Planned
    from extract_core.status.result_members import Result
    from extract_core.tracking.records import AttemptRow

log: Final = logging.getLogger("extract_core")


def tell_plugins(parts: Parts, planned: Planned, status: JobStatus, row: AttemptRow, result: Result | None) -> None:
    """Call the hook for the attempt as it is recorded in `row`. `result` is what the job reported now. Never raises."""
    recorded = replace(status, state=row.state, failure=row.failure, retryable=row.retryable, message=row.message)
    parts.registry.tell(
        "extract_run_finished",
        log,
        table=planned.item,
        job_type=row.job_type or "",
        status=recorded,
        report=_report(parts, planned, row, result if row.state is JobState.SUCCEEDED else None),
    )


def _report(parts: Parts, planned: Planned, row: AttemptRow, result: Result | None) -> AttemptReport:
    folder = row.extract_s3_uri
    names = [str(file["name"]) for file in row.files or ()] if row.state is JobState.SUCCEEDED else []
    spec: Any = (planned.line.spec if planned.line is not None else None) or {}
    run: Any = (planned.line.table_run if planned.line is not None else None) or {}
    return AttemptReport(
        run_started_at=run.get("run_started_at"),
        mode=cast("WatermarkMode", row.mode or "full"),
        database=spec.get("database") or {},
        rows=row.rows,
        bytes=row.bytes,
        files=[uri_in(folder, name) for name in names] if folder else [],
        schema=result.schema if result else (),
        origin=_origin(result),
        live=partial(live_attempts, parts.objects, parts.data_uri, row.source, row.table),
    )


def _origin(result: Result | None) -> Mapping[str, Json]:
    return result.origin if result else {}
