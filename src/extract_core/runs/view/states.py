"""How often each state of the machine was entered and failed, by an execution's history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from extract_core.runs.view.document import StateCount

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_FAILED: Final = frozenset({
    "ActivityFailed", "ActivityScheduleFailed", "ActivityTimedOut", "EvaluationFailed",
    "LambdaFunctionFailed", "LambdaFunctionScheduleFailed", "LambdaFunctionStartFailed", "LambdaFunctionTimedOut",
    "MapStateFailed", "ParallelStateFailed", "TaskFailed", "TaskStartFailed", "TaskSubmitFailed", "TaskTimedOut",
})  # fmt: skip
"""Event types that say that a state failed once (API reference, HistoryEvent). A Retry may follow."""


def state_counts(events: Iterable[Mapping[str, Any]]) -> list[StateCount]:
    """The counts, in the order in which states were first entered. An event belongs to the state of its `previousEventId`."""
    entered, failed, names = dict[str, int](), dict[str, int](), dict[int, str]()
    for event in events:
        details = event.get("stateEnteredEventDetails")
        name = str(details["name"]) if isinstance(details, dict) else names.get(event.get("previousEventId", 0))
        if name is None:
            continue
        names[event["id"]] = name
        if isinstance(details, dict):
            entered[name] = entered.get(name, 0) + 1
        elif event.get("type") in _FAILED:
            failed[name] = failed.get(name, 0) + 1
    return [StateCount(state=name, entered=count, failed=failed.get(name, 0)) for name, count in entered.items()]
