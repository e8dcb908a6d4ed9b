"""What tables save that share jobs: starts, their seconds, and units of the bill. An estimate by `JobType.minute_cost`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from extract_core.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.registry.values import AnyJobType

log: Final = logging.getLogger("extract_core")


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """What the groups of a job type save: `tables` in `jobs`, seconds of starts, and `units` of the bill."""

    job_type: str
    tables: int
    jobs: int
    seconds: float
    units: Mapping[str, float]

    def plus(self, other: Saving) -> Saving:
        """Both together."""
        names = {*self.units, *other.units}
        return Saving(
            job_type=self.job_type,
            tables=self.tables + other.tables,
            jobs=self.jobs + other.jobs,
            seconds=self.seconds + other.seconds,
            units={name: self.units.get(name, 0.0) + other.units.get(name, 0.0) for name in sorted(names)},
        )


def saved(job_type: AnyJobType, settings: Mapping[str, Json], turns: Sequence[float]) -> Saving:
    """What one group saves, whose turns take so many seconds.

    A job is billed for its start and its turns, and for a minute at least.
    """
    start = job_type.start_seconds
    alone = sum(max(1.0, (start + turn) / 60) for turn in turns)
    together = max(1.0, (start + sum(turns)) / 60)
    try:
        minute = job_type.minute_cost(job_type.settings().model_validate(settings))
    except Exception as error:  # noqa: BLE001 - a plugin's, and only an estimate depends on it
        log.warning("minute_cost of job type %r: %s: %s", job_type.name, type(error).__name__, error)
        minute = {}
    return Saving(
        job_type=job_type.name,
        tables=len(turns),
        jobs=1,
        seconds=start * (len(turns) - 1),
        units={unit: round(amount * (alone - together), 9) for unit, amount in minute.items()},
    )
