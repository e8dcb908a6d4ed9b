"""The Lambda functions in the template: those of the core and of job types, each with its role, policy and log group."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from asl_generator.deployments.infrastructure import BUCKET, BUNDLE_KEY
from asl_generator.functions import handler_of
from asl_generator.machine.core_states import (
    CONFIG_MANAGER_FUNCTION,
    HANDLERS,
    LAMBDA_SECONDS,
    RECONCILE_FUNCTION,
    STATUS_FUNCTION,
    SUMMARY_FUNCTION,
    TAKE_SLOT_FUNCTION,
)
from asl_generator.permissions.of_functions import FUNCTIONS, NOTIFYING
from asl_generator.template.resources import attribute, ref, resource, role
from extract_core.dataclass import dataclass
from extract_core.pipeline.variables import variables_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from asl_generator.permissions import Granted
    from extract_core.contract import Json, LambdaFunction
    from extract_core.pipeline.model import Pipeline


@dataclass(frozen=True, slots=True)
class Size:
    """Memory in MB, which also sets the share of a processor (1,769 MB are one vCPU, Lambda guide), and seconds."""

    memory: int
    seconds: int


_CORE: Final[Mapping[str, Size]] = {
    CONFIG_MANAGER_FUNCTION: Size(1_769, LAMBDA_SECONDS),
    STATUS_FUNCTION: Size(512, 300),
    SUMMARY_FUNCTION: Size(1_769, LAMBDA_SECONDS),
    RECONCILE_FUNCTION: Size(1_769, LAMBDA_SECONDS),
}
_OF_POOLS: Final[Mapping[str, Size]] = {TAKE_SLOT_FUNCTION: Size(512, 300)}


def function_id(function: str) -> str:
    """The logical id of a function: ``job-run-status`` → ``JobRunStatusFunction``."""
    return "".join(part.capitalize() for part in re.findall(r"[A-Za-z0-9]+", function)) + "Function"


def function_resources(
    pipeline: Pipeline, own: Iterable[LambdaFunction], roles: Mapping[str, Sequence[Granted]]
) -> dict[str, Json]:
    """The resources of all functions by logical id. `own` are those of job types, `roles` the grants of all roles."""
    made: dict[str, Json] = {}
    for function, size in {**_CORE, **(_OF_POOLS if pipeline.pools else {})}.items():
        made |= _one(pipeline, function, HANDLERS[function], size, roles[function])
    for declared in own:
        size = Size(declared.memory_mb, declared.timeout_seconds)
        made |= _one(pipeline, declared.name, handler_of(declared), size, roles[declared.name])
    return made


def _one(pipeline: Pipeline, function: str, handler: str, size: Size, grants: Sequence[Granted]) -> dict[str, Json]:
    options, name, logical_id = pipeline.deploy, f"{pipeline.name}-{function}", function_id(function)
    variables = variables_of(pipeline, plugins=function in FUNCTIONS, notify=function in NOTIFYING)
    properties: dict[str, Json] = {
        "FunctionName": name,
        "Runtime": options.runtime,
        "Architectures": [options.architecture],
        "Handler": handler,
        "Code": {"S3Bucket": ref(BUCKET), "S3Key": ref(BUNDLE_KEY)},
        "Role": attribute(f"{logical_id}Role", "Arn"),
        "MemorySize": size.memory,
        "Timeout": size.seconds,
        "Environment": {"Variables": variables},
        "LoggingConfig": {"LogGroup": ref(f"{logical_id}Logs")},
    }
    if options.subnets:
        properties["VpcConfig"] = {"SubnetIds": [*options.subnets], "SecurityGroupIds": [*options.security_groups]}
    logs: dict[str, Json] = {"LogGroupName": f"/aws/lambda/{name}", "RetentionInDays": options.log_retention_days}
    return {
        **role(f"{logical_id}Role", "lambda.amazonaws.com", grants),
        f"{logical_id}Logs": resource("AWS::Logs::LogGroup", logs),
        logical_id: resource("AWS::Lambda::Function", properties, after=[f"{logical_id}RolePolicy"]),
    }
