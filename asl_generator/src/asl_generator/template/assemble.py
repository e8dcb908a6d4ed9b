"""The whole template of a pipeline, from its parts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, cast

from asl_generator.deployments.infrastructure import BUCKET, BUNDLE_KEY, SCRIPT_KEY, WHEEL_KEY, substituted
from asl_generator.errors import GeneratorError
from asl_generator.functions import own_functions
from asl_generator.permissions import roles
from asl_generator.template.events import event_resources
from asl_generator.template.functions import function_resources
from asl_generator.template.machine import ALIAS, MACHINE, machine_resources
from asl_generator.template.resources import ref, resource
from asl_generator.template.stores import store_resources, table_in_region
from extract_core.errors import ConfigError, UsageError
from extract_core.pipeline.model import NO_ACCOUNT
from extract_core.pipeline.toml_reading import finding_at
from extract_core.plan.places import s3_place

if TYPE_CHECKING:
    from collections.abc import Collection

    from asl_generator.machine.definition import MachineDefinition
    from extract_core.contract import Json
    from extract_core.pipeline.model import Pipeline
    from extract_core.registry.installed import Registry

MOST_INLINE: Final = 51_200
"""Bytes of a template that a request can hold (CloudFormation quotas)."""
MOST: Final = 1_000_000
"""Bytes of a template in S3: 1 MB."""
MOST_RESOURCES: Final = 500

_PARAMETERS: Final = {
    BUCKET: "The bucket of the artifacts",
    BUNDLE_KEY: "The key of the zip that all Lambda functions run from; it holds the hash of the zip",
    SCRIPT_KEY: "The key of the script that starts the reference job",
    WHEEL_KEY: "The key of the reference job's wheel",
}


def template_of(pipeline: Pipeline, machine: MachineDefinition, registry: Registry) -> dict[str, Json]:
    """The template: every value is plain JSON. Its parameters are the places of the artifacts, which `up` fills in.

    Raises UsageError for places that are not in AWS, ConfigError for schedules and parts that cannot be deployed, GeneratorError
    for job types whose resources have the same name, and for a template over the limits of CloudFormation.
    """
    _check(pipeline)
    grants = roles(pipeline, machine)
    made = _merged(
        machine_resources(pipeline, machine, grants),
        function_resources(pipeline, own_functions(machine, registry), grants),
        store_resources(pipeline),
        event_resources(pipeline, grants),
        {logical_id: resource(of.type, of.properties, after=of.after) for logical_id, of in machine.infrastructure.items()},
    )
    if pipeline.deploy.permissions_boundary:
        _bound(made, pipeline.deploy.permissions_boundary)
    resources = {logical_id: _with_tokens(body, machine.infrastructure) for logical_id, body in sorted(made.items())}
    if len(resources) > MOST_RESOURCES:
        raise GeneratorError(
            [f"the template has {len(resources):,} resources, but CloudFormation allows {MOST_RESOURCES}: use fewer job types"]
        )
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Extract pipeline {pipeline.name}",
        "Parameters": _parameters(pipeline, resources),
        "Resources": cast("Json", resources),
        "Outputs": _outputs(pipeline),
    }


def _check(pipeline: Pipeline) -> None:
    if pipeline.account == NO_ACCOUNT:
        finding = 'write the account that the stack is for: account = "123456789012"'
        raise ConfigError([finding_at(pipeline, "pipeline.account", finding)])
    findings = []
    for name, schedule in pipeline.schedules.items():
        from extract_core.plan.event import read_event

        try:
            read_event(schedule.event)
        except UsageError as error:
            findings.append(finding_at(pipeline, f"schedules.{name}.event", str(error)))
    if "tracking" in pipeline.deploy.managed and table_in_region(pipeline) is None:
        words = f"the table is in another region than the stack ({pipeline.region}): leave tracking out of deploy.managed"
        findings.append(finding_at(pipeline, "pipeline.tracking", words))
    if findings:
        raise ConfigError(findings)


def _merged(*parts: dict[str, Json]) -> dict[str, Json]:
    made: dict[str, Json] = {}
    for part in parts:
        if taken := sorted(made.keys() & part.keys()):
            raise GeneratorError([f"two resources of the template have the logical id {taken[0]!r}: rename that of the job type"])
        made |= part
    return made


def _bound(resources: dict[str, Json], boundary: str) -> None:
    for body in resources.values():
        if isinstance(body, dict) and body["Type"] == "AWS::IAM::Role":
            body["Properties"]["PermissionsBoundary"] = boundary


def _with_tokens(value: Json, infrastructure: Collection[str]) -> Json:
    """The value, with a function of CloudFormation for each text that names a resource of a job type: ``${GlueRole.Arn}``."""
    if isinstance(value, str):
        return substituted(value, infrastructure) if "${" in value else value
    if isinstance(value, dict):
        if value.keys() == {"Fn::Sub"}:
            return value
        return {key: _with_tokens(member, infrastructure) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_with_tokens(element, infrastructure) for element in value]
    return value


def _parameters(pipeline: Pipeline, resources: dict[str, Json]) -> dict[str, Json]:
    """The parameters that the resources use, with the bucket of extract.toml as a default."""
    text = json.dumps(resources)
    used = {BUCKET, BUNDLE_KEY, *(key for key in (SCRIPT_KEY, WHEEL_KEY) if f"${{{key}}}" in text)}
    parameters: dict[str, Json] = {}
    for name, words in _PARAMETERS.items():
        if name in used:
            parameter: dict[str, Json] = {"Type": "String", "Description": words}
            if name == BUCKET and pipeline.deploy.artifacts_uri:
                parameter["Default"] = s3_place(pipeline.deploy.artifacts_uri)[0]
            parameters[name] = parameter
    return parameters


def _outputs(pipeline: Pipeline) -> dict[str, Json]:
    outputs: dict[str, Json] = {"StateMachineArn": {"Value": ref(MACHINE), "Description": "state_machine of extract.toml"}}
    if "alias" in pipeline.deploy.managed:
        outputs["AliasArn"] = {"Value": ref(ALIAS), "Description": "The alias of the newest version"}
    return outputs


def check_size(text: str) -> None:
    """GeneratorError for a template that CloudFormation does not take, in S3 either."""
    size = len(text.encode())
    if size > MOST:
        raise GeneratorError(
            [f"the template has {size:,} bytes, but CloudFormation allows {MOST:,}: use fewer job types, or a second pipeline"]
        )
