"""Botocore's service model of Step Functions."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from botocore import xform_name
from botocore.session import get_session

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
