"""The longest that a run and all attempts at a table can take: what the run's leases must outlast."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import FailureClass, JobState, JobStatus
from extract_core.plan.slot_wait import SLOT_RETRIES
from extract_core.registry.routing import POOL
from extract_core.wording import utc

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core.contract import Json, Retry
    from extract_core.pipeline.map_modes import MapMode
    from extract_core.plan.group import Group
    from extract_core.plan.line import PlannedTable
    from extract_core.registry.installed import Registry
    from extract_core.registry.values import AnyJobType

log: Final = logging.getLogger("extract_core")

_AROUND_A_JOB: Final = 900  # seconds: the status handler with its retries, state transitions
_LONGEST: Final = timedelta(days=365)  # of a STANDARD execution (Step Functions quotas)
_MARGIN: Final = timedelta(hours=1)
_GREW: Final = JobStatus(state=JobState.FAILED, failure=FailureClass.OUT_OF_MEMORY)


def bound(  # noqa: PLR0913 - all that it depends on
    planned: Sequence[PlannedTable],
    *,
    registry: Registry,
    started_at: str,
    concurrency: int,
    mode: MapMode,
    groups: Sequence[Group] = (),
) -> datetime:
    """When the run must be over, even if each job needs all its attempts and all its time, and waits for each slot as it may.

    N jobs on C places end after at most (sum of all)/C + the longest (Graham's bound of list scheduling). The tables of a group
    run one after the other, and each may also have seen the end of a job before its turn.
    """
    longest = Longest(registry)
    wait = waits(SLOT_RETRIES[mode])
    group_of = {table: number for number, group in enumerate(groups) for table in group.tables}
    units: dict[str | int, int] = {}
    for table in planned:
        number = group_of.get(table.table)
        alone = longest.seconds(table) + _attempts_with_slot(table) * wait
        job = 0 if number is None else longest.one_job(table) + (POOL in table.item) * wait
        unit = table.table if number is None else number
        units[unit] = units.get(unit, 0) + alone + job
    seconds = list(units.values()) or [0]
    most = sum(seconds) / min(concurrency, len(seconds)) + max(seconds)
    started = utc(started_at)
    return started + min(timedelta(seconds=most) + _MARGIN, _LONGEST)


def _attempts_with_slot(table: PlannedTable) -> int:
    item: Mapping[str, Any] = table.item
    return int(item["max_attempts"]) if POOL in item else 0


class Longest:
    """Asks job types for the limits of attempts that there may be: each with the settings that `escalate` could give it.

    Tables of the same settings are asked for once. If a job type fails here, each attempt counts as the first.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._known: dict[tuple[str, int, int], int] = {}
        self._settings: list[object] = []  # what is known by its id must stay

    def seconds(self, table: PlannedTable) -> int:
        """Seconds of all its attempts, with the waits between them and those of refused starts."""
        item: Mapping[str, Any] = table.item
        attempts: int = item["max_attempts"]
        name = item.get("job_type")
        if table.settings is None or not isinstance(name, str):
            return int(item["timeout_seconds"]) + _AROUND_A_JOB
        key = (name, id(table.settings), attempts)
        seconds = self._known.get(key)
        if seconds is None:
            self._settings.append(table.settings)
            seconds = self._known[key] = self._jobs(name, table.settings, item["timeout_seconds"], attempts)
        return seconds + table.retry_wait * (attempts - 1)

    @staticmethod
    def one_job(table: PlannedTable) -> int:
        """Seconds of one job with its limit."""
        return int(str(table.item["timeout_seconds"])) + _AROUND_A_JOB

    def _jobs(self, name: str, settings: Mapping[str, Json], first: int, attempts: int) -> int:
        try:
            job_type = self._registry.job_type(name)
            limits = sum(_limits(job_type, settings, first, attempts))
            refused = sum(map(waits, job_type.start_retries()))
        except Exception as error:  # noqa: BLE001 - a plugin's; its tables are planned already, and a lease needs no more
            fields = {"job_type": name}
            log.warning("the longest that job type %r can take is not known: %s", name, error, extra={"extract": fields})
            limits, refused = first * attempts, 0
        return limits + attempts * (refused + _AROUND_A_JOB)


def _limits(job_type: AnyJobType, settings: Mapping[str, Json], first: int, attempts: int) -> list[int]:
    """The time limit of each attempt. A bigger one may have more time; a smaller one than the first never counts."""
    limits = [first]
    if attempts > 1:
        model = job_type.settings().model_validate(settings)
        for attempt in range(1, attempts):
            model = job_type.escalate(model, _GREW, attempt) or model
            limits.append(max(limits[-1], job_type.timeout(model)))
    return limits


def waits(retry: Retry) -> int:
    """Seconds that a retrier waits at most in all, jitter being less."""
    waited, wait = 0.0, float(retry.interval_seconds)
    for tried in range(retry.max_attempts):
        if wait >= retry.max_delay_seconds:
            return int(waited + (retry.max_attempts - tried) * retry.max_delay_seconds)
        waited += wait
        wait *= retry.backoff_rate
    return int(waited)
