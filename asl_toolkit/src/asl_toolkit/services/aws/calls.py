"""Handlers that call AWS: `AwsCalls(client).handlers()` serves optimised integrations and every `aws-sdk:` action.

The caller decides where the clients connect: AWS, moto's server, an emulator. `.sync` of job services is not served, because
it needs polling: a local runner provides its own handler.
"""

import json
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from asl_toolkit.errors import RuntimeFailure, TaskFailed
from asl_toolkit.json_value import Json
from asl_toolkit.services.aws.checks import available_services, check_parameters, naming_of, operation_of, request_of
from asl_toolkit.services.aws.names import OPTIMISED, Optimised, client_name, exception_name, java_service, sdk_exception_name
from asl_toolkit.services.aws.shapes import from_response, missing_members, to_request
from asl_toolkit.services.contract import CheckedHandler, Handler, TaskRequest

# The actions of each optimised integration (developer guide, "Integrating optimized services").
_ACTIONS: Mapping[str, frozenset[str]] = {
    "dynamodb": frozenset({"getItem", "putItem", "updateItem", "deleteItem"}),
    "sqs": frozenset({"sendMessage"}),
    "sns": frozenset({"publish"}),
    "events": frozenset({"putEvents"}),
}
# The errors of SDK 2.x's S3 client for a 404 without a body (its ExceptionTranslationInterceptor).
_NOT_FOUND: Mapping[str, str] = {"HeadBucket": "NoSuchBucket", "HeadObject": "NoSuchKey"}


class AwsCalls:
    """Creates handlers from a function that returns the boto3 client of a botocore service name."""

    def __init__(self, client: Callable[[str], Any]) -> None:  # Any: a boto3 client has no static type
        self._make = client
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def handlers(self) -> dict[tuple[str, str], Handler]:
        """For `Services`: every action of the optimised integrations without polling, and `aws-sdk:*`."""
        optimised = CheckedHandler(self.optimised, check_parameters)
        served: dict[tuple[str, str], Handler] = {
            (service, action): optimised for service, actions in _ACTIONS.items() for action in actions
        }
        served["aws-sdk:*", "*"] = CheckedHandler(self.sdk, check_parameters)
        served["s3", "getObject"] = self.get_object  # only ItemReaders use this call
        served["s3", "listObjectsV2"] = self.optimised
        served["s3", "putObject"] = self.optimised
        return served

    def client(self, name: str) -> Any:  # see __init__
        """The one client of a service."""
        with self._lock:
            if name not in self._clients:
                self._clients[name] = self._make(name)
            return self._clients[name]

    def sdk(self, request: TaskRequest) -> Json:
        """An `aws-sdk:` call."""
        service = request.service.removeprefix("aws-sdk:")
        name = client_name(service, available_services())
        if name is None:
            raise RuntimeFailure(f"The resource '{request.resource}' names no service that botocore knows")
        client = self.client(name)
        prefix = java_service(str(client.meta.service_model.service_id))
        return self._call(client, request, _SdkErrors(prefix), epoch=False)

    def optimised(self, request: TaskRequest) -> Json:
        """A call of an optimised integration."""
        known = OPTIMISED[request.service]
        result = self._call(self.client(known.client), request, _OptimisedErrors(known), epoch=True)
        if isinstance(result, dict):
            if request.service == "events" and result.get("FailedEntryCount"):
                failed = {**result, "Entries": [entry for entry in result["Entries"] if "ErrorCode" in entry]}
                raise TaskFailed("EventBridge.FailedEntry", json.dumps(failed, separators=(",", ":")))
            result["SdkHttpMetadata"] = {"HttpStatusCode": 200}
            result["SdkResponseMetadata"] = {"RequestId": str(uuid.uuid4())}
        return result

    def get_object(self, request: TaskRequest) -> Json:
        """An ItemReader's read: `Body` has the bytes."""
        from botocore.exceptions import BotoCoreError, ClientError  # an extra: needed only here

        client = self.client("s3")
        shape = client.meta.service_model.operation_model("GetObject").input_shape
        try:
            return {"Body": client.get_object(**to_request(shape, request.parameters))["Body"].read()}
        except ClientError as error:
            raise TaskFailed("S3." + _parts(error.response)[0], str(error)) from error
        except BotoCoreError as error:
            raise TaskFailed("S3.SdkClientException", str(error)) from error

    def _call(self, client: Any, request: TaskRequest, errors: "_SdkErrors", *, epoch: bool) -> Json:  # see __init__
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError, ClientError  # an extra: needed only here

        model = client.meta.service_model
        operation = operation_of(model, request)
        if operation is None:
            raise RuntimeFailure(f"The resource '{request.resource}' names no action of the service")
        arguments = request_of(operation.input_shape, request)
        if missing := missing_members(operation.input_shape, arguments):
            raise errors.missing(missing)
        try:
            response = getattr(client, xform_name(operation.name))(**arguments)
        except ClientError as error:
            raise errors.of_service(error.response, operation) from error
        except BotoCoreError as error:
            raise TaskFailed(f"{errors.prefix}.SdkClientException", f"Unable to execute HTTP request: {error}") from error
        return from_response(operation.output_shape, response, epoch=epoch, naming=naming_of(request))


class _SdkErrors:
    """Errors with the names of `aws-sdk:` integrations."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def of_service(self, response: Mapping[str, Any], operation: Any) -> TaskFailed:  # botocore's models
        """The error of the service's answer."""
        _, message, status, request_id = _parts(response)
        shape = _modelled(response, operation)
        name = f"{self.prefix}Exception" if shape is None else sdk_exception_name(shape)
        return TaskFailed(
            f"{self.prefix}.{name}", f"{message} (Service: {self.prefix}, Status Code: {status}, Request ID: {request_id})"
        )

    def missing(self, members: list[str]) -> TaskFailed:
        """The service's error for missing required members."""
        return TaskFailed(
            f"{self.prefix}.{self.prefix}Exception",
            f"{_null_members(members)} (Service: {self.prefix}, Status Code: 400, Request ID: {uuid.uuid4()})",
        )


class _OptimisedErrors(_SdkErrors):
    """Errors with the names of optimised integrations."""

    def __init__(self, known: Optimised) -> None:
        super().__init__(known.prefix)
        self._known = known

    def of_service(self, response: Mapping[str, Any], operation: Any) -> TaskFailed:  # botocore's models
        """The error of the service's answer."""
        code, message, status, request_id = _parts(response)
        shape = _modelled(response, operation)
        name = self._known.base if shape is None else exception_name(shape)
        return TaskFailed(f"{self.prefix}.{name}", self._text(message, status, code, request_id))

    def missing(self, members: list[str]) -> TaskFailed:
        """The service's error for missing required members."""
        if self._known.client == "sqs":
            text = self._text(f"The request must contain the parameter {members[0]}.", 400, "MissingParameter", str(uuid.uuid4()))
        else:
            text = self._text(_null_members(members), 400, "ValidationException", str(uuid.uuid4()))
        return TaskFailed(f"{self.prefix}.{self._known.base}", text)

    def _text(self, message: str, status: int, code: str, request_id: str) -> str:
        return (
            f"{message} (Service: {self._known.service}; Status Code: {status}; Error Code: {code}; "
            f"Request ID: {request_id}; Proxy: null)"
        )


def _parts(response: Mapping[str, Any]) -> tuple[str, str, int, str]:
    error, metadata = response.get("Error", {}), response.get("ResponseMetadata", {})
    status = int(metadata.get("HTTPStatusCode", 400))
    return str(error.get("Code", "")), str(error.get("Message", "")), status, str(metadata.get("RequestId", ""))


def _modelled(response: Mapping[str, Any], operation: Any) -> str | None:  # botocore's models
    """The error shape of the service's answer, or None.

    Services that changed their protocol send the old code, and the shape's name beside it (`QueryErrorCode`). The answer to
    a HEAD has no body with an error name, so the SDK decides by the status 404.
    """
    code, _, status, _ = _parts(response)
    if status == 404 and operation.service_model.service_name == "s3" and operation.name in _NOT_FOUND:
        return _NOT_FOUND[operation.name]
    for named in (code, str(response.get("Error", {}).get("QueryErrorCode", ""))):
        shape = operation.service_model.shape_for_error_code(named)
        if shape is not None:
            return str(shape.name)
    return None


def _null_members(members: list[str]) -> str:
    faults = "; ".join(
        f"Value null at '{name[:1].lower() + name[1:]}' failed to satisfy constraint: Member must not be null" for name in members
    )
    count = len(members)
    return f"{count} validation error{'s' if count > 1 else ''} detected: {faults}"
