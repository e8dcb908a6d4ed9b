"""The records for listeners of a Map Run: one at its start, and one at the start and at the end of each child execution."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from asl_toolkit.runtime.history import Event


@dataclass(frozen=True, slots=True)
class ChildExecution:
    """The record of an ended child of a Map Run."""

    map_run_arn: str
    name: str
    arn: str
    status: str
    events: list[Event]
    items: int = 1  # number of its items: more than one with an ItemBatcher


@dataclass(frozen=True, slots=True)
class ChildStart:
    """The record of a child that starts."""

    map_run_arn: str
    name: str
    arn: str
    items: int = 1


ChildEvents: TypeAlias = Callable[[ChildStart], Callable[[Event], None]]
"""Called for each child that starts. It returns the listener of this child's events."""


@dataclass(frozen=True, slots=True)
class MapRunLimits:
    """The limits of a Map Run that UpdateMapRun changes.

    `max_concurrency` 0 means no limit. A tolerance is None if neither the definition nor an update sets it.
    """

    max_concurrency: int
    tolerated_count: int | None = None
    tolerated_percentage: float | None = None

    def exceeded(self, failed: int, total: int) -> bool:
        """Whether too many items have failed. Without any tolerance, one is too many."""
        if self.tolerated_count is None and self.tolerated_percentage is None:
            return failed > 0
        over_count = self.tolerated_count is not None and failed > self.tolerated_count
        return over_count or (self.tolerated_percentage is not None and failed * 100 > self.tolerated_percentage * total)


@dataclass(frozen=True, slots=True)
class MapRunStart:
    """The record of a started Map Run, at the first start and at each redrive.

    It comes when the items are known. If a file holds them, it comes before the reading too, with `items` None.
    `update` changes the limits while the Map Run runs; any thread may call it. After the end it has no effect.
    """

    arn: str
    execution_arn: str
    machine_arn: str  # of the children: `…:stateMachine:NAME/LABEL`
    items: int | None
    limits: MapRunLimits
    redrives: int
    update: Callable[[MapRunLimits], None] = field(compare=False)
