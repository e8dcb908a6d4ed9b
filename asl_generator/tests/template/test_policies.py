"""Every policy of the template, those of job types' roles too, before the judge: AWS's own list of actions and resources."""

from __future__ import annotations

import re

from asl_toolkit.services.aws.iam.reference import policy_faults

from .conftest import ALL


def resolved(value):
    """The value as CloudFormation resolves its functions, with invented names."""
    if isinstance(value, dict):
        if value.keys() == {"Fn::Sub"}:
            text = re.sub(r"\$\{\w+\.Arn\}", "arn:aws:iam::123456789012:role/made", value["Fn::Sub"]).replace(
                "${AWS::Partition}", "aws"
            )
            return re.sub(r"\$\{\w+\}", "made", text)
        if value.keys() <= {"Ref", "Fn::GetAtt"}:
            return "arn:aws:sqs:eu-central-1:123456789012:made"
        return {key: resolved(member) for key, member in value.items()}
    return [resolved(member) for member in value] if isinstance(value, list) else value


def test_every_policy_allows_actions_and_resources_that_aws_has(template):
    policies = {
        name: resolved(body["Properties"]["PolicyDocument"])
        for name, body in template(ALL)["Resources"].items()
        if body["Type"] == "AWS::IAM::Policy"
    }
    assert {"GlueRolePolicy", "ECSTaskRolePolicy", "ECSExecutionRolePolicy", "BatchJobRolePolicy"} <= policies.keys()
    faults = [f"{name}: {fault}" for name, policy in policies.items() for fault in policy_faults(policy)]
    assert faults == []
