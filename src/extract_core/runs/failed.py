"""The tables that did not succeed in a run: what ``failed:RUN_ID`` in an event means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.contract import JobState
from extract_core.errors import ObjectNotFound, UsageError
from extract_core.plan.plan_file import read_plan
from extract_core.runs.summary import last_attempts
from extract_core.wording import counted

if TYPE_CHECKING:
    from extract_core.pipeline.parts import Parts


def failed_tables(parts: Parts, source: str, run_id: str) -> set[str]:
    """The planned tables of a run of this source whose last attempt did not succeed, or that have none.

    Raises RunNotFound, and UsageError where the run is of another source, has not ended, or has no such table.
    """
    record = parts.tracking.run(run_id)
    if record.source != source:
        raise UsageError(f"failed:{run_id}: that run is of source {record.source!r}, and the event says {source!r}")
    if record.plan_uri is None or record.planned is None:
        raise UsageError(f"failed:{run_id}: that run was never planned ({record.refused or 'its config manager did not finish'})")
    if record.summary is None:
        raise UsageError(
            f"failed:{run_id}: that run has not ended, so it is not known which tables fail; see: extract status {run_id}"
        )
    last = last_attempts(parts.tracking.attempts(run_id))
    try:
        planned = {line.table for line in read_plan(parts.objects, record.plan_uri)}
    except ObjectNotFound as error:
        if len(last) < record.planned:
            raise UsageError(
                f"failed:{run_id}: the plan of that run is gone ({record.plan_uri}), and no end is recorded for "
                f"{record.planned - len(last):,} of its {counted(record.planned, 'table')}: name the tables"
            ) from error
        planned = set(last)  # each has an end
    succeeded = {table for table, row in last.items() if row.state is JobState.SUCCEEDED}
    if not planned - succeeded:
        raise UsageError(f"failed:{run_id}: every table of that run succeeded")
    return planned - succeeded
