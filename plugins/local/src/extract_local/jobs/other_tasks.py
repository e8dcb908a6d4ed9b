"""The Tasks of a branch besides its job state: they prepare the job, ask about it, or cancel it. No service is called."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from asl_toolkit import TaskFailed
from extract_core.contract import Json, Outcome
from extract_core.wording import RAISED, described

if TYPE_CHECKING:
    from asl_toolkit import TaskRequest
    from extract_core.registry.values import InstalledJobType
    from extract_local.jobs.injection import Injections
    from extract_local.jobs.processes import JobProcesses


class OtherTask:
    """The handler of such a Task: `JobType.local_task`, which gets what `local_answer` said of the end of the table's job.

    A Task without an answer fails with the reason, so that its table is recorded and the others run.
    """

    def __init__(self, installed: InstalledJobType, jobs: JobProcesses, injections: Injections) -> None:
        self._job_type = installed.job_type
        self._plugin = f"job type {installed.job_type.name!r} ({installed.provider})"
        self._jobs = jobs
        self._injections = injections

    def __call__(self, request: TaskRequest) -> Json:
        """The result of the Task. Raises TaskFailed."""
        item = request.input if isinstance(request.input, Mapping) else {}
        end = self._jobs.end_of(item)
        if end is not None and self._injections.take_question(str(item.get("table"))):
            error = getattr(self._job_type, "throttled", "ThrottlingException")
            raise TaskFailed(error, "Rate exceeded (Error Code: ThrottlingException; Request ID: local)")
        try:
            answer: object = self._job_type.local_task(request.state_name, request.parameters, end)
            if isinstance(answer, Outcome):
                json.dumps(answer.result, allow_nan=False)  # a service answers in JSON
        except RAISED as error:
            raise TaskFailed("States.TaskFailed", f"local_task of {self._plugin} raised {described(error)}") from error
        if answer is None:
            raise TaskFailed(
                "States.TaskFailed",
                f"{self._plugin} has no local_task for {request.state_name!r}, so this table cannot run on one machine; "
                "add one, or choose another job type for this table",
            )
        if not isinstance(answer, Outcome):
            must = "it must be an Outcome, or None"
            raise TaskFailed("States.TaskFailed", f"local_task of {self._plugin} returned {answer!r}; {must}")
        if answer.error is not None:
            raise TaskFailed(answer.error, answer.cause or "")
        return answer.result
