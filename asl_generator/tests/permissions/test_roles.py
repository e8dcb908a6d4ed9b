"""The roles of a pipeline, and the policies that their grants make."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from asl_generator import build_pipeline
from asl_generator.permissions import policy_document, roles
from asl_generator.permissions.roles import every_role
from asl_toolkit.services.aws.iam.reference import policy_faults
from extract_core import Statement
from extract_core.errors import UsageError
from extract_core.pipeline.deploy import DeployOptions, Schedule
from extract_core.pipeline.model import MachineOptions, Pipeline
from extract_core.pipeline.notify import NotifyOptions
from extract_core.registry.installed import Registry

BUS = "arn:aws:events:eu-central-1:123456789012:event-bus/b"
NIGHTLY = {"nightly": Schedule(when="rate(1 day)", event={"source": "sales"})}
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1"


def pipeline(**changes):
    places = {
        "config_uri": "s3://lake/config/",
        "data_uri": "s3://lake/data/",
        "runs_uri": "s3://runs/",
        "tracking": "dynamodb://t-1",
    }
    of = {"name": "nightly", "region": "eu-central-1", "account": "123456789012", "job_types": {"crunch": {"queue": "big"}}}
    return Pipeline(file=Path("extract.toml"), **{**places, **of, **changes})


@pytest.fixture
def roles_of(queued_crunch, poll):
    def built(options=None, **changes):
        of = pipeline(deploy=options or DeployOptions(), **changes)
        job_types = [queued_crunch(), *([poll()] if "poll" in of.job_types else [])]
        return roles(of, build_pipeline(of, Registry.of(*job_types)))

    return built


def pairs(grants):
    return {(action, resource) for grant in grants for action in grant.actions for resource in grant.resources}


def test_a_role_per_function_and_one_for_the_machine(roles_of):
    of_core = ["state-machine", "config-manager", "job-run-status", "run-summary", "reconcile"]
    assert list(roles_of()) == of_core
    more = roles_of(schedules=NIGHTLY, job_types={"crunch": {"queue": "big"}, "poll": {}})
    assert list(more) == [
        "state-machine",
        "config-manager",
        "job-run-status",
        "run-summary",
        "reconcile",
        "poll-job",
        "scheduler",
    ]
    machine = "arn:aws:states:eu-central-1:123456789012:stateMachine:nightly"
    assert pairs(more["scheduler"]) == {("states:StartExecution", machine)}
    streams = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/nightly-poll-job:log-stream:*"
    assert pairs(more["poll-job"]) == {("logs:CreateLogStream", streams), ("logs:PutLogEvents", streams)}


def test_each_grant_says_who_needs_it_and_why(roles_of):
    for role, grants in roles_of(DeployOptions(kms_key=KEY, subnets=["subnet-1"], event_bus="bus", tracing=True)).items():
        assert all(grant.needed_by and grant.reason for grant in grants), role
    machine = {grant.actions: f"{grant.needed_by}: {grant.reason}" for grant in roles_of()["state-machine"]}
    assert machine["batch:SubmitJob",] == "state 'Crunch Table': starts the job"
    assert machine["states:StartExecution",] == "state 'Iterate Through Extract Tables': starts a child execution per table"


@pytest.mark.parametrize(
    ("options", "role", "more"),
    [
        (DeployOptions(kms_key=KEY), "job-run-status", {("kms:Decrypt", KEY), ("kms:GenerateDataKey", KEY)}),
        (
            DeployOptions(event_bus="b"),
            "run-summary",
            {("events:PutEvents", BUS)},
        ),
        (DeployOptions(event_bus="arn:x"), "reconcile", {("events:PutEvents", "arn:x")}),
        (DeployOptions(event_bus="b"), "job-run-status", set()),
        (DeployOptions(tracing=True), "config-manager", set()),
    ],
)
def test_what_a_choice_adds(roles_of, options, role, more):
    assert pairs(roles_of(options)[role]) - pairs(roles_of()[role]) == more


NOTIFY = NotifyOptions(topic="arn:aws:sns:eu-central-1:123456789012:failures", webhook_secret="slack", template={"text": "$text"})
SEND = {
    ("sns:Publish", NOTIFY.topic),
    ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:slack-??????"),
}


@pytest.mark.parametrize(
    ("role", "more"),
    [
        ("run-summary", SEND),
        ("reconcile", SEND),
        ("operator", SEND),
        ("config-manager", {*SEND, ("s3:PutObject", "arn:aws:s3:::runs/*/notified.json")}),
        ("job-run-status", set()),
        ("state-machine", set()),
    ],
)
def test_only_those_who_end_a_run_may_send_messages_and_only_there(queued_crunch, role, more):
    def of(**options):
        made = pipeline(**options)
        return every_role(made, build_pipeline(made, Registry.of(queued_crunch())))

    assert pairs(of(notify=NOTIFY)[role]) - pairs(of()[role]) == more


def test_a_vpc_adds_network_interfaces_there_only(roles_of):
    added = pairs(roles_of(DeployOptions(subnets=["subnet-1"], security_groups=["sg-1"]))["reconcile"]) - pairs(
        roles_of()["reconcile"]
    )
    place = "arn:aws:ec2:eu-central-1:123456789012:"
    create = {resource for action, resource in added if action == "ec2:CreateNetworkInterface"}
    assert create == {f"{place}network-interface/*", f"{place}subnet/subnet-1", f"{place}security-group/sg-1"}
    assert {action for action, resource in added if resource == "*"} == {"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"}


def test_other_partitions_and_tables_in_other_regions(roles_of):
    of = roles_of(partition="aws-cn", region="cn-north-1", tracking="dynamodb://t-1?region=cn-northwest-1")
    named = {resource for grants in of.values() for _, resource in pairs(grants)} - {"*"}
    assert {resource.split(":")[1] for resource in named if "batch" not in resource} == {"aws-cn"}
    assert "arn:aws-cn:dynamodb:cn-northwest-1:123456789012:table/t-1" in named


def test_an_inline_machine_starts_no_children(roles_of):
    actions = {action for action, _ in pairs(roles_of(machine=MachineOptions(map="INLINE"))["state-machine"])}
    assert not {action for action in actions if action.startswith(("states:", "s3:"))}


def test_a_place_that_is_not_in_aws_is_refused(roles_of):
    with pytest.raises(UsageError, match=r"^extract.toml: pipeline.runs_uri is 'file:///runs/', where AWS can't reach it: "):
        roles_of(runs_uri="file:///runs/")


def test_a_policy_merges_what_allows_the_same():
    a, b = "arn:a", "arn:b"
    statements = [
        Statement(actions=("s3:B",), resources=(a,)),
        Statement(actions=("s3:A",), resources=(a,)),
        Statement(actions=("s3:A", "s3:B"), resources=(b,)),
        Statement(actions=("s3:A",), resources=(a,), condition={"Bool": {"aws:SecureTransport": "true"}}),
    ]
    document = policy_document(statements)
    assert document == {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["s3:A", "s3:B"], "Resource": [a, b]},
            {"Effect": "Allow", "Action": ["s3:A"], "Resource": [a], "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        ],
    }
    assert json.dumps(policy_document(statements[::-1])) == json.dumps(document)


ALL = DeployOptions(kms_key=KEY, subnets=["subnet-1"], security_groups=["sg-1"], event_bus="bus", tracing=True)


def test_the_core_asks_for_nothing_that_aws_does_not_have(queued_crunch):
    """Actions that exist, on resources of theirs, under keys of theirs; ``*`` for actions without resources only."""
    of_pipeline = pipeline(deploy=ALL, schedules=NIGHTLY, notify=NOTIFY)
    of = dict(every_role(of_pipeline, build_pipeline(of_pipeline, Registry.of(queued_crunch()))))
    of["state-machine"] = [grant for grant in of["state-machine"] if "Crunch" not in grant.needed_by]
    assert [f"{role}: {fault}" for role, grants in of.items() for fault in policy_faults(policy_document(grants))] == []
    everything = {action for grants in of.values() for action, resource in pairs(grants) if resource == "*"}
    assert {action.partition(":")[0] for action in everything} == {"logs", "xray", "ec2"}


def test_only_a_pipeline_with_pools_may_delete_items_and_has_a_function_for_slots(roles_of):
    table = "arn:aws:dynamodb:eu-central-1:123456789012:table/t-1"
    without, grants = roles_of(), roles_of(pools={"db": 8})
    assert not any("dynamodb:DeleteItem" in grant.actions for of in without.values() for grant in of)
    deleting = [name for name, of in grants.items() if ("dynamodb:DeleteItem", table) in pairs(of)]
    assert deleting == ["config-manager", "job-run-status", "run-summary", "reconcile", "take-slot"]
    log = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/nightly-take-slot:log-stream:*"
    executions = "arn:aws:states:eu-central-1:123456789012:execution:nightly"
    assert pairs(grants["take-slot"]) == {
        *((f"dynamodb:{action}", table) for action in ("DeleteItem", "GetItem", "PutItem", "Query")),
        ("states:DescribeExecution", f"{executions}:*"),
        ("states:DescribeExecution", f"{executions}/Tables:*"),
        ("logs:CreateLogStream", log),
        ("logs:PutLogEvents", log),
    }
