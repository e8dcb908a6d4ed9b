"""Operations on executions: start, describe, list, stop, redrive, and their history."""

import math
import uuid
from typing import Any

from asl_toolkit.client.arns import valid_name
from asl_toolkit.client.children import describe_child
from asl_toolkit.client.dates import date_of
from asl_toolkit.client.map_runs import events_of, find_map_run
from asl_toolkit.client.model import Request
from asl_toolkit.client.operation import Part, Response, operation
from asl_toolkit.client.pages import page
from asl_toolkit.client.registry import Started
from asl_toolkit.clock import Clock
from asl_toolkit.json_value import Json, dumps, loads
from asl_toolkit.runtime.history import Event

_WRONG_TYPE = "This operation is not supported by this type of state machine"
_BILLED_MS, _BILLED_MB = 100, 64  # what an Express execution is rounded up to (pricing page)
_LISTED = (
    "executionArn", "stateMachineArn", "name", "status", "startDate", "stopDate", "mapRunArn", "itemCount",
    "stateMachineVersionArn", "stateMachineAliasArn", "redriveCount", "redriveDate",
)  # fmt: skip


class Executions(Part):
    """Executions of state machines, and of the children of their Map Runs."""

    @operation("StartExecution")
    def start_execution(self, request: Request) -> Response:
        """Start an execution. The same name and input again return the running execution."""
        started = self._start(request, "StartExecution")
        return {"executionArn": started.execution.arn, "startDate": date_of(started.execution.started)}

    @operation("StartSyncExecution")
    def start_sync_execution(self, request: Request) -> Response:
        """Run an execution of an EXPRESS machine to its end and describe it."""
        target = self._registry.target(request["stateMachineArn"], "StartSyncExecution")
        if target.machine.type != "EXPRESS":
            raise self._registry.error("StateMachineTypeNotSupported", _WRONG_TYPE, "StartSyncExecution")
        started = self._start(request, "StartSyncExecution")
        execution = started.execution
        execution.wait()
        answer = {"outputDetails": {"included": True}, **describe(started)}
        for name in ("redriveCount", "redriveStatus", "redriveStatusReason"):
            answer.pop(name, None)
        answer.pop("stateMachineVersionArn", None)
        answer.pop("stateMachineAliasArn", None)
        milliseconds = ((execution.stopped or execution.started) - execution.started) * 1000
        billed = max(1, math.ceil(milliseconds / _BILLED_MS)) * _BILLED_MS
        answer["billingDetails"] = {"billedMemoryUsedInMB": _BILLED_MB, "billedDurationInMilliseconds": billed}
        return _included(answer, request)

    @operation("DescribeExecution")
    def describe_execution(self, request: Request) -> Response:
        """The status of an execution, or of a child of a Map Run after its end."""
        child = self._registry.map_runs.child(request["executionArn"])
        if child is not None:
            return _included(describe_child(*child), request)
        return _included(describe(self._registry.execution(request["executionArn"], "DescribeExecution")), request)

    @operation("ListExecutions")
    def list_executions(self, request: Request) -> Response:
        """The executions of a machine, a version, an alias or a Map Run, newest first."""
        name = "ListExecutions"
        machine_arn, map_run_arn = request.get("stateMachineArn"), request.get("mapRunArn")
        if (machine_arn is None) == (map_run_arn is None):
            message = "Either stateMachineArn or mapRunArn must be specified, and not both"
            raise self._registry.error("ValidationException", message, name)
        executions = self._of_machine(str(machine_arn)) if map_run_arn is None else self._of_map_run(map_run_arn)
        status, redriven = request.get("statusFilter"), request.get("redriveFilter")
        wanted = [
            {key: it[key] for key in _LISTED if key in it}
            for it in executions
            if status in {None, it["status"]} and (redriven is None or (it["redriveCount"] > 0) == (redriven == "REDRIVEN"))
        ]
        return page(wanted, request, "executions", self._registry.exceptions, name)

    def _of_machine(self, arn: str) -> list[Response]:
        registry = self._registry
        target = registry.target(arn, "ListExecutions")
        if target.machine.type == "EXPRESS":
            raise registry.error("StateMachineTypeNotSupported", _WRONG_TYPE, "ListExecutions")
        with registry.lock:
            executions = list(reversed(registry.executions.values()))
        own = target.machine.arn
        return [
            describe(it, data=False)
            for it in executions
            if it.target.machine.arn == own and arn in {own, it.target.version_arn, it.target.alias_arn}
        ]

    def _of_map_run(self, arn: str) -> list[Response]:
        self._registry.require(arn, "ListExecutions", "mapRun")
        record = self._registry.map_runs.run(arn)
        if record is None:
            find_map_run(self._registry, arn, "ListExecutions")
            return []
        return [describe_child(record, child) for child in self._registry.map_runs.children(record)]

    @operation("GetExecutionHistory")
    def get_execution_history(self, request: Request) -> Response:
        """The events: 100 per page, at most 1,000."""
        events = events_of(self._registry, request["executionArn"], "GetExecutionHistory")
        if request.get("reverseOrder"):
            events = events[::-1]
        if request.get("includeExecutionData") is False:
            events = [_without_data(event) for event in events]
        return page(events, request, "events", self._registry.exceptions, "GetExecutionHistory")

    @operation("StopExecution")
    def stop_execution(self, request: Request) -> Response:
        """End an execution as ABORTED. This has no effect after its end."""
        execution = self._registry.execution(request["executionArn"], "StopExecution").execution
        execution.stop(request.get("error", ""), request.get("cause", ""))
        execution.wait()
        return {"stopDate": date_of(execution.stopped or execution.started)}

    @operation("RedriveExecution")
    def redrive_execution(self, request: Request) -> Response:
        """Continue from the steps that failed. A repeated client token has no effect."""
        started = self._registry.execution(request["executionArn"], "RedriveExecution")
        execution, token = started.execution, request.get("clientToken")
        with self._registry.lock:
            if token is None or token not in started.redriven_by:
                reason = execution.why_not_redrivable
                if reason is not None:
                    raise self._registry.error("ExecutionNotRedrivable", reason, "RedriveExecution")
                execution.redrive()
                if token is not None:
                    started.redriven_by.append(token)
        return {"redriveDate": date_of(execution.redriven)}

    def wait_for_execution(self, *, executionArn: str, timeout: float | None = None) -> Response:  # noqa: N803 - as the rest
        """Not on AWS: wait for the end of a STANDARD or EXPRESS execution and describe it.

        Raises TimeoutError after `timeout` seconds of this computer's time, or ExecutionDoesNotExist.
        """
        started = self._registry.executions.get(executionArn)
        if started is None:
            raise self._registry.missing_execution(executionArn, "DescribeExecution")
        started.execution.wait(timeout)
        return describe(started)

    def _start(self, request: Request, name: str, clock: Clock | None = None) -> Started:
        """Start an execution; a nested one runs on the `clock` of its parent.

        Raises DefinitionError if a Task has no handler.
        """
        registry = self._registry
        target = registry.target(request["stateMachineArn"], name)
        machine = target.machine
        called = request.get("name") or str(uuid.uuid4())
        if not valid_name(called):
            raise registry.error("InvalidName", f"Invalid Name: '{called}'", name)
        text = request.get("input", "{}")
        value = self._input(text, name)
        express = machine.type == "EXPRESS"
        arn = registry.place.express(machine.name, called) if express else registry.place.execution(machine.name, called)
        with registry.lock:
            known = registry.executions.get(arn)
            if known is not None:
                if known.execution.status == "RUNNING" and known.input == text:
                    return known
                raise registry.error("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'", name)
            execution = target.revision.loaded.start(
                value,
                name=called,
                services=registry.services,
                execution_arn=arn,
                state_machine_arn=machine.arn,
                role_arn=target.revision.role_arn,
                clock=clock or (registry.clock() if registry.clock else None),
                nested=clock is not None,
                child_listener=registry.map_runs.ended,
                map_run_listener=registry.map_runs.started,
                child_events=registry.map_runs.child_started,
            )
            started = registry.executions[arn] = Started(execution, target, text, request.get("traceHeader"))
        return started

    def _input(self, text: str, name: str) -> Json:
        try:
            return loads(text)
        except ValueError as error:
            reason = f"{error}" if text.strip() else "Invalid execution input."
            message = f"Invalid State Machine Execution Input: '{reason}'"
            raise self._registry.error("InvalidExecutionInput", message, name) from error


def describe(started: Started, *, data: bool = True) -> Response:
    """An execution as DescribeExecution shows it. `data` False leaves out input and output."""
    execution, target = started.execution, started.target
    reason = execution.why_not_redrivable
    answer: Response = {
        "executionArn": execution.arn,
        "stateMachineArn": target.machine.arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": date_of(execution.started),
        "redriveCount": execution.redrives,
        "redriveStatus": "NOT_REDRIVABLE" if reason else "REDRIVABLE",
    }
    more: dict[str, Any] = {
        "redriveStatusReason": reason,
        "stateMachineVersionArn": target.version_arn,
        "stateMachineAliasArn": target.alias_arn,
        "traceHeader": started.trace,
        "redriveDate": date_of(execution.redriven) if execution.redrives else None,
    }
    if answer["status"] != "RUNNING":
        result = execution.wait()
        more |= {"stopDate": date_of(execution.stopped or execution.started), "error": result.error, "cause": result.cause}
        if data and result.status == "SUCCEEDED":
            more |= {"output": dumps(result.output), "outputDetails": {"included": True}}
    if data:
        more |= {"input": started.input, "inputDetails": {"included": True}}
    return answer | {name: value for name, value in more.items() if value is not None}


def _included(answer: Response, request: Request) -> Response:
    """The answer, without its data if the request says METADATA_ONLY."""
    if request.get("includedData") != "METADATA_ONLY":
        return answer
    return {name: value for name, value in answer.items() if name not in {"input", "output"}}


def _without_data(event: Event) -> Event:
    """An event without the texts of its input and output."""
    return {
        name: {key: inner for key, inner in value.items() if key not in {"input", "output"}} if isinstance(value, dict) else value
        for name, value in event.items()
    }
