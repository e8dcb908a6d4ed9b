"""Jobs that an execution started and whose end never reached the status handler, with what its history knows of each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from extract_core.dataclass import dataclass
from extract_core.registry.routing import CORE_STATES, HANDLE_STATUS, STARTED
from extract_core.runs.items_in_history import item_in, key_of, object_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from extract_core.contract import Json
    from extract_core.runs.items_in_history import Key

_METADATA: Final = frozenset({"SdkHttpMetadata", "SdkResponseMetadata"})


@dataclass(frozen=True, slots=True)
class StartedJob:
    """A job by its item, as the job's last known state got it, and by its service's answer; None if that is not known.

    `answer` is the output of TaskSubmitted, ``$.job_result`` or ``$.started`` of an earlier state of the branch.
    """

    item: Mapping[str, Json]
    answer: Json = None


class StartedJobs:
    """Collects them from the events of a history, in the order of these.

    By its `previousEventId`, an event belongs to the table whose item entered the state before it.
    """

    def __init__(self) -> None:
        self.jobs: dict[Key, StartedJob] = {}
        self._keys: dict[int, Key] = {}

    def watching(self, events: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """The same events; each is read on its way through."""
        for event in events:
            self._see(event)
            yield event

    def _see(self, event: Mapping[str, Any]) -> None:
        number = event.get("id")
        key = self._keys.get(event.get("previousEventId", 0))
        entered, left = event.get("stateEnteredEventDetails"), event.get("stateExitedEventDetails")
        if isinstance(entered, dict):
            key = self._entered(entered, key)
        elif isinstance(left, dict) and key in self.jobs and left.get("name") not in CORE_STATES:
            self._tell(item_in(left.get("output")), key)
        submitted = event.get("taskSubmittedEventDetails")
        if isinstance(submitted, dict) and key in self.jobs:
            answer = object_in(submitted.get("output"))
            if answer is not None:
                members: Json = {name: value for name, value in answer.items() if name not in _METADATA}
                self.jobs[key] = replace(self.jobs[key], answer=members)
        if key is not None and isinstance(number, int):
            self._keys[number] = key

    def _entered(self, details: Mapping[str, Any], key: Key | None) -> Key | None:
        item = item_in(details.get("input"))
        if item is None:  # a state inside of a branch's own Map or Parallel
            return key
        key = key_of(item)
        if details.get("name") == HANDLE_STATUS:  # the job has ended
            self.jobs.pop(key, None)
        elif details.get("name") not in CORE_STATES:
            self.jobs.setdefault(key, StartedJob(item))
            self._tell(item, key)
        return key

    def _tell(self, item: Mapping[str, Json] | None, key: Key) -> None:
        if item is not None:
            known = self.jobs[key]
            self.jobs[key] = StartedJob(item, item.get("job_result", item.get(STARTED, known.answer)))
