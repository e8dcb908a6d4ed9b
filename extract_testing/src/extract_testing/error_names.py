"""Names of errors as Step Functions writes them: the service's prefix and the exception's, by botocore's model, case included.

An error that the service's model has not comes under its base exception (``SageMaker.AmazonSageMakerException``): see
extract_core.parsing.verdicts. Names are those of Java's SDK: ``ResourceLimitExceeded`` of a model is ``…Exception`` there.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from extract_testing.service_models import ModelsMissing, models_of

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
"""By prefix: the service as a Resource calls it, and its base exception."""
_OTHER_PREFIXES: Final = ("AmazonECS", "DynamoDB", "Lambda", "States", "StepFunctions")
_OF_ANY_SERVICE: Final = frozenset(
    {"AccessDeniedException", "InternalFailureException", "ServiceUnavailableException", "ThrottlingException", "Unknown"}
)
"""Errors that every service has though few models say so (each API reference, "Common Errors")."""


def fault_of(name: str) -> tuple[str, str] | None:
    """Why a retrier with this name never matches, and what to write; None where it may, or nothing is known of the service."""
    given, dot, error = name.partition(".")
    prefix = next((each for each in (*_BASES, *_OTHER_PREFIXES) if dot and each.lower() == given.lower()), None)
    if prefix is None:
        return None
    names = _names(prefix)
    written = {each.lower(): each for each in (*names, *_OF_ANY_SERVICE)}.get(error.lower())
    right = f"{prefix}.{written or error}"
    if names and written is None:
        near = get_close_matches(error, names, n=1)
        base = f"{prefix}.{_BASES[prefix][1]}"
        remedy = f"write {f'{prefix}.{near[0]}'!r}" if near else "write one of its own errors"
        return f"{name!r} never matches: the service has no such error", f"{remedy}, or {base!r}, for what its model has not"
    return None if right == name else (f"{name!r} never matches: Step Functions writes {right!r}", "write it exactly so")


def _names(prefix: str) -> list[str]:
    """The exceptions of a service; empty where there is no model of it."""
    if prefix not in _BASES:
        return []
    service, base = _BASES[prefix]
    try:
        shapes = [str(shape.name) for shape in models_of(service).error_shapes]
    except ModelsMissing:
        return []
    return [base, *(each if each.endswith("Exception") else f"{each.removesuffix('Fault')}Exception" for each in shapes)]
