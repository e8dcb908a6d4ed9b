"""Executions that can't be seen from here: of another checkout or machine that shares the tracking store.

No lock and no service says whether they run. So they count as alive until the bound of their leases has passed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from extract_core.errors import ObjectError, RunNotFound
from extract_core.plan.item_key import item_key
from extract_core.plan.plan_file import readable_items
from extract_core.wording import utc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts
    from extract_core.tracking.records import RunRecord

_PLANNING: Final = timedelta(hours=1)
"""From the start of a run to its plan: a Lambda function runs for 15 minutes, and the machine tries again a few times."""


def may_run(parts: Parts, execution_id: str) -> bool:
    """Whether this execution may still be alive: its run has no summary, and holds a table whose bound has not passed.

    A run without a plan may be alive for an hour after its start. A run whose plan can't be read may be alive: its tables are not
    known. Raises TrackingUnavailable and ObjectUnavailable.
    """
    try:
        record = parts.tracking.run(execution_id.rpartition(":")[2])
    except RunNotFound:
        return False
    if record.execution_id != execution_id or record.summary is not None:
        return False
    now = parts.now()
    if record.plan_uri is None:
        return now < utc(record.started_at) + _PLANNING
    try:
        items, damaged = readable_items(parts.objects, record.plan_uri)
    except ObjectError:
        return True
    return bool(damaged) or any(datetime.fromisoformat(bound) > now for bound in _bounds(parts, record, items))


def _bounds(parts: Parts, record: RunRecord, items: Sequence[Mapping[str, Json]]) -> Iterator[str]:
    """The bounds of the leases that this run holds."""
    states = parts.tracking.states(record.source, [item_key(item).table for item in items])
    for state in states.values():
        if state.owner is not None and state.owner.execution_id == record.execution_id:
            yield state.owner.bound
