"""An execution on AWS that this command has started. It continues if the command ends."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from extract_core.aws import follow
from extract_core.errors import TrackingUnavailable
from extract_core.plan.execution import ALIVE
from extract_core.runs.engine import ExecutionEnd
from extract_core.runs.reconcile import reconcile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

    from extract_core.aws.client import StepFunctions
    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts

_STOPPED: Final = "Extract.Stopped"


class AwsExecution:
    """An execution of the state machine."""

    outlives = True

    def __init__(self, run_id: str, execution_id: str, states: StepFunctions, parts: Parts) -> None:
        self.run_id = run_id
        self.execution_id = execution_id
        self._states = states
        self._parts = parts

    def events(self) -> Iterator[Mapping[str, Json]]:
        """Its history, until it has ended. Raises TrackingUnavailable if AWS cannot be reached for minutes."""
        try:
            yield from follow.watch(self._states, self.execution_id)
        except TrackingUnavailable as error:
            raise TrackingUnavailable(f"{error}; the run continues, follow it with: extract watch {self.run_id}") from error

    def stop(self, cause: str) -> None:
        """StopExecution: Step Functions ends the jobs that it waits for. Raises TrackingUnavailable."""
        with self._states.asking(f"can't stop {self.execution_id!r}"):
            self._states.client(self.execution_id).stop_execution(executionArn=self.execution_id, error=_STOPPED, cause=cause)

    def end(self) -> ExecutionEnd:
        """Wait for the end, and close open tables, in case the rule that calls reconcile is not deployed."""
        while True:
            described = self._states.describe(self.execution_id)
            if described is None or described["status"] not in ALIVE:
                break
            time.sleep(follow.POLL_SECONDS)
        closed(self._parts, self.run_id, described)
        if described is None:
            return ExecutionEnd(status="FAILED", error="ExecutionDoesNotExist", cause=_FORGOTTEN)
        return ExecutionEnd(status=described["status"], error=described.get("error"), cause=described.get("cause"))


_FORGOTTEN: Final = "Step Functions does not know the execution (it forgets executions after 90 days)"


def closed(parts: Parts, run_id: str, described: DescribeExecutionOutputTypeDef | None) -> None:
    """Clean up after an execution that has ended as described. Changes nothing if the run has a summary."""
    if described is None:
        reconcile(parts, run_id, "FAILED", _FORGOTTEN)
        return
    error, cause = described.get("error"), described.get("cause")
    texts = [text for text in (None if error == _STOPPED else error, cause) if text]
    reconcile(parts, run_id, described["status"], ": ".join(texts))
