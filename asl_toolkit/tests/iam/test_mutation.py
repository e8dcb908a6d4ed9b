"""Parts of policies that nothing needs are found, and parts that something needs are not."""

import pytest

from asl_toolkit.services.aws.iam.mutation import score
from asl_toolkit.services.aws.iam.policy import Request

GET, PUT = Request("s3:GetObject", "arn:aws:s3:::lake/a"), Request("s3:PutObject", "arn:aws:s3:::lake/a")


def allow(action, resource="arn:aws:s3:::lake/*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def scored(statements, *requests):
    return score({"role": [{"Statement": statements}]}, [("role", request) for request in requests])


def test_a_policy_that_allows_exactly_what_was_asked_for():
    result = scored([allow(["s3:GetObject", "s3:PutObject"])], GET, PUT)
    assert (result.mutants, result.noticed, result.percent) == (3, 3, 100.0)
    assert (result.superfluous, result.unused, result.refused) == ([], [], [])


@pytest.mark.parametrize(
    ("statements", "superfluous", "unused"),
    [
        (
            [allow(["s3:GetObject", "s3:PutObject"])],
            ["action s3:PutObject of statement 0.0"],
            ["s3:PutObject on arn:aws:s3:::lake/*"],
        ),
        (
            [allow("s3:GetObject", ["arn:aws:s3:::lake/*", "arn:aws:s3:::pond/*"])],
            ["resource arn:aws:s3:::pond/* of statement 0.0"],
            ["s3:GetObject on arn:aws:s3:::pond/*"],
        ),
        (  # two that allow the same: neither is needed
            [allow("s3:GetObject"), allow("s3:GetObject", "arn:aws:s3:::lake/a")],
            [
                "action s3:GetObject of statement 0.0", "resource arn:aws:s3:::lake/* of statement 0.0",
                "action s3:GetObject of statement 0.1", "resource arn:aws:s3:::lake/a of statement 0.1",
            ],
            [],
        ),
    ],
)  # fmt: skip
def test_what_is_added_is_found(statements, superfluous, unused):
    result = scored(statements, GET)
    assert result.superfluous == [f"role: {line}" for line in superfluous]
    assert result.unused == [f"role: {line}" for line in unused]


PASS = Request("iam:PassRole", "arn:aws:iam::1:role/job", {"iam:PassedToService": "ecs-tasks.amazonaws.com"})
TO_ECS = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}


def test_a_condition_that_is_needed_and_limits():
    result = scored([allow("iam:PassRole", "arn:aws:iam::1:role/job", Condition=TO_ECS)], PASS)
    assert (result.mutants, result.conditions, result.superfluous) == (4, 2, [])


@pytest.mark.parametrize("operator", ["StringLikeIfExists", "ForAllValues:StringLike", "ForAnyValue:StringEquals", "ArnLike"])
def test_every_form_of_an_operator_for_texts_is_taken_apart(operator):
    value = "arn:aws:ecs:eu-central-1:1:cluster/a"
    request = Request("ecs:RunTask", "*", {"ecs:Cluster": [value]})
    assert scored([allow("ecs:RunTask", "*", Condition={operator: {"ecs:cluster": value}})], request).superfluous == []


@pytest.mark.parametrize(
    ("statements", "superfluous"),
    [
        (  # a value that no request has
            [
                allow(
                    "iam:PassRole",
                    "*",
                    Condition={"StringEquals": {"iam:PassedToService": [*TO_ECS["StringEquals"].values(), "x"]}},
                )
            ],
            ["value x of iam:PassedToService (StringEquals) of statement 0.0"],
        ),
        (  # a condition that limits nothing, because another statement allows the same without it
            [allow("iam:PassRole", "arn:aws:iam::1:role/*", Condition=TO_ECS), allow("iam:PassRole", "arn:aws:iam::1:role/job")],
            [
                "action iam:PassRole of statement 0.0",
                "resource arn:aws:iam::1:role/* of statement 0.0",
                "action iam:PassRole of statement 0.1",
                "resource arn:aws:iam::1:role/job of statement 0.1",
                "test of iam:PassedToService (StringEquals) of statement 0.0",
                "value ecs-tasks.amazonaws.com of iam:PassedToService (StringEquals) of statement 0.0",
            ],
        ),
        (  # a pattern that fits everything
            [allow("iam:PassRole", "*", Condition={"StringLike": {"iam:PassedToService": "*"}})],
            ["test of iam:PassedToService (StringLike) of statement 0.0"],
        ),
    ],
)
def test_a_condition_that_does_nothing_is_found(statements, superfluous):
    assert scored(statements, PASS).superfluous == [f"role: {line}" for line in superfluous]


def test_what_is_missing_is_found():
    result = scored([allow("s3:GetObject", Condition={"StringEquals": {"aws:x": "1"}})], GET)
    assert result.refused == ["role: s3:GetObject on arn:aws:s3:::lake/a"]
    assert result.percent == 0


def test_an_identity_that_asked_for_nothing_needs_nothing():
    assert score({"idle": [{"Statement": allow("s3:GetObject")}]}, []).noticed == 0
