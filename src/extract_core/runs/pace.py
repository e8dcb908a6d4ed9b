"""Which Map Run of an execution can still change how many tables run at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extract_core.errors import UsageError
from extract_core.registry.routing import ITERATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extract_core.contract import Json


def map_run_to_pace(run_id: str, events: Iterable[Mapping[str, Json]]) -> str:
    """The ARN of the Map Run over the tables, from the events of a run. It reads no further than it needs.

    Raises UsageError if the run has not come to its tables yet, or if its map is INLINE: UpdateMapRun is for Map Runs only
    (Step Functions API reference).
    """
    is_map = False
    for event in events:
        details: Any = event
        if event["type"] == "MapStateEntered":
            is_map = is_map or details["stateEnteredEventDetails"]["name"] == ITERATE
        elif is_map and event["type"] == "MapRunStarted":
            return str(details["mapRunStartedEventDetails"]["mapRunArn"])
        elif is_map and event["type"] == "MapIterationStarted":
            raise UsageError(
                f"run {run_id!r} has an INLINE Map: the number of its tables at once is fixed when the run starts. Write "
                'map = "distributed" in [machine] of extract.toml, or start runs with --max-concurrency'
            )
    raise UsageError(f"run {run_id!r} has not started its tables yet: it is being planned, or it waits. Try again in a moment")
