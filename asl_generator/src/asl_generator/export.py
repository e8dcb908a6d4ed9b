"""The files of a deployment for other tools than CloudFormation: definition, policies, bundle, and one file of parameters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from asl_generator.bundle import job_artifacts
from asl_generator.permissions import STATE_MACHINE, policy_document, roles
from asl_generator.template.assemble import template_of
from asl_generator.template.stores import table_in_region
from extract_core.errors import UsageError
from extract_core.tracking.dynamodb.keys import TIME_TO_LIVE, table_definition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from asl_generator.bundle import Bundle
    from asl_generator.machine.definition import MachineDefinition
    from extract_core.contract import Json
    from extract_core.pipeline.model import Pipeline
    from extract_core.registry.installed import Registry

DEFINITION: Final = "state_machine.asl.json"
BUNDLE: Final = "functions.zip"
PARAMETERS: Final = "parameters.json"


def checked_template(pipeline: Pipeline, machine: MachineDefinition, registry: Registry) -> dict[str, Json]:
    """The template of a pipeline that can be exported. It takes no time beside the bundle, so check before you build that.

    Raises UsageError if a job type has ``managed = true``: its resources are CloudFormation's. ConfigError as the template does.
    """
    if machine.infrastructure:
        made = ", ".join(sorted(machine.infrastructure))
        raise UsageError(
            f"CloudFormation makes resources of job types here ({made}), which the exported files can't refer to: make them with "
            "your tool, write their names into [job_types.…] of extract.toml, and remove managed = true"
        )
    return template_of(pipeline, machine, registry)


def exported(pipeline: Pipeline, machine: MachineDefinition, registry: Registry, bundle: Bundle) -> dict[str, bytes]:
    """The files by path. The same pipeline and versions give the same bytes. `bundle` is that of the machine.

    Raises what `checked_template` raises.
    """
    template = checked_template(pipeline, machine, registry)
    grants = roles(pipeline, machine)
    options = pipeline.deploy
    job = job_artifacts()
    files = {
        DEFINITION: machine.to_json().encode(),
        BUNDLE: bundle.data,
        job.script.name: job.script.data,
        job.wheel.name: job.wheel.data,
        **{_policy(role): _text(cast("Json", policy_document(own))) for role, own in grants.items()},
    }
    parameters: dict[str, Json] = {
        "name": pipeline.name,
        "partition": pipeline.partition,
        "region": pipeline.region,
        "account": pipeline.account,
        "state_machine": {
            "name": machine.name,
            "definition": DEFINITION,
            "policy": _policy(STATE_MACHINE),
            "log_group": f"/aws/vendedlogs/states/{machine.name}",
            "tracing": options.tracing,
        },
        "functions": dict(_functions(pipeline, template)),
        "bundle": {"file": BUNDLE, "sha256": bundle.sha256},
        "job": {"script": job.script.name, "wheel": job.wheel.name},
        "log_retention_days": options.log_retention_days,
        "tags": dict(options.tags),
        "tracking_table": _table(pipeline) if "tracking" in options.managed else None,
        "schedules": {
            name: {"when": of.when, "timezone": of.timezone, "enabled": of.enabled, "event": dict(of.event)}
            for name, of in sorted(pipeline.schedules.items())
        },
    }
    files[PARAMETERS] = _text(parameters)
    return files


def _table(pipeline: Pipeline) -> Json:
    """The tracking table, in the words of CreateTable and UpdateTimeToLive."""
    definition = table_definition(table_in_region(pipeline) or "")
    return cast("Json", {**definition, "TimeToLiveSpecification": dict(TIME_TO_LIVE)})


def _functions(pipeline: Pipeline, template: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """The Lambda functions as the template has them, by name without the pipeline's."""
    resources = cast("Mapping[str, Any]", template["Resources"])
    functions = [body["Properties"] for body in resources.values() if body["Type"] == "AWS::Lambda::Function"]
    for function in sorted(functions, key=lambda properties: properties["FunctionName"]):
        role = function["FunctionName"].removeprefix(f"{pipeline.name}-")
        vpc = function.get("VpcConfig", {})
        yield (
            role,
            {
                "name": function["FunctionName"],
                "handler": function["Handler"],
                "runtime": function["Runtime"],
                "architecture": function["Architectures"][0],
                "memory_mb": function["MemorySize"],
                "timeout_seconds": function["Timeout"],
                "environment": function["Environment"]["Variables"],
                "policy": _policy(role),
                "log_group": f"/aws/lambda/{function['FunctionName']}",
                "subnets": vpc.get("SubnetIds", []),
                "security_groups": vpc.get("SecurityGroupIds", []),
            },
        )


def _policy(role: str) -> str:
    return f"policies/{role}.json"


def _text(value: Json) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
