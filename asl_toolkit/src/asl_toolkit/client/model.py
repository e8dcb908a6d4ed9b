"""Botocore's service model of Step Functions: what a request must be, before anything is done about it.

Like boto3's client it refuses unknown and missing members, wrong types and too small values itself (ParamValidationError,
botocore's text); what only the service would refuse (enums, lengths, maxima, patterns) is a ValidationException.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from botocore import xform_name
from botocore.exceptions import ParamValidationError
from botocore.session import get_session
from botocore.validate import ParamValidator

from asl_toolkit.client.constraints import violations
from asl_toolkit.client.errors import Exceptions

Request: TypeAlias = dict[str, Any]  # the keyword arguments of a boto3 call
Shape: TypeAlias = Any  # botocore.model.Shape: botocore ships no types
_SERVICE = "stepfunctions"


@lru_cache(maxsize=1)
def service_model() -> Any:  # botocore.model.ServiceModel
    """The model that the installed botocore holds."""
    return get_session().get_service_model(_SERVICE)


@lru_cache(maxsize=1)
def method_names() -> Mapping[str, str]:
    """`create_state_machine` → `CreateStateMachine`, for every operation of the service."""
    return {xform_name(name): name for name in service_model().operation_names}


@lru_cache(maxsize=1)
def paginators() -> Mapping[str, Any]:  # botocore's pagination entries
    """The pagination entry of each operation that has pages, by operation."""
    document = get_session().get_component("data_loader").load_service_model(_SERVICE, "paginators-1")
    return dict(document["pagination"])


def check_request(operation: str, request: Mapping[str, Any], exceptions: Exceptions) -> None:
    """ParamValidationError or ValidationException for a request that the service would never carry out."""
    shape = service_model().operation_model(operation).input_shape
    report = ParamValidator().validate(request, shape)
    if report.has_errors():
        raise ParamValidationError(report=report.generate_report())
    found = list(violations(shape, request))
    if found:
        count = "1 validation error" if len(found) == 1 else f"{len(found)} validation errors"
        raise exceptions.make("ValidationException", f"{count} detected: {'; '.join(found)}", operation)
