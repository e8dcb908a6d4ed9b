"""How often a run entered the states of its machine: from its history, or else from its attempts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from asl_generator.graph import states_of
from extract_core.contract import JobState
from extract_core.registry import routing
from extract_core.runs.view.document import StateCount

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json
    from extract_core.runs.view.document import RunResults


def counts_of(results: RunResults, definition: Mapping[str, Json]) -> list[StateCount]:
    """The counts of the history; without one, what the attempts tell: how often each branch began, and its jobs that failed."""
    if results.states is not None:
        return list(results.states)
    attempts = [attempt for table in results.tables for attempt in table.attempts]
    entered = Counter({routing.CONFIG_MANAGER: 1})
    if results.tables:
        entered.update({routing.ITERATE: 1, routing.CHOOSE: len(attempts), routing.HANDLE_STATUS: len(attempts)})
    failed: Counter[str] = Counter()
    starts = _starts(definition)
    for attempt in attempts:
        start = starts.get(attempt.job_type or "")
        if start is not None and (attempt.job_run_id is not None or attempt.failure != "CONFIG"):
            entered[start] += 1
            failed[start] += attempt.state != JobState.SUCCEEDED
    if results.ended_at is not None:
        entered.update([routing.SUMMARISE, routing.SUCCEEDED if results.state == "SUCCEEDED" else routing.FAILED])
    return [StateCount(state=state, entered=count, failed=failed[state]) for state, count in entered.items()]


def _starts(definition: Mapping[str, Json]) -> dict[str, str]:
    """The first state of each job type's branch, by the rules of *Choose Job Type*."""
    iterate: Any = states_of(definition).get(routing.ITERATE, {})
    choose: Any = states_of(iterate.get("ItemProcessor", {})).get(routing.CHOOSE, {})
    return {rule["StringEquals"]: rule["Next"] for rule in choose.get("Choices", ()) if rule.get("Variable") == "$.job_type"
            and "StringEquals" in rule}  # fmt: skip
