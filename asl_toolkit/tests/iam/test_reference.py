"""The judge of policies: exact actions that exist, on resources of their forms, under keys that they have."""

import pytest

from asl_toolkit.services.aws.iam import reference
from asl_toolkit.services.aws.iam.reference import ReferenceMissing, action_faults, policy_faults, takes_resource

A = "eu-central-1:123456789012"


def faults(action, resource, condition=None):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return [str(fault) for fault in policy_faults({"Statement": statement | ({"Condition": condition} if condition else {})})]


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("glue:StartJobRun", f"arn:aws:glue:{A}:job/nightly"),
        ("s3:GetObject", "arn:aws:s3:::lake/data/*"),
        ("s3:ListBucket", "arn:aws-us-gov:s3:::lake"),
        ("dynamodb:Query", [f"arn:aws:dynamodb:{A}:table/t", f"arn:aws:dynamodb:{A}:table/t/index/i"]),
        ("ecs:RunTask", [f"arn:aws:ecs:{A}:task-definition/t", f"arn:aws:ecs:{A}:task-definition/t:*"]),
        ("ecs:StopTask", f"arn:aws:ecs:{A}:task/cluster/*"),
        ("emr-serverless:GetJobRun", f"arn:aws:emr-serverless:{A}:/applications/1/jobruns/*"),
        ("states:RedriveExecution", f"arn:aws:states:{A}:execution:m/Tables:*"),
        ("batch:DescribeJobs", "*"),
        ("iam:PassRole", "arn:aws:iam::123456789012:role/r"),
        ("dms:StartReplicationTask", f"arn:aws:dms:{A}:task:ABCDE"),  # the form of the reference has a plain star
        ("kms:Decrypt", f"arn:aws:kms:{A}:key/1"),
        ("logs:PutLogEvents", f"arn:aws:logs:{A}:log-group:/aws/lambda/f:log-stream:*"),
        ("events:PutRule", f"arn:aws:events:{A}:rule/StepFunctionsGetEventsForECSTaskRule"),
    ],
)
def test_exact_statements(action, resource):
    assert faults(action, resource) == []


@pytest.mark.parametrize(
    ("action", "resource", "fault"),
    [
        ("glue:Start*", f"arn:aws:glue:{A}:job/x", "Statement[0]: 'glue:Start*' is a pattern; write each action"),
        (
            "glue:StartJobs", f"arn:aws:glue:{A}:job/x",
            "Statement[0]: there is no action 'glue:StartJobs'; correct its name: see the service authorization reference",
        ),
        (
            "gule:StartJobRun", "*",
            "Statement[0]: there is no action 'gule:StartJobRun'; correct its name: see the service authorization reference",
        ),
        (
            "glue:StartJobRun", "*",
            ("Statement[0]: glue:StartJobRun is allowed on everything ('*'); "
            "name its resources, such as 'arn:${Partition}:glue:${Region}:${Account}:job/…'"),
        ),
        (
            "batch:DescribeJobs", f"arn:aws:batch:{A}:job/*",
            f"Statement[0]: batch:DescribeJobs takes no resource, so it is never allowed on 'arn:aws:batch:{A}:job/*'; write '*'",
        ),
        (
            "emr-serverless:GetJobRun", f"arn:aws:emr-serverless:{A}:/applications/1",
            (f"Statement[0]: 'arn:aws:emr-serverless:{A}:/applications/1' is not a resource of emr-serverless:GetJobRun; "
            "write arn:${Partition}:emr-serverless:${Region}:${Account}:/applications/…/jobruns/…"),
        ),
        (
            "s3:ListBucket", "arn:aws:s3:::lake/data/*",
            ("Statement[0]: 'arn:aws:s3:::lake/data/*' is not a resource of s3:ListBucket; "
            "write arn:${Partition}:s3:::… or arn:${Partition}:s3:${Region}:${Account}:accesspoint/…"),
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_action_or_its_resource(action, resource, fault):
    assert faults(action, resource) == [fault]


@pytest.mark.parametrize(
    ("action", "resource", "condition"),
    [
        ("iam:PassRole", "arn:aws:iam::1:role/r", {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}),
        ("s3:ListBucket", "arn:aws:s3:::lake", {"StringLikeIfExists": {"s3:prefix": ["data/*"]}}),
        ("kms:Decrypt", f"arn:aws:kms:{A}:key/1", {"StringEquals": {"kms:EncryptionContext:aws:states:stateMachineArn": "m"}}),
        ("ecs:StopTask", f"arn:aws:ecs:{A}:task/c/*", {"ArnEquals": {"ecs:cluster": f"arn:aws:ecs:{A}:cluster/c"}}),
        ("glue:GetJobRun", f"arn:aws:glue:{A}:job/x", {"ForAnyValue:StringEquals": {"aws:CalledVia": ["x"]}}),
        ("athena:StartQueryExecution", f"arn:aws:athena:{A}:workgroup/w", {"Null": {"athena:some": "true"}}),
    ],
)
def test_conditions_that_exist(action, resource, condition):
    assert faults(action, resource, condition) == []


@pytest.mark.parametrize(
    ("action", "resource", "condition", "fault"),
    [
        (
            "s3:GetObject", "arn:aws:s3:::lake/x", {"StringLike": {"s3:prefix": "x"}},
            ("Statement[0]: s3:GetObject has no condition key 's3:prefix'; remove it, or put the action into another statement: "
            "a key that is never set refuses every request"),
        ),
        (
            "glue:GetJobRun", f"arn:aws:glue:{A}:job/x", {"StringsEqual": {"aws:SourceArn": "x"}},
            "Statement[0]: there is no condition operator 'StringsEqual'; correct its name",
        ),
    ],
)  # fmt: skip
def test_conditions_that_do_not(action, resource, condition, fault):
    assert faults(action, resource, condition) == [fault]


def test_the_fault_is_in_its_statement():
    good = {"Effect": "Allow", "Action": "batch:DescribeJobs", "Resource": "*"}
    faults = policy_faults({"Statement": [good, {**good, "Action": ["batch:ListJobs", "batch:Nothing"]}]})
    assert [fault.place for fault in faults] == ["Statement[1]"]


def test_takes_resource():
    assert takes_resource("glue:StartJobRun")
    assert not takes_resource("batch:DescribeJobs")


def test_without_cfn_lint(monkeypatch):
    reference._reference.cache_clear()
    monkeypatch.setattr(reference, "find_spec", lambda name: None)
    with pytest.raises(ReferenceMissing, match=r"is part of cfn-lint, which is not installed: pip install cfn-lint$"):
        takes_resource("glue:StartJobRun")


def test_resources_of_the_other_actions_of_a_statement_are_fine():
    """As in the guide's policy for Athena: one statement for the workgroup and the catalog."""
    actions = ("athena:StartQueryExecution", "athena:GetDataCatalog")
    resources = (f"arn:aws:athena:{A}:workgroup/w", f"arn:aws:athena:{A}:datacatalog/c")
    for action in actions:
        assert [*action_faults("p", action, resources, None, actions)] == []
    [fault] = action_faults("p", actions[0], resources[1:], None, actions)
    assert str(fault).startswith(f"p: 'arn:aws:athena:{A}:datacatalog/c' is not a resource of athena:StartQueryExecution; write")


def test_a_condition_without_values_is_never_met():
    [fault] = faults("glue:StartJobRun", f"arn:aws:glue:{A}:job/x", {"StringEquals": {"aws:SourceVpc": []}})
    assert "the condition on 'aws:SourceVpc' has no values, so it is never met" in fault
