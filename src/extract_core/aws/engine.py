"""Runs on AWS: starts, follows and stops executions of the deployed state machine through Step Functions."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from extract_core.aws import follow
from extract_core.aws.client import StepFunctions
from extract_core.aws.execution import AwsExecution, closed
from extract_core.aws.parts import parts_from
from extract_core.errors import RunNameTaken, UsageError
from extract_core.pipeline.reach import require_aws
from extract_core.pipeline.variables import NOTIFY, PLACES, PLUGINS
from extract_core.plan.execution import ALIVE
from extract_core.runs.pace import map_run_to_pace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from extract_core.contract import Json
    from extract_core.pipeline.model import Pipeline
    from extract_core.pipeline.parts import Parts
    from extract_core.runs.engine import Rehearsal, RunningExecution

_HOSTS: Final = {"aws": "console.aws.amazon.com", "aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}


class AwsEngine:
    """The runs of a pipeline whose machine is deployed: places in S3, tracking in DynamoDB."""

    options: tuple[str, ...] = ()

    def __init__(self, pipeline: Pipeline, states: StepFunctions | None = None) -> None:
        self._pipeline = pipeline
        self._states = states if states is not None else StepFunctions()
        self._parts: Parts | None = None

    def parts(self) -> Parts:
        """The stores that the machine's functions use. Raises UsageError if extract.toml names places that AWS cannot reach."""
        if self._parts is None:
            pipeline = self._pipeline
            require_aws(pipeline)
            places = (pipeline.config_uri, pipeline.data_uri, pipeline.runs_uri, pipeline.tracking)
            notify = pipeline.notify.to_json() if pipeline.notify else ""
            environ = {
                **os.environ,
                **dict(zip(PLACES, places, strict=True)),
                NOTIFY: notify,
                PLUGINS: json.dumps(pipeline.plugins),
            }
            self._parts = parts_from(environ, self._states)
        return self._parts

    def start(self, event: Mapping[str, Json], *, run_id: str, rehearsal: Rehearsal | None = None) -> RunningExecution:
        """Start an execution of the state machine.

        Raises RunNameTaken, UsageError if there is no machine, TrackingUnavailable.
        """
        if rehearsal is not None:
            raise UsageError("--inject and --fast rehearse a run on this machine: add --local")
        machine = self._machine()
        parts = self.parts()
        execution_id = f"{machine.replace(':stateMachine:', ':execution:')}:{run_id}"
        # for the same name and input, AWS returns the running execution instead of an error (API reference, StartExecution)
        if self._states.describe(execution_id) is not None:
            raise self._taken(run_id)
        with self._states.asking(f"can't start the state machine {machine!r}"):
            client = self._states.client(machine)
            text = json.dumps(event)
            try:
                client.start_execution(stateMachineArn=machine, name=run_id, input=text)
            except client.exceptions.ExecutionAlreadyExists:
                begun = self._states.describe(execution_id)
                if (
                    begun is None or begun.get("input") != text
                ):  # else the answer to a first try was lost, and the execution has ended since
                    raise self._taken(run_id) from None
            except client.exceptions.StateMachineDoesNotExist:
                raise UsageError(
                    f"{self._pipeline.file.name}: pipeline.state_machine: there is no state machine {machine!r}: deploy it, or "
                    "correct the ARN"
                ) from None
        return AwsExecution(run_id, execution_id, self._states, parts)

    def is_running(self, execution_id: str) -> bool:
        """Whether Step Functions reports that it runs."""
        return self._states.is_running(execution_id)

    def reconcile(self, run_id: str) -> None:
        """Clean up after an execution that ended without a summary. One that Step Functions has forgotten counts as failed."""
        execution_id = self._execution_id(run_id)
        described = self._states.describe(execution_id)
        if described is None or described["status"] not in ALIVE:
            closed(self.parts(), run_id, described)

    def pace(self, run_id: str, at_once: int) -> None:
        """UpdateMapRun. Raises UsageError, TrackingUnavailable."""
        map_run = map_run_to_pace(run_id, follow.look(self._states, self._execution_id(run_id)))
        client = self._states.client(map_run)
        with self._states.asking(f"can't change {map_run!r}"):
            if client.describe_map_run(mapRunArn=map_run)["status"] != "RUNNING":
                raise UsageError(f"all tables of run {run_id!r} have ended: there is nothing to change")
            client.update_map_run(mapRunArn=map_run, maxConcurrency=at_once)

    def watch(self, run_id: str) -> Iterator[Mapping[str, Json]]:
        """The execution's history, and those of the children of a DISTRIBUTED Map, as Step Functions reports them."""
        return follow.watch(self._states, self._execution_id(run_id))

    def history(self, run_id: str) -> Iterator[Mapping[str, Json]]:
        """The history up to now; of an execution that has ended, with all children of a DISTRIBUTED Map."""
        execution_id = self._execution_id(run_id)
        read = follow.look if self._states.is_running(execution_id) else follow.history
        return read(self._states, execution_id)

    def job_log(self, run_id: str, table: str, attempt: int) -> str | None:  # noqa: ARG002 - the contract's
        """None: the attempt's `log_url` says where the service stores the log."""
        return None

    def places(self, run_id: str) -> Mapping[str, Path | str]:
        """The places of this run's files and pages."""
        execution_id = self._execution_id(run_id)
        pipeline = self._pipeline
        region = execution_id.split(":")[3] if execution_id.count(":") >= 3 else pipeline.region
        host = _HOSTS.get(pipeline.partition, _HOSTS["aws"])
        places: dict[str, Path | str] = {
            "execution history": f"https://{region}.{host}/states/home?region={region}#/v2/executions/details/{quote(execution_id)}",
            "job logs": f"extract logs {run_id} TABLE",
            "tracking store": pipeline.tracking,
            "configs": pipeline.config_uri,
            "plans and results": pipeline.runs_uri,
            "data": pipeline.data_uri,
        }
        return places if pipeline.state_machine is None else {"state machine": pipeline.state_machine, **places}

    def _execution_id(self, run_id: str) -> str:
        return self.parts().tracking.run(run_id).execution_id

    def _machine(self) -> str:
        if self._pipeline.state_machine is None:
            raise UsageError(
                f"{self._pipeline.file.name}: [pipeline] state_machine is missing: deploy with extract deploy up, which writes "
                "it, or run on this machine with --local and folders in place of s3://"
            )
        return self._pipeline.state_machine

    @staticmethod
    def _taken(run_id: str) -> RunNameTaken:
        return RunNameTaken(
            f"run {run_id!r} was started before: start this one under another name, or see: extract status {run_id}"
        )
