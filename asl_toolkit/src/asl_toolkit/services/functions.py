"""Lambda functions that are called in this process, with the answers and errors of Lambda.

Shapes: recorded `lambda:invoke` outputs and failures (`ExecutedVersion`, `Payload`, `StatusCode`; Cause is JSON with
errorMessage, errorType, requestId, stackTrace; compact for lambda:invoke, with blanks for a function's own ARN).
"""

import json
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from functools import cached_property

from asl_toolkit.errors import RuntimeFailure, TaskFailed
from asl_toolkit.json_value import Json, copied, dumps, loads
from asl_toolkit.services.contract import CheckedHandler, Function, Handler, TaskRequest, is_inline

_LONGEST_SECONDS = 900.0


class LambdaContext:
    """The second argument of a function, with the members of Lambda's context object."""

    memory_limit_in_mb = "128"
    log_group_name = ""
    log_stream_name = ""
    identity = None
    client_context = None

    def __init__(self, function_name: str, function_version: str, place: str) -> None:
        self.function_name = function_name
        self.function_version = function_version
        self._place = place
        self.deadline = time.monotonic() + _LONGEST_SECONDS

    @property
    def invoked_function_arn(self) -> str:
        """The ARN that the function was called by."""
        return f"arn:aws:lambda:{self._place}:function:{self.function_name}"

    @cached_property
    def aws_request_id(self) -> str:
        """The id of this call, created when it is first read."""
        return str(uuid.uuid4())

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda would end the function (15 minutes after its start)."""
        return max(0, int((self.deadline - time.monotonic()) * 1000))


class _ByMark(CheckedHandler):
    """A handler that is called at once if the function of a request is marked as inline."""

    def __init__(self, handler: Handler, inline_for: Callable[[TaskRequest], bool], check: Callable[[TaskRequest], None]) -> None:
        super().__init__(handler, check)
        self.inline_for = inline_for


def check_payload(request: TaskRequest) -> None:
    """Raises RuntimeFailure if Payload of `lambda:invoke` is a number or a boolean (Stack Overflow, answer 76373088)."""
    payload = request.parameters.get("Payload") if isinstance(request.parameters, dict) else None
    if isinstance(payload, (int, float)):
        raise RuntimeFailure(
            f"The Parameters '{dumps(request.parameters)}' could not be used to start the Task: "
            "[The value for the field 'Payload' must be a STRING]"
        )


def _unchecked(_request: TaskRequest) -> None:
    """A function that is called by its ARN accepts any event."""


class FunctionCaller:
    """Finds a function by name or ARN and calls it as Lambda would. `invoke` and `by_arn` are handlers of Tasks."""

    def __init__(self, functions: Mapping[str, Function], *, region: str, account: str) -> None:
        self._functions = functions
        self._place = f"{region}:{account}"
        self._marked = any(map(is_inline, functions.values()))
        self.invoke = _ByMark(self._invoke, self._is_inline, check_payload)
        self.by_arn = _ByMark(self._by_arn, self._is_inline, _unchecked)

    def _is_inline(self, request: TaskRequest) -> bool:
        """Whether the function of a request is marked as inline, or is missing."""
        if not self._marked:
            return False
        parameters = request.parameters
        try:
            if request.resource.startswith("arn:aws:states:"):
                function, _, _ = self._find(parameters["FunctionName"], parameters.get("Qualifier"))
            else:
                function, _, _ = self._find(request.resource, None)
        except (TaskFailed, LookupError, TypeError, AttributeError):
            return True
        return is_inline(function)

    def _invoke(self, request: TaskRequest) -> Json:
        """`lambda:invoke`: parameters are FunctionName, Payload, InvocationType, Qualifier."""
        parameters = request.parameters
        if not isinstance(parameters, dict) or not isinstance(parameters.get("FunctionName"), str):
            raise TaskFailed(
                "Lambda.AWSLambdaException",
                "1 validation error detected: Value null at 'functionName' failed to satisfy constraint: "
                "Member must not be null (Service: AWSLambda; Status Code: 400; Error Code: ValidationException; "
                "Request ID: 00000000-0000-0000-0000-000000000000; Proxy: null)",
            )
        asynchronous = parameters.get("InvocationType") == "Event"
        function, name, version = self._find(parameters["FunctionName"], parameters.get("Qualifier"))
        payload = self._call(function, name, version, _event(parameters.get("Payload")), blanks=False)
        metadata = {"SdkHttpMetadata": {"HttpStatusCode": 202 if asynchronous else 200}, "SdkResponseMetadata": {}}
        if asynchronous:
            return {"Payload": "", **metadata, "StatusCode": 202}
        return {"ExecutedVersion": version, "Payload": payload, **metadata, "StatusCode": 200}

    def call(self, name: str, event: Json) -> Json:
        """Call a function by name or ARN; TaskFailed as Lambda reports it."""
        function, matched, version = self._find(name, None)
        return self._call(function, matched, version, event, blanks=False)

    def _by_arn(self, request: TaskRequest) -> Json:
        """A Task whose Resource is the function's own ARN: all its parameters are the event."""
        function, name, version = self._find(request.resource, None)
        return self._call(function, name, version, request.parameters, blanks=True)

    def _find(self, wanted: str, qualifier: Json) -> tuple[Function, str, str]:
        """The function, its name and its version, looked up by the exact text, by ARN and by name."""
        function = self._functions.get(wanted)
        if function is not None and ":" not in wanted:
            return function, wanted, str(qualifier or "$LATEST")
        parts = wanted.split(":")
        name, version = wanted, str(qualifier or "$LATEST")
        if len(parts) >= 7 and parts[2] == "lambda":
            name = parts[6]
            version = parts[7] if len(parts) > 7 else version
        elif len(parts) == 2:
            name, version = parts
        arn = f"arn:aws:lambda:{self._place}:function:{name}"
        for key in (wanted, ":".join(parts[:7]), arn, name):
            if key in self._functions:
                return self._functions[key], name, version
        raise TaskFailed(
            "Lambda.ResourceNotFoundException",
            f"Function not found: {arn}:{version} (Service: AWSLambda; Status Code: 404; Error Code: "
            f"ResourceNotFoundException; Request ID: {uuid.uuid4()}; Proxy: null)",
        )

    def _call(self, function: Function, name: str, version: str, event: Json, *, blanks: bool) -> Json:
        context = LambdaContext(name, version, self._place)
        try:
            return copied(function(copied(event), context))
        except TaskFailed:
            raise
        except (TypeError, ValueError) as error:
            if error.__traceback__ is not None and error.__traceback__.tb_next is not None and _ours(error):
                raise _failure(name, "Runtime.MarshalError", f"Unable to marshal response: {error}", [], blanks=blanks) from error
            raise _raised(error, context, blanks=blanks) from error
        except SystemExit as error:
            message = f"RequestId: {context.aws_request_id} Error: Runtime exited with error: exit status {error.code or 0}"
            raise _failure(context.aws_request_id, "Runtime.ExitError", message, [], blanks=blanks) from error
        except Exception as error:
            raise _raised(error, context, blanks=blanks) from error


def _event(payload: Json) -> Json:
    """The event of a Payload: an absent or null Payload is `{}`, and a text with JSON is parsed (recorded)."""
    if payload is None:
        return {}
    if isinstance(payload, str):
        try:
            return loads(payload)
        except ValueError:
            return payload
    return payload


def _ours(error: Exception) -> bool:
    """Whether the error comes from writing the result as JSON, not from the function."""
    frames = traceback.extract_tb(error.__traceback__)
    return any(frame.name == "dumps" and frame.filename.endswith("json_value.py") for frame in frames)


def _raised(error: Exception, context: LambdaContext, *, blanks: bool) -> TaskFailed:
    frames = traceback.format_list(traceback.extract_tb(error.__traceback__)[1:])
    return _failure(context.aws_request_id, type(error).__name__, str(error), frames, blanks=blanks)


def _failure(request_id: str, kind: str, message: str, frames: list[str], *, blanks: bool) -> TaskFailed:
    body = {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": frames}
    return TaskFailed(kind, json.dumps(body) if blanks else dumps(body))
