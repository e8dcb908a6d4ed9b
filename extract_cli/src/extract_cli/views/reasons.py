"""Why tables failed, while their run goes on: the row of the attempt is recorded before its event is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.errors import ExtractError

if TYPE_CHECKING:
    from extract_core.tracking.records import AttemptRow
    from extract_core.tracking.store import TrackingStore


class Reasons:
    """Asks the tracking store about one run: two requests per failed table, none for the others."""

    def __init__(self, tracking: TrackingStore, source: str, run_id: str) -> None:
        self._tracking = tracking
        self._source = source
        self._run_id = run_id

    def of(self, table: str) -> AttemptRow | None:
        """The last attempt at this table, if it is of this run and the store can be asked."""
        try:
            rows = self._tracking.history(self._source, table, 1)
        except ExtractError:
            return None
        return rows[0] if rows and rows[0].run_id == self._run_id else None
