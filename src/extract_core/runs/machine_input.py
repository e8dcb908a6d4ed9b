"""What the machine gets from the config manager: the items themselves (INLINE), or the place of their file (DISTRIBUTED).

An INLINE machine carries all items in one payload and one history, so the size of the run is checked first. A DISTRIBUTED
machine reads one item per child from S3: only the size of each item counts, which its plan line has passed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.errors import UsageError
from extract_core.pipeline.map_modes import concurrency_fault
from extract_core.plan.limits import check_limits
from extract_core.plan.places import items_place, plan_place, results_place, s3_place
from extract_core.plan.plan_file import items_again, placed_items, write_plan, write_plan_with_items
from extract_core.registry.routing import ITEMS, ITEMS_FILE, RESULTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts
    from extract_core.plan.group import SharedJob
    from extract_core.plan.line import PlannedTable


class MachineInput:
    """The answer of one run to its machine, and the objects that it refers to. UsageError for a machine that cannot be.

    `at_once` is the number of tables at once that the event asks for; None: that of the machine.
    """

    def __init__(self, parts: Parts, run_id: str, source: str, machine: Mapping[str, Json], at_once: int | None) -> None:
        self._parts, self._run_id = parts, run_id
        self._retry_loop = machine.get("retry_loop") is True
        self.is_inline = machine.get("map") != "DISTRIBUTED"
        self.concurrency = _concurrency(machine) if at_once is None else _wanted(at_once, is_inline=self.is_inline)
        self._head: dict[str, Json] = {
            "run_id": run_id,
            "source": source,
            "max_concurrency": self.concurrency,
            "map_error": None,
        }

    @property
    def plan_uri(self) -> str:
        """The plan of the run."""
        return plan_place(self._parts.runs_uri, self._run_id)

    def check_size(self, tables: Sequence[PlannedTable], jobs: Sequence[SharedJob] = ()) -> None:
        """Refuse a run that its machine cannot carry, before anything is taken or written. Raises UsageError."""
        if self.is_inline:
            check_limits(self._with(placed_items(self.plan_uri, tables, jobs)), retry_loop=self._retry_loop)

    def write(self, tables: list[PlannedTable], jobs: Sequence[SharedJob] = ()) -> tuple[int, dict[str, Json]]:
        """Write the plan and what the machine reads. Returns the number of tables, and the answer. Raises ObjectError.

        The list is empty afterwards: in memory, the items that were written take the place of the tables.
        """
        parts, count = self._parts, len(tables)
        if self.is_inline:
            items = write_plan(parts.objects, parts.runs_uri, self._run_id, _emptied(tables), jobs)
            return count, self._with(items)
        write_plan_with_items(parts.objects, parts.runs_uri, self._run_id, _emptied(tables), jobs)
        return count, self._with_places()

    def again(self, plan_uri: str) -> dict[str, Json]:
        """The same answer for the plan that was written. Raises ObjectError if an INLINE machine needs it, and it is gone."""
        if not self.is_inline:
            return self._with_places()
        return self._with(items_again(self._parts.objects, plan_uri, items_place(self._parts.runs_uri, self._run_id)))

    def _with(self, items: Sequence[dict[str, Json]]) -> dict[str, Json]:
        return {**self._head, ITEMS: list(items)}

    def _with_places(self) -> dict[str, Json]:
        runs_uri = self._parts.runs_uri
        places = {ITEMS_FILE: items_place(runs_uri, self._run_id), RESULTS: results_place(runs_uri, self._run_id)}
        return {**self._head, **{key: dict(zip(("bucket", "key"), s3_place(uri), strict=True)) for key, uri in places.items()}}


def _emptied(tables: list[PlannedTable]) -> Iterator[PlannedTable]:
    """Each table, after it was taken out of the list."""
    tables.reverse()
    while tables:
        yield tables.pop()


def _concurrency(machine: Mapping[str, Json]) -> int:
    most = machine.get("max_concurrency")
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise UsageError(f"the machine's max_concurrency is {most!r}, not a number from 1 on: build and deploy the machine again")
    return most


def _wanted(at_once: int, *, is_inline: bool) -> int:
    fault = concurrency_fault("INLINE" if is_inline else "DISTRIBUTED", at_once)
    if fault is not None:
        raise UsageError(f"max_concurrency of this run: {fault}")
    return at_once
