"""Nested executions: `states:startExecution` and its `.sync`, `.sync:2` and `.waitForTaskToken` forms.

Shapes: recorded `states:startExecution.sync` outputs and failures; with `.sync:2` Input and Output of a child that succeeded are
JSON, else text. A child that timed out has no Error. A child runs on its parent's clock.
"""

import uuid
from collections.abc import Callable
from concurrent.futures import Future

from asl_toolkit.client.errors import ClientError
from asl_toolkit.clock import Clock
from asl_toolkit.errors import TaskFailed
from asl_toolkit.json_value import Json, dumps
from asl_toolkit.runtime.execution import Execution, ExecutionResult
from asl_toolkit.services.contract import Handler, Submitted, TaskRequest


class NestedExecutions:
    """The handler of `states:startExecution`, given what starts an execution by ARN, name, input and clock."""

    def __init__(self, start: Callable[[str, str | None, Json, Clock | None], Execution]) -> None:
        self._start = start

    def handlers(self) -> dict[tuple[str, str], Handler]:
        """For `Services`."""
        return {("states", "startExecution"): self.start_execution}

    def start_execution(self, request: TaskRequest) -> "Json | Submitted":
        """Start the child; `.sync` waits for its end, and a stop of the parent stops it."""
        parameters = request.parameters if isinstance(request.parameters, dict) else {}
        try:
            arn = str(parameters.get("StateMachineArn", ""))
            execution = self._start(arn, parameters.get("Name"), parameters.get("Input", {}), request.clock)
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
            raise TaskFailed(
                f"StepFunctions.{code.removesuffix('Exception')}Exception",
                f"{message} (Service: AWSStepFunctions; Status Code: 400; Error Code: {code}; "
                f"Request ID: {uuid.uuid4()}; Proxy: null)",
            ) from error
        started: dict[str, Json] = {
            "ExecutionArn": execution.arn,
            "SdkHttpMetadata": {"HttpStatusCode": 200},
            "SdkResponseMetadata": {"RequestId": str(uuid.uuid4())},
            "StartDate": int(execution.started * 1000),
        }
        if request.pattern != "sync":
            return started
        future: Future[Json] = Future()
        as_json = request.resource.endswith(":2")
        execution.when_ended(lambda result: _ended(execution, result, future, as_json=as_json))
        return Submitted(started, future, execution.stop, on_this_clock=execution.clock is request.clock)


def _ended(execution: Execution, result: ExecutionResult, future: "Future[Json]", *, as_json: bool) -> None:
    """The child has ended: resolve the future."""
    payload, good = execution.payload, result.status == "SUCCEEDED"
    named = {"Cause": result.cause, "Error": result.error}
    description: dict[str, Json] = {name: text for name, text in named.items() if text is not None}
    description |= {
        "ExecutionArn": execution.arn,
        "Input": payload.value if as_json and good else payload.text,
        "InputDetails": {"Included": True},
        "Name": execution.name,
    }
    if good:
        output = result.output if as_json else dumps(result.output)
        description |= {"Output": output, "OutputDetails": {"Included": True}}
    else:
        description |= {"RedriveCount": execution.redrives, "RedriveStatus": "REDRIVABLE"}
    description |= {
        "StartDate": int(execution.started * 1000),
        "StateMachineArn": execution.identity.machine_arn,
        "Status": result.status,
        "StopDate": int((execution.stopped or execution.started) * 1000),
    }
    if result.status == "SUCCEEDED":
        future.set_result(description)
    else:
        future.set_exception(TaskFailed("States.TaskFailed", dumps(description)))
