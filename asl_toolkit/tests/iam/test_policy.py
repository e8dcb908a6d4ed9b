"""Decisions as IAM makes them (IAM user guide, "Policy evaluation logic", "Condition operators", "Variables and tags")."""

import pytest

from asl_toolkit.services.aws.iam.conditions import PolicyError, holds
from asl_toolkit.services.aws.iam.policy import Request, decide, refused

TASK = "arn:aws:ecs:eu-central-1:123456789012:task/lake/1"


def allow(action="s3:GetObject", resource="arn:aws:s3:::lake/*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def kind(statements, request, boundary=()):
    return decide([{"Statement": statements}], request, boundary).kind


@pytest.mark.parametrize(
    ("statement", "request_", "expected"),
    [
        (allow(), Request("s3:GetObject", "arn:aws:s3:::lake/a/b"), "allowed"),
        (allow(), Request("S3:getobject", "arn:aws:s3:::lake/a"), "allowed"),  # actions have no case
        (allow(), Request("s3:GetObject", "arn:aws:s3:::Lake/a"), "not allowed"),  # resources have
        (allow(), Request("s3:PutObject", "arn:aws:s3:::lake/a"), "not allowed"),
        (allow("s3:Get*"), Request("s3:GetObjectAcl", "arn:aws:s3:::lake/a"), "allowed"),
        (allow("*", "*"), Request("glue:StartJobRun", "arn:aws:glue:::job/x"), "allowed"),
        (allow(["s3:PutObject", "s3:GetObject"]), Request("s3:GetObject", "arn:aws:s3:::lake/a"), "allowed"),
        (allow(resource="arn:aws:s3:::lak?/a"), Request("s3:GetObject", "arn:aws:s3:::lake/a"), "allowed"),
        (allow(resource="arn:aws:s3:::lake/a.b"), Request("s3:GetObject", "arn:aws:s3:::lake/aXb"), "not allowed"),
        (allow("ecs:StopTask", "arn:aws:ecs:*:123456789012:task/*"), Request("ecs:StopTask", TASK), "allowed"),
        (allow("ecs:StopTask", "arn:aws:ecs:*:task/lake/1"), Request("ecs:StopTask", TASK), "not allowed"),  # part by part
        ({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}, Request("ecs:StopTask", TASK), "allowed"),
        ({"Effect": "Allow", "NotAction": "ecs:*", "Resource": "*"}, Request("ecs:StopTask", TASK), "not allowed"),
        ({"Effect": "Allow", "Action": "*", "NotResource": TASK}, Request("ecs:StopTask", TASK), "not allowed"),
        ([allow(), {**allow(resource="*"), "Effect": "Deny"}], Request("s3:GetObject", "arn:aws:s3:::lake/a"), "denied"),
        ([], Request("s3:GetObject", "arn:aws:s3:::lake/a"), "not allowed"),
    ],
)
def test_actions_and_resources(statement, request_, expected):
    assert kind(statement, request_) == expected


@pytest.mark.parametrize(
    ("resource", "user", "expected"),
    [
        ("arn:aws:s3:::lake/${aws:username}/*", "ann", "allowed"),
        ("arn:aws:s3:::lake/${aws:username}/*", "bob", "not allowed"),
        ("arn:aws:s3:::lake/${aws:username}/*", "*", "not allowed"),  # a value is not a pattern
        ("arn:aws:s3:::lake/${aws:username}/*", None, "not allowed"),
        ("arn:aws:s3:::lake/${aws:username, 'ann'}/*", None, "allowed"),
        ("arn:aws:s3:::lake/${*}nn/*", "ann", "not allowed"),
    ],
)
def test_variables(resource, user, expected):
    context = {} if user is None else {"aws:UserName": user}
    assert kind(allow(resource=resource), Request("s3:GetObject", "arn:aws:s3:::lake/ann/x", context)) == expected


HOLDS = [
    ("StringEquals", ["a", "b"], "b", True),
    ("StringEquals", "a*", "ab", False),
    ("StringEquals", "a*", "a*", True),
    ("StringEquals", "A", "a", False),
    ("StringEqualsIgnoreCase", "A", "a", True),
    ("StringNotEquals", ["a", "b"], "b", False),
    ("StringNotEquals", "a", "b", True),
    ("StringNotEquals", "a", None, True),
    ("StringEquals", "a", None, False),
    ("StringEqualsIfExists", "a", None, True),
    ("StringEqualsIfExists", "a", "b", False),
    ("StringLike", "data/*", "data/x/y", True),
    ("StringLike", "data/?", "data/xy", False),
    ("StringNotLike", "data/*", "runs/x", True),
    ("ArnLike", "arn:aws:ecs:*:*:task/lake/*", TASK, True),
    ("ArnEquals", TASK, TASK, True),
    ("ArnEquals", "arn:aws:ecs:*:task/lake/1", TASK, False),
    ("ArnNotLike", "arn:aws:ecs:*:*:task/*", TASK, False),
    ("Bool", True, "true", True),
    ("Bool", "false", "true", False),
    ("BoolIfExists", "true", None, True),
    ("Null", "true", None, True),
    ("Null", "true", "x", False),
    ("Null", False, "x", True),
    ("NumericLessThan", 10, "9.5", True),
    ("NumericGreaterThanEquals", "10", "9", False),
    ("NumericNotEquals", "10", "9", True),
    ("NumericEquals", "10", "ten", False),
    ("DateGreaterThan", "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", True),
    ("DateLessThan", "2026-01-01T00:00:00Z", "1790000000", False),
    ("IpAddress", "10.0.0.0/8", "10.1.2.3", True),
    ("NotIpAddress", "10.0.0.0/8", "10.1.2.3", False),
    ("BinaryEquals", "QUI=", "QUI=", True),
    ("ForAllValues:StringEquals", ["a", "b"], ("a", "b"), True),
    ("ForAllValues:StringEquals", ["a"], ("a", "b"), False),
    ("ForAllValues:StringEquals", ["a"], None, True),
    ("ForAnyValue:StringEquals", ["a"], ("a", "b"), True),
    ("ForAnyValue:StringEquals", ["a"], None, False),
    ("ForAnyValue:StringLike", ["a*"], ("b", "ab"), True),
]


@pytest.mark.parametrize(("operator", "wanted", "value", "expected"), HOLDS)
def test_condition_operators(operator, wanted, value, expected):
    values = {} if value is None else {"aws:key": value if isinstance(value, tuple) else (value,)}
    assert holds({operator: {"aws:Key": wanted}}, values) is expected


def test_all_operators_and_all_keys_must_hold():
    condition = {"StringEquals": {"a:x": "1", "a:y": "2"}, "Bool": {"a:z": "true"}}
    context = {"a:x": ("1",), "a:y": ("2",), "a:z": ("true",)}
    assert holds(condition, context)
    assert [key for key in context if holds(condition, {name: value for name, value in context.items() if name != key})] == []


def test_a_boundary_must_allow_as_well():
    request = Request("s3:GetObject", "arn:aws:s3:::lake/a")
    assert kind(allow(), request, [{"Statement": allow("s3:Put*")}]) == "not allowed"
    assert kind(allow(), request, [{"Statement": allow("s3:*")}]) == "allowed"
    assert kind([], request, [{"Statement": allow("s3:*")}]) == "not allowed"


def test_the_decision_names_its_statement():
    policies = [{"Statement": []}, {"Statement": [allow("s3:Put*"), allow()]}]
    decision = decide(policies, Request("s3:GetObject", "arn:aws:s3:::lake/a"))
    assert (decision.policy, decision.statement, decision.is_allowed) == (1, 1, True)


def test_what_is_refused():
    requests = [Request("s3:GetObject", "arn:aws:s3:::lake/a"), Request("s3:PutObject", "arn:aws:s3:::lake/a")]
    assert list(map(str, refused([{"Statement": allow()}], requests))) == ["s3:PutObject on arn:aws:s3:::lake/a"]


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ({**allow(), "Effect": "allow"}, "Statement[0]: Effect is 'allow'; write Allow or Deny"),
        ({"Effect": "Allow", "Resource": "*"}, "Statement[0]: it needs Action or NotAction, and not both"),
        ({"Effect": "Allow", "Action": "*"}, "Statement[0]: it needs Resource or NotResource, and not both"),
        ({**allow(), "Principal": "*"}, "Statement[0]: it has Principal, which the policy of an identity does not have"),
        ("s3:GetObject", "Statement[0]: it is not an object"),
        (allow(Condition={"StringEqual": {"aws:x": "1"}}), "there is no condition operator 'StringEqual'"),
    ],
)
def test_a_document_that_iam_would_not_take(statement, problem):
    with pytest.raises(PolicyError) as refusal:
        kind(statement, Request("s3:GetObject", "arn:aws:s3:::lake/a"))
    assert str(refusal.value) == problem
