"""Events of the children of a DISTRIBUTED Map, among those of the execution that started them.

Each execution counts its events from 1, so the ids of a child's events are moved beyond all others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json

_IDS: Final = 100_000  # more than the 25,000 events that an execution may have
_CHILDREN: Final = 1_000_000  # of one map run


def base_of(map_run: int, child: int) -> int:
    """What is added to the ids of this child's events. Map runs count from 0, their children from 1."""
    return (map_run * _CHILDREN + child) * _IDS


def moved(event: Mapping[str, Json], base: int) -> Mapping[str, Json]:
    """The event of a child, with its ids moved."""
    numbers: Any = event
    previous = numbers.get("previousEventId", 0)
    return {**event, "id": base + numbers["id"], "previousEventId": base + previous if previous else 0}
