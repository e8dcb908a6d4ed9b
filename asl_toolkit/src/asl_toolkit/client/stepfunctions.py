"""StepFunctions: create_state_machine, start_execution, describe_execution, … as boto3's client has them.

Everything lives in this process and ends with it. Responses have the members of the API reference that a machine on one
computer can have; times are datetimes in UTC.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias

from asl_toolkit.client.arns import Place
from asl_toolkit.client.nested import NestedExecutions
from asl_toolkit.client.registry import Registry
from asl_toolkit.client.teststate import test_state
from asl_toolkit.clock import Clock
from asl_toolkit.errors import DefinitionError
from asl_toolkit.json_value import Json, dumps, loads
from asl_toolkit.machine import load
from asl_toolkit.runtime.execution import Execution
from asl_toolkit.services.registry import Services
from asl_toolkit.services.tokens import TaskDoesNotExist

Response: TypeAlias = dict[str, Any]  # the shape of a boto3 response


class StepFunctions:
    """An in-process Step Functions. `services` are the handlers of every execution; nested ones need no handler."""

    def __init__(
        self,
        services: Services | None = None,
        *,
        clock: Callable[[], Clock] | None = None,
        region: str | None = None,
        account: str | None = None,
    ) -> None:
        given = services or Services()
        place = Place(region or given.region, account or given.account)
        nested = NestedExecutions(self.start_nested)
        self.services = Services(
            {**nested.handlers(), **given.handlers},
            functions=given.functions,
            states=given.states,
            region=place.region,
            account=place.account,
            workers=given.workers,
            tokens=given.tokens,
        )
        self._registry = Registry(place, self.services, clock)
        self.exceptions = self._registry.exceptions

    # State machines

    def create_state_machine(
        self,
        *,
        name: str,
        definition: str,
        roleArn: str = "",  # noqa: N803 - the API's own
        type: str = "STANDARD",  # noqa: A002 - the API's own
        **_ignored: Any,  # logging, tracing, tags: nothing here uses them
    ) -> Response:
        """Load a definition under a name. InvalidDefinition lists every fault."""
        machine = self._registry.create(name, definition, roleArn, type)
        return {"stateMachineArn": machine.arn, "creationDate": machine.created}

    def update_state_machine(
        self,
        *,
        stateMachineArn: str,  # noqa: N803 - the API's own
        definition: str | None = None,
        roleArn: str | None = None,  # noqa: N803 - the API's own
        **_ignored: Any,  # as above
    ) -> Response:
        """Put another definition in place; executions that run keep theirs."""
        machine = self._registry.machine(stateMachineArn, "UpdateStateMachine")
        if definition is not None:
            machine.loaded, machine.definition = self._registry.load(definition, "UpdateStateMachine"), definition
        machine.role_arn = roleArn or machine.role_arn
        return {"updateDate": _now()}

    def describe_state_machine(self, *, stateMachineArn: str, **_ignored: Any) -> Response:  # noqa: N803 - the API's own
        """The definition and what belongs to it."""
        machine = self._registry.machine(stateMachineArn, "DescribeStateMachine")
        return {
            "stateMachineArn": machine.arn,
            "name": machine.name,
            "status": "ACTIVE",
            "definition": machine.definition,
            "roleArn": machine.role_arn,
            "type": machine.type,
            "creationDate": machine.created,
        }

    def list_state_machines(self, **_ignored: Any) -> Response:  # no pages here
        """All of them, by name."""
        return {
            "stateMachines": [
                {"stateMachineArn": it.arn, "name": it.name, "type": it.type, "creationDate": it.created}
                for it in self._registry.machines()
            ]
        }

    def delete_state_machine(self, *, stateMachineArn: str) -> Response:  # noqa: N803 - the API's own
        """Forget a machine; its executions stay."""
        self._registry.delete(stateMachineArn)
        return {}

    def validate_state_machine_definition(self, *, definition: str, **_ignored: Any) -> Response:  # type, severity
        """OK, or FAIL with a diagnostic for each fault that the loader finds."""
        try:
            load(definition)
        except DefinitionError as error:
            diagnostics = [
                {"severity": "ERROR", "code": it.code, "message": it.message, "location": it.pointer} for it in error.findings
            ]
            return {"result": "FAIL", "diagnostics": diagnostics, "truncated": False}
        return {"result": "OK", "diagnostics": [], "truncated": False}

    # Executions

    def start_execution(
        self,
        *,
        stateMachineArn: str,  # noqa: N803 - the API's own
        name: str | None = None,
        input: str = "{}",  # noqa: A002 - the API's own
        **_ignored: Any,  # trace headers
    ) -> Response:
        """Start an execution; the same name and input again, while it runs, gives the same one."""
        started = self._registry.start(stateMachineArn, name, input, "StartExecution")
        return {"executionArn": started.execution.arn, "startDate": _time(started.execution.started)}

    def start_sync_execution(
        self,
        *,
        stateMachineArn: str,  # noqa: N803 - the API's own
        name: str | None = None,
        input: str = "{}",  # noqa: A002 - the API's own
        **_ignored: Any,  # trace headers
    ) -> Response:
        """Run an execution to its end and describe it."""
        started = self._registry.start(stateMachineArn, name, input, "StartSyncExecution")
        started.execution.wait()
        return self.describe_execution(executionArn=started.execution.arn)

    def describe_execution(self, *, executionArn: str, **_ignored: Any) -> Response:  # noqa: N803 - the API's own
        """Where an execution stands."""
        started = self._registry.execution(executionArn, "DescribeExecution")
        execution = started.execution
        reason = execution.why_not_redrivable
        response: Response = {
            "executionArn": execution.arn,
            "stateMachineArn": started.machine.arn,
            "name": execution.name,
            "status": execution.status,
            "startDate": _time(execution.started),
            "input": started.input,
            "inputDetails": {"included": True},
            "redriveCount": execution.redrives,
            "redriveStatus": "NOT_REDRIVABLE" if reason else "REDRIVABLE",
        }
        if reason:
            response["redriveStatusReason"] = reason
        if execution.status != "RUNNING":
            result = execution.wait()
            response["stopDate"] = _time(execution.stopped or execution.started)
            if result.status == "SUCCEEDED":
                response |= {"output": dumps(result.output), "outputDetails": {"included": True}}
            response |= {name: text for name, text in (("error", result.error), ("cause", result.cause)) if text}
        return response

    def list_executions(self, *, stateMachineArn: str, statusFilter: str | None = None, **_ignored: Any) -> Response:  # noqa: N803 - the API's own
        """The executions of a machine, the newest first."""
        self._registry.machine(stateMachineArn, "ListExecutions")
        found = self._registry.executions(stateMachineArn)
        described = [self.describe_execution(executionArn=it.execution.arn) for it in found]
        keep = ("executionArn", "stateMachineArn", "name", "status", "startDate", "stopDate", "redriveCount")
        return {
            "executions": [
                {name: it[name] for name in keep if name in it} for it in described if statusFilter in {None, it["status"]}
            ]
        }

    def get_execution_history(
        self,
        *,
        executionArn: str,  # noqa: N803 - the API's own
        maxResults: int = 0,  # noqa: N803 - the API's own
        reverseOrder: bool = False,  # noqa: N803 - the API's own
        nextToken: str | None = None,  # noqa: N803 - the API's own
        **_ignored: Any,  # includeExecutionData
    ) -> Response:
        """The events, at most 1,000 a page."""
        events = self._registry.execution(executionArn, "GetExecutionHistory").execution.events()
        if reverseOrder:
            events.reverse()
        size = maxResults or 1000
        if nextToken is not None and not nextToken.isdecimal():
            raise self._registry.error("InvalidToken", f"Invalid Token: '{nextToken}'", "GetExecutionHistory")
        start = int(nextToken or 0)
        response: Response = {"events": events[start : start + size]}
        if start + size < len(events):
            response["nextToken"] = str(start + size)
        return response

    def stop_execution(self, *, executionArn: str, error: str = "", cause: str = "") -> Response:  # noqa: N803 - the API's own
        """End an execution as ABORTED."""
        execution = self._registry.execution(executionArn, "StopExecution").execution
        execution.stop(error, cause)
        execution.wait()
        return {"stopDate": _time(execution.stopped or execution.started)}

    def redrive_execution(self, *, executionArn: str, **_ignored: Any) -> Response:  # noqa: N803 - the API's own
        """Go on from the steps that failed."""
        execution = self._registry.execution(executionArn, "RedriveExecution").execution
        reason = execution.why_not_redrivable
        if reason is not None:
            raise self._registry.error("ExecutionNotRedrivable", reason, "RedriveExecution")
        execution.redrive()
        return {"redriveDate": _time(execution.redriven)}

    def wait_for_execution(self, *, executionArn: str, timeout: float | None = None) -> Response:  # noqa: N803 - as the rest
        """Not on AWS: wait for the end and describe it. TimeoutError after `timeout` seconds."""
        self._registry.execution(executionArn, "DescribeExecution").execution.wait(timeout)
        return self.describe_execution(executionArn=executionArn)

    # Tokens

    def send_task_success(self, *, taskToken: str, output: str) -> Response:  # noqa: N803 - the API's own
        """Answer a token; `output` is JSON text."""
        try:
            value = loads(output)
        except ValueError as error:
            raise self._registry.error("InvalidOutput", f"Invalid Output: {error}", "SendTaskSuccess") from error
        return self._answer("SendTaskSuccess", lambda: self.services.tokens.send_success(taskToken, value))

    def send_task_failure(self, *, taskToken: str, error: str | None = None, cause: str | None = None) -> Response:  # noqa: N803 - the API's own
        """Answer a token with a failure."""
        return self._answer("SendTaskFailure", lambda: self.services.tokens.send_failure(taskToken, error, cause))

    def send_task_heartbeat(self, *, taskToken: str) -> Response:  # noqa: N803 - the API's own
        """Say that a task is still at work."""
        return self._answer("SendTaskHeartbeat", lambda: self.services.tokens.send_heartbeat(taskToken))

    def test_state(self, *, definition: str, **given: Any) -> Response:  # the API's own, read by test_state
        """Run one state by itself, with a mock of what it calls."""
        return test_state(self, definition, given)

    # What they share

    def _answer(self, operation: str, send: Callable[[], None]) -> Response:
        try:
            send()
        except TaskDoesNotExist as error:
            raise self._registry.error("TaskDoesNotExist", str(error), operation) from error
        return {}

    def start_nested(self, arn: str, name: str | None, value: Json) -> Execution:
        """What `states:startExecution` starts: an execution by the machine's ARN; ClientError when it cannot."""
        return self._registry.start(arn, name, dumps(value), "StartExecution").execution


def _now() -> datetime:
    return datetime.now(UTC)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
