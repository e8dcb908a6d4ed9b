"""The events of an execution and of the children of its map runs, all at once or as they happen."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from extract_core.aws.history_reader import HistoryReader
from extract_core.aws.map_runs import LiveMapRun, finished_children, map_run_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extract_core.aws.client import StepFunctions
    from extract_core.contract import Json

POLL_SECONDS: Final = 2.0
"""Between two questions about an execution that is followed."""


def history(states: StepFunctions, execution_id: str) -> Iterator[Mapping[str, Json]]:
    """The events of this execution so far, with their data, then those of the children that its map runs started.

    None if Step Functions no longer knows the execution. Raises TrackingUnavailable.
    """
    map_runs = []
    for event in HistoryReader(states, execution_id).new():
        if (map_run := map_run_of(event)) is not None:
            map_runs.append(map_run)
        yield event
    for number, map_run in enumerate(map_runs):
        yield from finished_children(states, map_run, number)


def look(states: StepFunctions, execution_id: str) -> Iterator[Mapping[str, Json]]:
    """A view of a running execution: the events so far, the counts of its map runs, the running tables.

    Of a DISTRIBUTED Map, it reads as many children as a few seconds allow. Raises TrackingUnavailable.
    """
    return watch(states, execution_id, follow=False)


def watch(states: StepFunctions, execution_id: str, *, follow: bool = True) -> Iterator[Mapping[str, Json]]:
    """The events of this execution so far, and with `follow` all further ones, until it has ended.

    Events of the children of a map run are among them, with their own ids, and counts of DescribeMapRun are events of the
    type ``MapRunCounted``. Raises TrackingUnavailable.
    """
    reader = HistoryReader(states, execution_id)
    map_runs: list[LiveMapRun] = []
    while True:
        running = (
            states.is_running(execution_id) if follow else True
        )  # asked before the events are read, so that no event is missed
        for event in reader.new():
            if (map_run := map_run_of(event)) is not None:
                map_runs.append(LiveMapRun(states, map_run, len(map_runs)))
            yield event
        for live in map_runs:
            yield from live.look(ended=not running)
        if not follow or not running:
            return
        time.sleep(POLL_SECONDS)
