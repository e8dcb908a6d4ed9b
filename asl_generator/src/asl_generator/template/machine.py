"""The state machine in the template: its role and policy, its log group, the machine itself.

Facts: a machine is refused if its policy does not exist yet, so it depends on the policy. The name of its log group begins with
/aws/vendedlogs/states/, or the account's resource policy of CloudWatch Logs grows over its 5,120 characters (Step Functions
guide, "Logging using CloudWatch Logs"). There are no DefinitionSubstitutions: CloudFormation would report drift for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asl_generator.machine.json_text import text
from asl_generator.template.resources import attribute, policy_document, ref, resource, trusted
from extract_core.contract import Statement

if TYPE_CHECKING:
    from asl_generator.machine.definition import MachineDefinition
    from extract_core.contract import Json
    from extract_core.pipeline.model import Pipeline

MACHINE: Final = "Machine"
MACHINE_ROLE: Final = "MachineRole"
MACHINE_POLICY: Final = "MachinePolicy"
MACHINE_LOGS: Final = "MachineLogs"

_DELIVERS_LOGS: Final = (
    *("logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies"),
    *("logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery"),
)
"""Actions without a resource type (service authorization reference, Amazon CloudWatch Logs)."""


def machine_resources(pipeline: Pipeline, machine: MachineDefinition) -> dict[str, Json]:
    """The resources of the machine by logical id."""
    own = f"arn:{pipeline.partition}:states:{pipeline.region}:{pipeline.account}:stateMachine:{machine.name}"
    only_this: dict[str, Json] = {
        "StringEquals": {"aws:SourceAccount": pipeline.account},
        "ArnLike": {"aws:SourceArn": [own, f"{own}:*"]},
    }
    statements = [*machine.statements, Statement(actions=_DELIVERS_LOGS, resources=("*",))]
    return {
        MACHINE_LOGS: resource(
            "AWS::Logs::LogGroup", {"LogGroupName": f"/aws/vendedlogs/states/{machine.name}", "RetentionInDays": 90}
        ),
        MACHINE_ROLE: resource(
            "AWS::IAM::Role",
            {
                "AssumeRolePolicyDocument": trusted("states.amazonaws.com", only_this),
            },
        ),
        MACHINE_POLICY: resource(
            "AWS::IAM::Policy",
            {
                "PolicyName": "extract",
                "PolicyDocument": policy_document(statements),
                "Roles": [ref(MACHINE_ROLE)],
            },
        ),
        MACHINE: resource(
            "AWS::StepFunctions::StateMachine",
            {
                "StateMachineName": machine.name,
                "StateMachineType": "STANDARD",
                "DefinitionString": text(machine.definition, indent=None),
                "RoleArn": attribute(MACHINE_ROLE, "Arn"),
                "LoggingConfiguration": {
                    "Level": "ERROR",
                    "IncludeExecutionData": False,
                    "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": attribute(MACHINE_LOGS, "Arn")}}],
                },
            },
            after=[MACHINE_POLICY],
        ),
    }
