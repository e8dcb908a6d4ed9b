"""Names of errors as Step Functions writes them: the service's prefix and the exception of botocore's model, case-sensitive.

An error that is missing in the model arrives under the service's base exception (``SageMaker.AmazonSageMakerException``): see
extract_core.parsing.verdicts. The names are those of the Java SDK: ``ResourceLimitExceeded`` becomes ``…Exception``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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


def fault_of(name: str) -> tuple[str, str] | None:
    """Why a retrier with this name never matches, and its remedy; None if it can match or the service is unknown."""
    written_prefix, dot, error = name.partition(".")
    prefix = next((known for known in (*_BASES, *_OTHER_PREFIXES) if dot and known.lower() == written_prefix.lower()), None)
    if prefix is None:
        return None
    names = _names(prefix)
    spelling = {known.lower(): known for known in (*names, *_OF_ANY_SERVICE)}.get(error.lower())
    right = f"{prefix}.{spelling or error}"
    if names and spelling is None:
        near = nearest(error, names)
        base = f"{prefix}.{_BASES[prefix][1]}"
        remedy = f"write {f'{prefix}.{near[0]}'!r}" if near else "write one of its own errors"
        return (
            f"{name!r} never matches: the service has no such error",
            f"{remedy}, or {base!r} for errors that its model lacks",
        )
    return None if right == name else (f"{name!r} never matches: Step Functions writes {right!r}", "use this exact spelling")


def _names(prefix: str) -> list[str]:
    """The exceptions of a service; empty if there is no model."""
    if prefix not in _BASES:
        return []
    service, base = _BASES[prefix]
    try:
        shapes = [str(shape.name) for shape in models_of(service).error_shapes]
    except ModelsMissing:
        return []
    return [base, *(name if name.endswith("Exception") else f"{name.removesuffix('Fault')}Exception" for name in shapes)]
