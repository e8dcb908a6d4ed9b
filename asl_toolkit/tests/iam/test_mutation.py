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
    found = scored([allow(["s3:GetObject", "s3:PutObject"])], GET, PUT)
    assert (found.mutants, found.noticed, found.percent) == (3, 3, 100.0)
    assert (found.superfluous, found.unused, found.refused) == ([], [], [])


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
    found = scored(statements, GET)
    assert found.superfluous == [f"role: {line}" for line in superfluous]
    assert found.unused == [f"role: {line}" for line in unused]


def test_what_is_missing_is_found():
    found = scored([allow("s3:GetObject", Condition={"StringEquals": {"aws:x": "1"}})], GET)
    assert found.refused == ["role: s3:GetObject on arn:aws:s3:::lake/a"]
    assert found.percent == 0


def test_an_identity_that_asked_for_nothing_needs_nothing():
    assert score({"idle": [{"Statement": allow("s3:GetObject")}]}, []).noticed == 0
