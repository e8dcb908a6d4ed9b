"""Names of errors as Step Functions writes them: the service's prefix and the exception of botocore's model, case-sensitive.

An error that is missing in the model arrives under the service's base exception (``SageMaker.AmazonSageMakerException``): see
extract_core.parsing.verdicts. The names are those of the Java SDK: ``ResourceLimitExceeded`` becomes ``…Exception``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from asl_toolkit.services.aws.names import java_service
from extract_core.wording import nearest
from extract_testing.services.models import ModelsMissing, models_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_BASES: Final[Mapping[str, tuple[str, str]]] = {
    "Athena": ("athena", "AmazonAthenaException"),
    "Batch": ("batch", "AWSBatchException"),
    "CodeBuild": ("codebuild", "AWSCodeBuildException"),
    "ECS": ("ecs", "AmazonECSException"),
    "EMRContainers": ("emr-containers", "AmazonEMRContainersException"),
    "EMRServerless": ("emr-serverless", "AWSEMRServerlessException"),
    "ElasticMapReduce": ("elasticmapreduce", "AmazonElasticMapReduceException"),
    "Glue": ("glue", "AWSGlueException"),
    "SageMaker": ("sagemaker", "AmazonSageMakerException"),
}
"""By prefix: the service's name in a Resource, and its base exception."""
_OTHER_PREFIXES: Final = ("AmazonECS", "DynamoDB", "Lambda", "States", "StepFunctions")
_OF_ANY_SERVICE: Final = frozenset(
    {"AccessDeniedException", "InternalFailureException", "ServiceUnavailableException", "ThrottlingException", "Unknown"}
)
"""Errors of every service, although few models list them (each API reference, "Common Errors")."""

_BASE: Final = re.compile(r"(?:AWS|Amazon)\w+Exception")
"""The base exception of a service that the table above does not have."""


def fault_of(name: str, service: str, *, sdk: bool = False) -> tuple[str, str] | None:
    """Why a retrier with this name never matches an error of a Task of this service, and its remedy.

    None if it can match, or if there is no model to compare with. Errors of Lambda functions have no prefix.
    """
    written_prefix, dot, error = name.partition(".")
    if sdk:
        return _fault_of_sdk(name, written_prefix if dot else "", error if dot else written_prefix, service)
    own = next((prefix for prefix, (known, _) in _BASES.items() if known == service), "")
    if not dot:
        if service in ("", "lambda") or not (own or _errors_of(service)):
            return None
        remedy = (
            f"write {f'{own}.{name}'!r}"
            if own
            else "begin it with the service's name and a dot, as an execution's history shows it"
        )
        return f"{name!r} never matches: Step Functions puts the service before each error", remedy
    prefix = next((known for known in (*_BASES, *_OTHER_PREFIXES) if known.lower() == written_prefix.lower()), None)
    if prefix is None:
        prefix, names = written_prefix, _errors_of(service)
    elif own and prefix in _BASES and prefix != own:
        return (
            f"{name!r} never matches: the state calls {service!r}",
            f"write one of its errors, such as {f'{own}.{_BASES[own][1]}'!r}",
        )
    else:
        names = _names(prefix)
    spelling = {known.lower(): known for known in (*names, *_OF_ANY_SERVICE)}.get(error.lower())
    right = f"{prefix}.{spelling or error}"
    if names and spelling is None and (prefix in _BASES or not _BASE.fullmatch(error)):
        near = nearest(error, names)
        remedy = f"write {f'{prefix}.{near[0]}'!r}" if near else f"write one of its own errors ({', '.join(sorted(names))})"
        if prefix in _BASES:
            remedy += f", or {f'{prefix}.{_BASES[prefix][1]}'!r} for errors that its model lacks"
        return f"{name!r} never matches: the service has no such error", remedy
    return None if right == name else (f"{name!r} never matches: Step Functions writes {right!r}", "use this exact spelling")


def _fault_of_sdk(name: str, written_prefix: str, error: str, service: str) -> tuple[str, str] | None:
    """The same for an ``aws-sdk`` call, whose errors have the prefix and the base exception of the Java SDK."""
    names, prefix = _errors_of(service), sdk_prefix(service)
    if not names:
        return None
    if written_prefix != prefix:
        return (
            f"{name!r} never matches: errors of an aws-sdk call begin with {prefix + '.'!r}",
            f"write {f'{prefix}.{prefix}Exception'!r}",
        )
    spelling = {known.lower(): known for known in (*names, *_OF_ANY_SERVICE, f"{prefix}Exception")}.get(error.lower())
    if spelling is None:
        near = nearest(error, names)
        remedy = (
            f"write {f'{prefix}.{near[0]}'!r}" if near else f"write {f'{prefix}.{prefix}Exception'!r} for what its model lacks"
        )
        return f"{name!r} never matches: the service has no such error", remedy
    return (
        None
        if spelling == error
        else (f"{name!r} never matches: Step Functions writes {f'{prefix}.{spelling}'!r}", "use this exact spelling")
    )


def base_of(service: str, *, sdk: bool) -> str:
    """The base exception of a service: ``Batch.AWSBatchException``, and of an SDK call ``Ssm.SsmException``."""
    own = next((prefix for prefix, (known, _) in _BASES.items() if known == service), "")
    if own and not sdk:
        return f"{own}.{_BASES[own][1]}"
    prefix = sdk_prefix(service)
    return f"{prefix}.{prefix}Exception"


def sdk_prefix(service: str) -> str:
    """The prefix of errors of an ``aws-sdk`` call, as the Java SDK writes a service's id (SSM → Ssm, DynamoDB → DynamoDb)."""
    try:
        name = str(models_of(service).service_id)
    except ModelsMissing:
        name = service
    return java_service(name)


def _names(prefix: str) -> list[str]:
    """The exceptions of a service with its base exception; empty if there is no model."""
    if prefix not in _BASES:
        return []
    service, base = _BASES[prefix]
    names = _errors_of(service)
    return [base, *names] if names else []


def _errors_of(service: str) -> list[str]:
    """The exceptions in the model of a service, as the Java SDK names them; empty if there is no model."""
    try:
        shapes = [str(shape.name) for shape in models_of(service).error_shapes]
    except ModelsMissing:
        return []
    return [name if name.endswith("Exception") else f"{name.removesuffix('Fault')}Exception" for name in shapes]
