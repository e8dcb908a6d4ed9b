"""Jobs that an execution has started, and whose end it never handed to the status handler: what its history knows of each."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from extract_core.registry.routing import CORE_STATES, HANDLE_STATUS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from extract_core.contract import Json

Key: TypeAlias = tuple[str, int]
"""Table and attempt."""

_METADATA: Final = frozenset({"SdkHttpMetadata", "SdkResponseMetadata"})


@dataclass(frozen=True, slots=True)
class StartedJob:
    """The item as it came to the job's last known state, and what its service told: None where that is not known.

    `told` is the answer to the start (the output of TaskSubmitted), or ``$.job_result`` of an earlier state of the branch.
    """

    item: Mapping[str, Json]
    told: Json = None


class StartedJobs:
    """Collects them from the events of a history, in the order of these.

    An event belongs to the table whose item entered the state that it follows, by `previousEventId`.
    """

    def __init__(self) -> None:
        self.jobs: dict[Key, StartedJob] = {}
        self._keys: dict[int, Key] = {}

    def watching(self, events: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """The same events, each seen before it is given on."""
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
            self._tell(_item(left.get("output")), key)
        submitted = event.get("taskSubmittedEventDetails")
        if isinstance(submitted, dict) and key in self.jobs:
            answer = _object(submitted.get("output"))
            if answer is not None:
                told: Json = {name: value for name, value in answer.items() if name not in _METADATA}
                self.jobs[key] = replace(self.jobs[key], told=told)
        if key is not None and isinstance(number, int):
            self._keys[number] = key

    def _entered(self, details: Mapping[str, Any], key: Key | None) -> Key | None:
        item = _item(details.get("input"))
        if item is None:  # a state inside of a branch's own Map or Parallel
            return key
        key = (str(item["table"]), _attempt(item))
        if details.get("name") == HANDLE_STATUS:  # the job has ended
            self.jobs.pop(key, None)
        elif details.get("name") not in CORE_STATES:
            self.jobs.setdefault(key, StartedJob(item))
            self._tell(item, key)
        return key

    def _tell(self, item: Mapping[str, Json] | None, key: Key) -> None:
        if item is not None:
            known = self.jobs[key]
            self.jobs[key] = StartedJob(item, item.get("job_result", known.told))


def _item(text: object) -> Mapping[str, Json] | None:
    found = _object(text)
    return found if found is not None and "table" in found else None


def _object(text: object) -> Mapping[str, Json] | None:
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except ValueError:  # cut: inputDetails.truncated
        return None
    return found if isinstance(found, dict) else None


def _attempt(item: Mapping[str, Json]) -> int:
    attempt = item.get("attempt")
    return attempt if isinstance(attempt, int) else 0
