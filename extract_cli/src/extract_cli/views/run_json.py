"""A run and its attempts as `--output json` shows them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

    from extract_core.tracking.records import AttemptRow, RunRecord


def run_json(record: RunRecord, state: str) -> dict[str, Any]:
    """A run."""
    return {
        "run_id": record.run_id,
        "state": state,
        "source": record.source,
        "started_at": record.started_at,
        "execution_id": record.execution_id,
        "rerun_of": record.rerun_of,
        "planned": record.planned,
        "plan_uri": record.plan_uri,
        "refused": record.refused,
        "skipped": [{"table": skipped.table, "reason": skipped.reason} for skipped in record.skipped],
        "summary": record.summary,
    }


def attempt_json(row: AttemptRow, waiting: Collection[str] = ()) -> dict[str, Any]:
    """An attempt. `waiting` are tables that another attempt follows at."""
    return asdict(row) | ({"retrying": True} if row.table in waiting else {})
