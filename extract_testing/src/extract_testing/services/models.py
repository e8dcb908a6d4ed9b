"""Checks a Task's request with botocore's model of the service: unknown or missing members, wrong JSON types, lengths.

Step Functions starts every member with a capital letter, whatever the service's own spelling. A wrong type ends the whole
execution with States.Runtime, which no Catch handles.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from extract_testing.services.constraints import Refusal, broken_constraints

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asl_toolkit import TaskRequest
    from extract_core.contract import Json

_CLIENTS: Final = {"elasticmapreduce": "emr", "states": "stepfunctions"}
"""Services with another name in botocore than in Resource ARNs."""

_EMR: Final = {"addStep": "AddJobFlowSteps", "createCluster": "RunJobFlow", "terminateCluster": "TerminateJobFlows"}
"""EMR's calls and their names in the API. All of them take ClusterId, and addStep takes one Step (guide, connect-emr)."""


_A_UUID: Final = "00000000-0000-4000-8000-000000000000"
"""As long as an SDK's own token. Athena requires at least 32 characters."""


class ModelsMissing(Exception):  # noqa: N818 - not an error: the check is skipped
    """There is no model to check a request with. The text says why."""


def refusals_of(task: TaskRequest) -> list[Refusal]:
    """The reasons why the service would refuse the request. ModelsMissing if the service has no model."""
    operation, request, fault = request_of(task)
    if fault:
        return [Refusal(fault)]
    return [*map(Refusal, _report(operation, request)), *broken_constraints(operation, request)]


def request_of(task: TaskRequest) -> tuple[Any, dict[str, Any], str]:  # botocore ships no types
    """The operation, the request in the API's form, and why Step Functions would not send it (then the request is empty).

    ModelsMissing if the service has no model.
    """
    operation = operation_of(task.service, task.action)
    from asl_toolkit import AslError
    from asl_toolkit.services.aws.checks import request_of as request_of_task

    try:
        return operation, request_of_task(operation.input_shape, replace(task, parameters=_in_the_apis_form(task))), ""
    except AslError as error:
        return operation, {}, str(error).rpartition("[")[2].rstrip("]")


def operation_of(service: str, action: str) -> Any:  # botocore ships no types
    """The operation of a Task's Resource in botocore's model. ModelsMissing if there is none."""
    own = _EMR.get(action) if service == "elasticmapreduce" else None
    name = own or action[:1].upper() + action[1:]
    models = models_of(service)
    if name not in models.operation_names:
        raise ModelsMissing(f"botocore's model of {service!r} has no operation {name!r}")
    return models.operation_model(name)


def models_of(service: str) -> Any:  # botocore ships no types
    """Botocore's model of the service of a Resource ARN. ModelsMissing if there is none."""
    from asl_toolkit.services.aws.names import client_name

    plain = service.removeprefix("aws-sdk:")
    client = _CLIENTS.get(plain) or client_name(plain, _session().get_available_services())
    if not client:
        raise ModelsMissing(f"botocore has no model of {service!r}")
    return _service_model(client)


@cache
def _session() -> Any:  # botocore ships no types
    try:
        from botocore.session import get_session
    except ImportError:
        raise ModelsMissing("botocore is not installed, so requests are not compared with the API: pip install boto3") from None
    return get_session()


@cache
def _service_model(client: str) -> Any:  # botocore ships no types
    return _session().get_service_model(client)


def _in_the_apis_form(task: TaskRequest) -> Json:
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

    # Step Functions' SDK adds a missing token against double starts.
    filled = {name: _A_UUID for name in operation.idempotent_members if name not in request}
    report = ParamValidator().validate({**request, **filled}, operation.input_shape)
    return str(report.generate_report()).splitlines() if report.has_errors() else []
