"""Which tables of a run share a job: small ones of one job type with equal settings, by their last successful attempts.

The start of a job costs more time and money than a small table. So tables are packed into as few jobs as have room for them: at
most so many tables, and about so many seconds, per job.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import JobState
from extract_core.dataclass import dataclass
from extract_core.errors import ExtractError
from extract_core.plan.build_line import OWN_SCRIPT, Unplannable
from extract_core.plan.group import Group
from extract_core.plan.line import Built
from extract_core.plan.notes import core_of
from extract_core.plan.plan_tables import opened
from extract_core.plan.service_arguments import apart
from extract_core.plan.shared_job import shared_job
from extract_core.registry.routing import POOL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.plan.group import SharedJob
    from extract_core.plan.line import PlannedTable
    from extract_core.registry.installed import Registry
    from extract_core.registry.values import AnyJobType
    from extract_core.runs.order import Past
    from extract_core.tracking.records import TableState

log: Final = logging.getLogger("extract_core")

SMALL: Final = 4
"""A table shares a job if it takes at most a quarter of the job's length, which is at most a quarter of its time limit."""
SMALL_BYTES: Final = 256 * 2**20
"""And if it delivered at most so many bytes."""
NEW_SECONDS: Final = 2.0
"""What a new table counts that shares a job by its config (``share: true``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How tables share jobs in a machine: at most so many tables per job, and about so many seconds."""

    tables: int
    seconds: int

    @classmethod
    def of(cls, machine: Mapping[str, Json]) -> Share | None:
        """From the facts of a machine. None: each table has a job of its own, as in a machine without the retry loop."""
        share: Any = machine.get("share")
        if not isinstance(share, dict) or machine.get("retry_loop") is not True:
            return None
        return cls(tables=share["tables"], seconds=share["seconds"])


def groups_of(  # noqa: PLR0913 - all that it depends on
    planned: Sequence[PlannedTable],
    states: Mapping[str, TableState],
    past: Mapping[str, Past],
    *,
    share: Share,
    registry: Registry,
    alone: Callable[[str], bool] | None = None,
) -> list[Group]:
    """The groups of these tables. `alone` says which tables must have a job of their own in this run."""
    alike: defaultdict[tuple[str, ...], list[tuple[float, bool, PlannedTable]]] = defaultdict(list)
    settings: dict[int, str] = {}
    for table in planned:
        if table.plan_error is not None or table.settings is None or (alone is not None and alone(table.table)):
            continue
        job_type = registry.job_types[str(table.item["job_type"])].job_type
        seconds = _seconds(table, states.get(table.table), past.get(table.table), job_type)
        if seconds is None or seconds * SMALL > _length(table, share):
            continue
        text = settings.get(id(table.settings))
        if text is None:
            text = settings[id(table.settings)] = json.dumps(table.settings, sort_keys=True)
        alike[(job_type.name, text, str(table.item.get(POOL)), *_of_service(table, job_type))].append(
            (seconds, table.table not in past, table)
        )
    return [group for tables in alike.values() for group in _packed(tables, share)]


def _seconds(table: PlannedTable, state: TableState | None, past: Past | None, job_type: AnyJobType) -> float | None:
    """How long the turn of a table takes; None: it must have a job of its own."""
    core = core_of(table)
    wanted = core.get("share")
    failed = state is not None and state.last_state not in (None, JobState.SUCCEEDED)
    if failed or not job_type.shares or wanted is False or not _can_share(table, core):
        return None
    if past is None or state is None or state.last_state is None:
        return NEW_SECONDS if wanted is True else None
    if past.bytes is not None and past.bytes > SMALL_BYTES:
        return None
    return past.seconds if past.shared else max(0.0, past.seconds - job_type.start_seconds)


def _can_share(table: PlannedTable, core: Mapping[str, Json]) -> bool:
    """Whether the table's script reads a list of tables, always reports, and does not split the read.

    A script of another author reads a list if its table says ``share: true``.
    """
    reads_list = core.get("script_name", OWN_SCRIPT) == OWN_SCRIPT or core.get("share") is True
    return reads_list and table.item.get("result") == "required" and "partition_column" not in core


def _length(table: PlannedTable, share: Share) -> int:
    """The most that the turns of a job may take: it has the time limit that a job of one table has."""
    limit: Any = table.item["timeout_seconds"]
    return max(1, min(share.seconds, int(limit) // SMALL))


def _of_service(table: PlannedTable, job_type: AnyJobType) -> Sequence[str]:
    """The arguments that the service reads itself: one job has one set of them."""
    if not job_type.service_arguments or not isinstance(table.built_from, Built):
        return ()
    _, of_service = apart(table.built_from.run.job_arguments, job_type.service_arguments)
    return [text for pair in sorted(of_service.items()) for text in pair]


def _packed(tables: list[tuple[float, bool, PlannedTable]], share: Share) -> list[Group]:
    """As few groups as have room, with about the same work. Those at most risk come last: long ones, then new ones."""
    length = _length(tables[0][2], share)
    count = max(-(-len(tables) // share.tables), -(-int(sum(seconds for seconds, _, _ in tables)) // length))
    bins: list[list[tuple[float, bool, PlannedTable]]] = [[] for _ in range(count)]
    work = [0.0] * count
    for entry in sorted(tables, key=lambda entry: -entry[0]):
        open_bins = (number for number in range(count) if len(bins[number]) < share.tables)
        least = min(open_bins, key=lambda number: (work[number], len(bins[number])))
        bins[least].append(entry)
        work[least] += entry[0]
    ordered = (sorted(entries, key=lambda entry: (entry[1], entry[0])) for entries in bins)
    return [
        Group(tables=tuple(table.table for _, _, table in entries), turn_seconds=length)
        for entries in ordered
        if len(entries) > 1
    ]


def jobs_of(
    groups: Sequence[Group], tables: list[PlannedTable], machine: Mapping[str, Json], registry: Registry
) -> list[SharedJob]:
    """The jobs of these groups, as far as their tables are in the list and can be planned.

    A group whose job cannot be made is none: each of its tables has a job of its own. Members need no object for arguments that
    are too long, so it is taken out of the list.
    """
    places = {table.table: place for place, table in enumerate(tables)} if groups else {}
    jobs = []
    for group in groups:
        members = [tables[places[name]] for name in group.tables if name in places]
        members = [table for table in members if table.plan_error is None]
        if len(members) < 2:
            continue
        try:
            settings, in_use = opened(members[0], machine, registry)
            jobs.append(shared_job(members, group.turn_seconds, settings, in_use))
        except (Unplannable, ExtractError) as error:
            log.warning("%d tables have a job each, they cannot share one: %s", len(members), error)
            continue
        for table in members:
            if table.spilled is not None:
                tables[places[table.table]] = replace(table, spilled=None)
    return jobs
