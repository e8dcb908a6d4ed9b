"""Checks a Task's parameters against botocore's service model, as Step Functions does before it schedules the task.

`checked(handler)` adds this check to your own handler. Unknown members, wrong case and values of a wrong type end the
execution, as on AWS; no Catch handles this.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from asl_toolkit.botocore_shapes import Shape
from asl_toolkit.services.aws.names import OPTIMISED, client_name
from asl_toolkit.services.aws.shapes import Naming, naming, to_request
from asl_toolkit.services.contract import CheckedHandler, Handler, TaskRequest

# Members for which an optimised integration accepts any JSON value and sends its text.
_FREE_TEXT: Mapping[str, frozenset[str]] = {
    "sendMessage": frozenset({"MessageBody"}),
    "publish": frozenset({"Message"}),
    "putEvents": frozenset({"Detail"}),
    "startExecution": frozenset({"Input"}),
}
_OWN_SHAPE = frozenset({"elasticmapreduce", "eks", "apigateway", "http"})  # their parameters are not those of the API


def checked(handler: Handler) -> Handler:
    """The handler, with its parameters checked first. Needs botocore."""
    return CheckedHandler(handler, check_parameters)


def check_parameters(request: TaskRequest) -> None:
    """Raises RuntimeFailure for parameters that Step Functions would not send. Unknown services are not checked."""
    model = _model(request.service)
    operation = None if model is None else operation_of(model, request)
    if operation is not None:
        request_of(operation.input_shape, request)


def request_of(shape: Shape, request: TaskRequest) -> dict[str, Any]:
    """boto3's keyword arguments for a Task. Raises RuntimeFailure for parameters that Step Functions refuses."""
    if request.service.startswith("aws-sdk:"):
        return to_request(shape, request.parameters, sdk=True)
    return to_request(shape, request.parameters, _FREE_TEXT.get(request.action, frozenset()))


def naming_of(request: TaskRequest) -> Naming:
    """The spelling of members in this integration."""
    return naming(sdk=request.service.startswith("aws-sdk:"))


def operation_of(model: Any, request: TaskRequest) -> Any | None:  # botocore's models
    """The operation that a Resource's action names, or None."""
    name = request.action[:1].upper() + request.action[1:]
    return model.operation_model(name) if name in model.operation_names else None


def available_services() -> frozenset[str]:
    """The services that botocore knows."""
    return frozenset(_session().get_available_services())


@lru_cache(maxsize=1)
def _session() -> Any:  # botocore's session
    from botocore.session import get_session

    return get_session()


@lru_cache(maxsize=64)
def _model(service: str) -> Any | None:  # botocore's models
    if service in _OWN_SHAPE:
        return None
    if service.startswith("aws-sdk:"):
        name = client_name(service.removeprefix("aws-sdk:"), available_services())
    else:
        known = OPTIMISED.get(service)
        name = known.client if known else (service if service in available_services() else None)
    return None if name is None else _session().get_service_model(name)
