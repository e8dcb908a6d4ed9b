"""The records for listeners of a Map Run: one at its start, and one at the start and at the end of each child execution."""

from collections.abc import Callable
from dataclasses import dataclass
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
class MapRunStart:
    """The record of a started Map Run: after it read its items, at the first start and at each redrive.

    `max_concurrency` 0 means that the definition sets no limit. A tolerance is None if the definition does not set it.
    """

    arn: str
    execution_arn: str
    machine_arn: str  # of the children: `…:stateMachine:NAME/LABEL`
    items: int
    max_concurrency: int
    tolerated_count: int | None
    tolerated_percentage: float | None
    redrives: int
