"""Which run a person means: a run id, or `latest`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core.errors import RunNotFound

if TYPE_CHECKING:
    from extract_core.tracking.records import RunRecord
    from extract_core.tracking.store import TrackingStore

LATEST: Final = "latest"
_LOOK_BACK: Final = 100  # runs: after so many refused ones in a row, the newest refused one is meant


def find_run(tracking: TrackingStore, run: str, *, planned: bool = False) -> RunRecord:
    """The run with this id. `latest` is the newest run that was not refused; with `planned`, the newest that has a plan.

    If all were refused, `latest` is the newest of them. Raises RunNotFound.
    """
    if run != LATEST:
        return tracking.run(run)
    newest = tracking.runs(_LOOK_BACK)
    for record in newest:
        if record.planned is not None or (not planned and record.refused is None):
            return record
    if newest and not planned:
        return newest[0]
    raise RunNotFound("there is no run yet; start one: extract run SOURCE --local")
