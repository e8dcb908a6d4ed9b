"""What one run of a branch leaves: its result, the requests of its Tasks, and the Tasks without an answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asl_toolkit import ExecutionResult, TaskRequest


@dataclass(slots=True)
class Walk:
    """One run. `unanswered` are Tasks without an answer: they are not the job, and task_results does not have them.

    `seconds` passed on the branch's own clock.
    """

    result: ExecutionResult
    requests: list[TaskRequest] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def visited(self) -> set[str]:
        """The states that were entered."""
        entries = (event.get("stateEnteredEventDetails") for event in self.result.events)
        return {str(details["name"]) for details in entries if isinstance(details, dict)}
