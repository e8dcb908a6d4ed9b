"""Which tables of a run share a job: small ones of one job type with equal settings, by their last successful attempts.

The start of a job costs more time and money than a small table. So tables are packed into as few jobs as have room for them: at
most so many tables, and about so many seconds, per job.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from extract_core.contract import FailureClass, JobState
from extract_core.dataclass import dataclass
from extract_core.errors import ExtractError
from extract_core.plan.build_line import OWN_SCRIPT, Unplannable
from extract_core.plan.group import Group
from extract_core.plan.job_arguments import apart
from extract_core.plan.line import Built
from extract_core.plan.replan import opened
from extract_core.plan.shared_job import shared_job
from extract_core.registry.routing import POOL
from extract_core.runs.savings import saved

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.plan.group import SharedJob
    from extract_core.plan.line import PlannedTable
    from extract_core.registry.installed import Registry
    from extract_core.registry.values import AnyJobType
    from extract_core.runs.order import Past
    from extract_core.runs.savings import Saving
    from extract_core.tracking.records import TableState

log: Final = logging.getLogger("extract_core")

SMALL: Final = 4
"""A table shares a job if it takes at most a quarter of the job's length, which is at most a quarter of its time limit."""
SMALL_BYTES: Final = 256 * 2**20
"""And if it delivered at most so many bytes."""
NEW_SECONDS: Final = 2.0
"""What a new table counts that shares a job by its config (``share: true``)."""


_SPLIT: Final = frozenset({"partition_column", "num_partitions"})
"""Keys of a table whose read is split: it is not small."""
_OUTSIDE: Final = frozenset(
    {FailureClass.STOPPED, FailureClass.NOT_RECORDED, FailureClass.START, FailureClass.CAPACITY, FailureClass.THROTTLED}
)
"""Ends that say nothing of the table: its job was stopped from outside, or never began. It may share a job again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How tables share jobs in a machine: at most so many tables per job, and about so many seconds."""

    tables: int
    seconds: int

    @classmethod
    def of(cls, machine: Mapping[str, Json]) -> Share | None:
        """From the facts of a machine. None: each table has its own job, as in a machine without the retry loop."""
        share: Any = machine.get("share")
        if not isinstance(share, dict) or machine.get("retry_loop") is not True:
            return None
        return cls(tables=share["tables"], seconds=share["seconds"])


class Grouping:
    """Collects the tables of a run that may share jobs. `alone` says which tables must have their own job in this run."""

    def __init__(
        self,
        states: Mapping[str, TableState],
        past: Mapping[str, Past],
        *,
        share: Share,
        registry: Registry,
        alone: Callable[[str], bool] | None = None,
    ) -> None:
        self._states, self._past, self._share, self._registry = states, past, share, registry
        self._alone = alone
        self._alike: defaultdict[tuple[str, ...], list[Candidate]] = defaultdict(list)
        self._kinds: dict[tuple[str, ...], _Kind] = {}
        self._settings: dict[int, str] = {}

    def add(self, table: PlannedTable) -> None:
        """One more table."""
        if table.plan_error is not None or table.settings is None or (self._alone is not None and self._alone(table.table)):
            return
        job_type = self._registry.job_types[str(table.item["job_type"])].job_type
        length = _length(table, self._share)
        seconds = _seconds(table, self._states.get(table.table), self._past.get(table.table), job_type)
        if seconds is None or seconds * SMALL > length:
            return
        text = self._settings.get(id(table.settings))
        if text is None:
            text = self._settings[id(table.settings)] = json.dumps(table.settings, sort_keys=True)
        key = (job_type.name, text, str(table.item.get(POOL)), *_of_service(table, job_type))
        self._alike[key].append(Candidate(seconds, table.table not in self._past, table.table))
        self._kinds.setdefault(key, _Kind(job_type, table.settings, length))

    def groups(self) -> list[Group]:
        """The groups of the tables that were added."""
        groups = []
        for key, candidates in self._alike.items():
            length = self._kinds[key].length
            jobs = packed(candidates, self._share.tables, length)
            groups += [Group(tables=tuple(name for _, _, name in entries), turn_seconds=length) for entries in jobs]
        return groups

    def savings(self) -> list[Saving]:
        """What the groups save, per job type. Job types without a group are left out."""
        savings: dict[str, Saving] = {}
        for key, candidates in self._alike.items():
            kind = self._kinds[key]
            for entries in packed(candidates, self._share.tables, kind.length):
                saving = saved(kind.job_type, kind.settings, [candidate.seconds for candidate in entries])
                known = savings.get(saving.job_type)
                savings[saving.job_type] = saving if known is None else known.plus(saving)
        return list(savings.values())


class Candidate(NamedTuple):
    """A table that may share a job: the seconds of its turn, whether it is new, its name."""

    seconds: float
    is_new: bool
    table: str


class _Kind(NamedTuple):
    """What tables that may share a job have in common."""

    job_type: AnyJobType
    settings: Mapping[str, Json]
    length: int


def _seconds(table: PlannedTable, state: TableState | None, past: Past | None, job_type: AnyJobType) -> float | None:
    """How long the turn of a table takes; None: it must have its own job."""
    core = table.core
    wanted = core.get("share")
    failed = state is not None and state.last_state not in (None, JobState.SUCCEEDED) and state.last_failure not in _OUTSIDE
    if failed or not job_type.shares or wanted is False or not _can_share(table, core):
        return None
    if past is None or state is None or state.last_state is None:
        return NEW_SECONDS if wanted is True else None
    if past.bytes is not None and past.bytes > SMALL_BYTES:
        return None
    return past.seconds if past.shared else max(0.0, past.seconds - job_type.start_seconds)


def _can_share(table: PlannedTable, core: Mapping[str, Json]) -> bool:
    """Whether the table's script reads a list of tables, always reports, and does not split the read.

    A script of another author (``script_name``, or the setting ``script`` of a job type) reads a list if its table says
    ``share: true``.
    """
    own = core.get("script_name", OWN_SCRIPT) == OWN_SCRIPT and (table.settings or {}).get("script") is None
    arguments: Any = (table.spec or {}).get("arguments", {})
    spark = arguments.get("--job_engine") == "spark"  # the driver has one session, and each turn would start another
    reads_list = (own or core.get("share") is True) and not spark
    return reads_list and table.item.get("result") == "required" and not _SPLIT.intersection(core)


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


def packed(candidates: Sequence[Candidate], most: int, length: int) -> list[list[Candidate]]:
    """As few groups as have room, with about the same work. Those at most risk come last: long ones, then new ones."""
    count = max(-(-len(candidates) // most), -(-int(sum(candidate.seconds for candidate in candidates)) // length))
    bins: list[list[Candidate]] = [[] for _ in range(count)]
    work = [0.0] * count
    for candidate in sorted(candidates, key=lambda candidate: -candidate.seconds):
        open_bins = (number for number in range(count) if len(bins[number]) < most)
        least = min(open_bins, key=lambda number: (work[number], len(bins[number])))
        bins[least].append(candidate)
        work[least] += candidate.seconds
    return [sorted(entries, key=lambda entry: (entry.is_new, entry.seconds)) for entries in bins if len(entries) > 1]


def jobs_of(
    groups: Sequence[Group], tables: list[PlannedTable], machine: Mapping[str, Json], registry: Registry
) -> list[SharedJob]:
    """The jobs of these groups, as far as their tables are in the list and can be planned.

    A group whose job cannot be made is none: each of its tables has its own job. Members need no object for arguments that
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
