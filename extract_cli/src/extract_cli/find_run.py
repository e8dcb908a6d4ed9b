"""Which run a person means: a run id, or `latest`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from extract_core.errors import RunNotFound
from extract_core.wording import utc

if TYPE_CHECKING:
    from extract_core.tracking.records import RunRecord
    from extract_core.tracking.store import TrackingStore

LATEST: Final = "latest"
_CLOCKS: Final = timedelta(minutes=5)  # by which clocks may differ
_LOOK_BACK: Final = 100  # runs: after so many refused ones in a row, the newest refused one is meant


def find_run(tracking: TrackingStore, run: str, *, planned: bool = False) -> RunRecord:
    """The run with this id. `latest` is the newest run that was not refused; with `planned`, the newest that has a plan.

    If all were refused, `latest` is the newest of them. A run that began in the future, by a clock that was ahead, is the latest
    only if there is no other. Raises RunNotFound.
    """
    if run != LATEST:
        return tracking.run(run)
    latest_start = datetime.now(UTC) + _CLOCKS
    newest = sorted(tracking.runs(_LOOK_BACK), key=lambda record: utc(record.started_at) > latest_start)
    for record in newest:
        if record.planned is not None or (not planned and record.refused is None):
            return record
    if newest and not planned:
        return newest[0]
    raise RunNotFound(
        "no run is recorded yet. A run that has just begun is recorded after some seconds; to start one: extract run SOURCE"
    )
