"""A Task's request against botocore's model of the service: unknown members, wrong JSON types, what is missing or too long.

Step Functions writes every member with a capital first letter, whatever the service calls it. A wrong type ends the whole
execution (States.Runtime), which no Catch sees.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from extract_testing.constraints import broken_constraints

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asl_toolkit import TaskRequest
    from extract_core.contract import Json

_CLIENTS: Final = {"elasticmapreduce": "emr", "states": "stepfunctions", "sfn": "stepfunctions"}
"""Services of Resource ARNs that botocore calls otherwise."""

_EMR: Final = {"addStep": "AddJobFlowSteps", "createCluster": "RunJobFlow", "terminateCluster": "TerminateJobFlows"}
"""Calls of EMR that the API has under another name; addStep takes one Step, all of them ClusterId (guide, connect-emr)."""


_A_UUID: Final = "00000000-0000-4000-8000-000000000000"
"""As long as an SDK's own, a UUID: Athena takes none under 32 characters."""


class ModelsMissing(Exception):  # noqa: N818 - not an error: the check is left out aloud
    """There is no model to judge a request by; the text says why."""


def faults_of(task: TaskRequest) -> list[str]:
    """What the service would refuse, empty if nothing. ModelsMissing where nothing is known of it."""
    operation, request, fault = request_of(task)
    return [fault] if fault else [*_report(operation, request), *broken_constraints(operation, request)]


def request_of(task: TaskRequest) -> tuple[Any, dict[str, Any], str]:  # botocore ships no types
    """The operation, the request as its API has it, and why Step Functions would not send it (then the request is empty).

    ModelsMissing where nothing is known of the service.
    """
    operation = operation_of(task.service, task.action)
    from asl_toolkit import AslError
    from asl_toolkit.services.aws.checks import free_text_of
    from asl_toolkit.services.aws.shapes import to_request

    try:
        return operation, to_request(operation.input_shape, _as_the_api_says(task), free_text_of(task)), ""
    except AslError as error:
        return operation, {}, str(error).rpartition("[")[2].rstrip("]")


def operation_of(service: str, action: str) -> Any:  # botocore ships no types
    """The operation in botocore's model of a Task's Resource. ModelsMissing where there is none."""
    own = _EMR.get(action) if service == "elasticmapreduce" else None
    name = own or action[:1].upper() + action[1:]
    models = models_of(service)
    if name not in models.operation_names:
        raise ModelsMissing(f"botocore's model of {service!r} has no operation {name!r}")
    return models.operation_model(name)


def models_of(service: str) -> Any:  # botocore ships no types
    """The model that botocore has of the service of a Resource ARN. ModelsMissing where there is none."""
    session = _session()
    plain = service.removeprefix("aws-sdk:")
    known = session.get_available_services()
    client = _CLIENTS.get(plain, plain)
    if client not in known:
        client = next((name for name in known if name.replace("-", "") == plain), "")
    if not client:
        raise ModelsMissing(f"botocore has no model of {service!r}")
    return _service_model(client)


@cache
def _session() -> Any:  # botocore ships no types
    try:
        from botocore.session import get_session
    except ImportError:
        raise ModelsMissing("botocore is not installed, so no request is compared with its API: pip install boto3") from None
    return get_session()


@cache
def _service_model(client: str) -> Any:  # botocore ships no types
    return _session().get_service_model(client)


def _as_the_api_says(task: TaskRequest) -> Json:
    parameters: Json = task.parameters
    if task.service != "elasticmapreduce" or task.action not in _EMR or not isinstance(parameters, dict):
        return parameters
    rest: dict[str, Json] = {name: value for name, value in parameters.items() if name not in ("ClusterId", "Step")}
    if "ClusterId" in parameters:
        cluster = parameters["ClusterId"]
        rest |= {"JobFlowIds": [cluster]} if task.action == "terminateCluster" else {"JobFlowId": cluster}
    if "Step" in parameters:
        rest["Steps"] = [parameters["Step"]]
    return rest


def _report(operation: Any, request: Mapping[str, Any]) -> list[str]:  # Any: botocore's model, boto3's values
    from botocore.validate import ParamValidator

    # Tokens against double starts are filled in by Step Functions' SDK where the request has none.
    filled = {name: _A_UUID for name in operation.idempotent_members if name not in request}
    report = ParamValidator().validate({**request, **filled}, operation.input_shape)
    return str(report.generate_report()).splitlines() if report.has_errors() else []
