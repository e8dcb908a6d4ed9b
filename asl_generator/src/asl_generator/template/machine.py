"""The state machine in the template: its role and policy, its log group, the machine itself, its version and alias.

Facts: a machine is refused if its policy does not exist yet, so it depends on the policy. The name of its log group begins with
/aws/vendedlogs/states/, or the account's resource policy of CloudWatch Logs grows over its 5,120 characters (Step Functions
guide, "Logging using CloudWatch Logs"). There are no DefinitionSubstitutions: CloudFormation would report drift for ever
(coverage-roadmap#2562). A version is replaced at each change, and the alias needs the old one until then (aws-cdk#27250).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asl_generator.machine.json_text import text
from asl_generator.permissions import STATE_MACHINE
from asl_generator.template.resources import attribute, ref, resource, role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from asl_generator.machine.definition import MachineDefinition
    from asl_generator.permissions import Granted
    from extract_core.contract import Json
    from extract_core.pipeline.model import Pipeline

MACHINE: Final = "Machine"
ALIAS: Final = "MachineAlias"
ALIAS_NAME: Final = "live"
_LOGS: Final = "MachineLogs"
_ROLE: Final = "MachineRole"
_VERSION: Final = "MachineVersion"


def machine_resources(pipeline: Pipeline, machine: MachineDefinition, roles: Mapping[str, Sequence[Granted]]) -> dict[str, Json]:
    """The resources of the machine by logical id. `roles` are the grants of all roles."""
    options = pipeline.deploy
    own = f"arn:{pipeline.partition}:states:{pipeline.region}:{pipeline.account}:stateMachine:{machine.name}"
    only_this: dict[str, Json] = {
        "StringEquals": {"aws:SourceAccount": pipeline.account},
        "ArnLike": {"aws:SourceArn": [own, f"{own}:*"]},
    }
    logs: dict[str, Json] = {
        "LogGroupName": f"/aws/vendedlogs/states/{machine.name}",
        "RetentionInDays": options.log_retention_days,
    }
    properties: dict[str, Json] = {
        "StateMachineName": machine.name,
        "StateMachineType": "STANDARD",
        "DefinitionString": text(machine.definition, indent=None),
        "RoleArn": attribute(_ROLE, "Arn"),
        "LoggingConfiguration": {
            "Level": "ERROR",
            "IncludeExecutionData": False,
            "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": attribute(_LOGS, "Arn")}}],
        },
        "TracingConfiguration": {"Enabled": options.tracing},
    }
    if options.kms_key:
        logs["KmsKeyId"] = options.kms_key
        properties["EncryptionConfiguration"] = {
            "Type": "CUSTOMER_MANAGED_KMS_KEY",
            "KmsKeyId": options.kms_key,
            "KmsDataKeyReusePeriodSeconds": 300,
        }
    return {
        _LOGS: resource("AWS::Logs::LogGroup", logs),
        **role(_ROLE, "states.amazonaws.com", roles[STATE_MACHINE], only_this),
        MACHINE: resource("AWS::StepFunctions::StateMachine", properties, after=[f"{_ROLE}Policy"]),
        **(_version() if "alias" in options.managed else {}),
    }


def _version() -> dict[str, Json]:
    """A version for each revision of the machine, and the alias that points at the newest one."""
    revision = {"StateMachineArn": ref(MACHINE), "StateMachineRevisionId": attribute(MACHINE, "StateMachineRevisionId")}
    preference: dict[str, Json] = {"StateMachineVersionArn": ref(_VERSION), "Type": "ALL_AT_ONCE"}
    return {
        _VERSION: resource("AWS::StepFunctions::StateMachineVersion", revision, keep=True),
        ALIAS: resource("AWS::StepFunctions::StateMachineAlias", {"Name": ALIAS_NAME, "DeploymentPreference": preference}),
    }
