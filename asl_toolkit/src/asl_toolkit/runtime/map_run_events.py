"""What listeners get of a Map Run: one record when it starts, one for each child execution that ends."""

from dataclasses import dataclass

from asl_toolkit.runtime.history import Event


@dataclass(frozen=True, slots=True)
class ChildExecution:
    """What a child listener gets when a child of a Map Run has ended."""

    map_run_arn: str
    name: str
    arn: str
    status: str
    events: list[Event]
    items: int = 1  # how many items it got: more than one with an ItemBatcher


@dataclass(frozen=True, slots=True)
class MapRunStart:
    """What a map run listener gets when a Map Run has its items: at the first start and at each redrive.

    `max_concurrency` 0 is no limit of the definition's own; the tolerances are None where the definition sets none.
    """

    arn: str
    execution_arn: str
    machine_arn: str  # of the children: `…:stateMachine:NAME/LABEL`
    items: int
    max_concurrency: int
    tolerated_count: int | None
    tolerated_percentage: float | None
    redrives: int
