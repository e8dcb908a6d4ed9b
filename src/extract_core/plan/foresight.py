"""What a run would need of an execution, added up table by table before the run exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core.errors import UsageError
from extract_core.plan.limits import MAX_HISTORY, MAX_PAYLOAD, SWITCH, Load, check_load, near_limit, payload_bytes
from extract_core.plan.places import plan_place
from extract_core.plan.plan_file import LinePlace
from extract_core.registry.routing import ITEMS
from extract_core.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json
    from extract_core.plan.line import PlannedTable
    from extract_core.registry.installed import Registry

STAMP: Final = "20000101T000000-0000"
"""Always the same, and as long as that of a real run, so that sizes are right."""
EVENTS_OF_A_QUESTION: Final = 9
"""History events of a question of a PolledJob: Wait 2, the Task that asks 5, Choice 2."""


def example_run_id(source: str) -> str:
    """A run id as long as those of this source's runs."""
    return f"{source[:59]}-{STAMP}"


class Foresight:
    """The needs of one run on one machine (its facts). `load` is of the tables that were added."""

    def __init__(self, source: str, runs_uri: str, machine: Mapping[str, Json], registry: Registry) -> None:
        self._polled = {
            name
            for name, installed in registry.job_types.items()
            if getattr(installed.job_type, "interval_seconds", None) is not None
        }
        self._polled_tables = 0
        self._is_inline = machine.get("map") == "INLINE"
        self._retry_loop = machine.get("retry_loop") is True
        run_id = example_run_id(source)
        self._plan_uri = plan_place(runs_uri, run_id)
        self._offset = self._length = 0
        head = {"run_id": run_id, "source": source, "max_concurrency": machine.get("max_concurrency"), "map_error": None}
        self.load = Load(payload_bytes({**head, ITEMS: []}))

    def add(self, planned: PlannedTable) -> None:
        """One more table."""
        if not self._is_inline:
            self.load.count(planned.item)
            return
        self._polled_tables += planned.item.get("job_type") in self._polled
        if self.load.payload_bytes <= MAX_PAYLOAD:  # above it, no digit of a place matters any more
            self._length = len(planned.line())
        self.load.add(_with_lease(planned, LinePlace(self._plan_uri, self._offset, self._length)))
        self._offset += self._length

    @property
    def refused(self) -> str | None:
        """Why the machine cannot carry the run, or None."""
        if not self._is_inline:
            return None
        try:
            check_load(self.load, retry_loop=self._retry_loop)
        except UsageError as error:
            return str(error)
        return None

    @property
    def warning(self) -> str | None:
        """That the machine can carry the run and not many tables more, or not for long; None if there is room."""
        if not self._is_inline:
            return None
        near = near_limit(self.load, retry_loop=self._retry_loop)
        if near is None and self._polled_tables:
            return (
                f"{counted(self._polled_tables, 'table')} of polled job types: each question about a job makes "
                f"{EVENTS_OF_A_QUESTION} history events, and all tables of an INLINE map share {MAX_HISTORY:,}: long "
                f"jobs can end the run; {SWITCH}"
            )
        return near


def _with_lease(table: PlannedTable, place: LinePlace) -> dict[str, Json]:
    """The item as the config manager hands it to the Map, with a lease and the place of its plan line."""
    mark = table.item["watermark"]
    watermark: Json = {**mark, "version": 0} if isinstance(mark, dict) else mark
    return {**table.item, "lease": {"fencing": 1}, "watermark": watermark, **place.as_json()}
