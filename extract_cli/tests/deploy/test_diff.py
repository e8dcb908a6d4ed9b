"""`extract deploy diff`: each difference is a line, and the exit code says whether there is one."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from asl_generator.deploy.account import Account
from asl_generator.deploy.deployed import deployed_template
from asl_generator.deploy.difference import differences
from asl_generator.deploy.faults import DeployError
from extract_core.pipeline.read import read_pipeline

PIPELINE = """
[pipeline]
name = "nightly"
region = "eu-central-1"
account = "123456789012"
config_uri = "s3://lake/config/"
data_uri = "s3://lake/data/"
runs_uri = "s3://lake/runs/"
tracking = "dynamodb://extract-tracking"

[job_types.glue]
job_name = "extract-jdbc"
"""
ECS = '\n[job_types.ecs]\ncluster = "c"\ntask_definition = "t"\nsubnets = ["subnet-1"]\n'
ROLE = "arn:aws:iam::123456789012:role/r"


@pytest.fixture
def project(tmp_path, monkeypatch, cli):
    (tmp_path / "extract.toml").write_text(PIPELINE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert cli("deploy", "template", "-o", "template.yml").code == 0
    return tmp_path


def changed(project, text):
    (project / "extract.toml").write_text(text, encoding="utf-8")


def test_nothing_would_change(project, cli):
    for against in ("template.yml", "."):
        said = cli("deploy", "diff", "--against", against)
        assert (said.code, said.out) == (0, "nothing would change\n")
    assert json.loads(cli("deploy", "diff", "--against", ".", "--output", "json").out) == []


def test_a_job_type_is_added_and_another_one_changed(project, cli):
    changed(project, PIPELINE.replace("extract-jdbc", "extract-new") + ECS)
    said = cli("deploy", "diff", "--against", "template.yml")
    lines = said.out.splitlines()
    assert (said.code, lines[:2]) == (1, ["job type 'ecs': added", "job type 'glue': job_name extract-jdbc → extract-new"])
    assert "state 'ECS Start Extract Job Run': added" in lines
    job = "arn:aws:glue:eu-central-1:123456789012:job"
    assert f"permissions of MachineRole: wider: glue:StartJobRun on {job}/extract-new" in lines
    assert f"permissions of MachineRole: narrower: glue:StartJobRun on {job}/extract-jdbc" in lines


def test_a_job_type_is_removed(project, cli):
    changed(project, PIPELINE + ECS)
    assert cli("deploy", "template", "-o", "template.yml").code == 0
    changed(project, PIPELINE)
    lines = cli("deploy", "diff", "--against", "template.yml").out.splitlines()
    assert lines[:2] == ["job type 'ecs': removed", "state 'ECS Start Extract Job Run': removed"]
    assert not [line for line in lines if ": wider: " in line]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("[job_types", "[machine]\nmax_concurrency = 20\n[job_types", "machine: max_concurrency 10 → 20"),
        (
            "[job_types",
            '[deploy]\nruntime = "python3.12"\n[job_types',
            "resource 'RunSummaryFunction': Runtime python3.13 → python3.12",
        ),
        ("[job_types", "[deploy]\ntracing = true\n[job_types", "permissions of MachineRole: wider: xray:PutTraceSegments on *"),
    ],
)
def test_other_changes(project, cli, old, new, line):
    changed(project, PIPELINE.replace(old, new))
    assert line in cli("deploy", "diff", "--against", "template.yml").out.splitlines()


def template(definition):
    properties = {"DefinitionString": json.dumps(definition), "RoleArn": ROLE, "StateMachineName": "nightly"}
    return {"Resources": {"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}}}


def machine(seconds, attempts, version="0.1.0"):
    payload = {"Payload": {"machine": {"versions": {"extract-sfn-glue": version}}}}
    return {
        "StartAt": "Extract Config Manager",
        "States": {
            "Extract Config Manager": {"Type": "Pass", "Parameters": payload, "Next": "Wait A Bit"},
            "Wait A Bit": {"Type": "Wait", "Seconds": seconds, "End": True, "Retry": [{"MaxAttempts": attempts}]},
        },
    }


def test_states_retries_and_plugins_in_words():
    assert differences(template(machine(1, 2)), template(machine(3, 4, "0.2.0"))) == [
        "plugin 'extract-sfn-glue': 0.1.0 → 0.2.0",
        "state 'Wait A Bit': Retry changed",
        "state 'Wait A Bit': Seconds 1 → 3",
    ]


def test_long_texts_that_differ_at_their_end_are_different():
    def of(resource, member):
        statement = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [resource]}
        policy = {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": {"Statement": [statement]}}}
        return {"Resources": {"P": policy, "Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": member}}}}

    long = "arn:aws:s3:::" + "x" * 100
    assert differences(of(f"{long}/a", f"{long}a"), of(f"{long}/b", f"{long}b")) == [
        f"permissions of P: wider: s3:GetObject on {long}/b",
        f"permissions of P: narrower: s3:GetObject on {long}/a",
        "resource 'Q': QueueName changed",
    ]


def test_a_machine_that_was_changed_by_hand_shows(project):
    """The template of the stack, and the definition that Step Functions has."""
    pipeline = read_pipeline(project)
    names = {"region_name": "eu-central-1", "aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    with mock_aws():
        account = Account("eu-central-1", "123456789012", "x", lambda service: boto3.client(service, **names))
        with pytest.raises(DeployError, match=r"^cannot read the template of the stack: "):
            deployed_template(pipeline, account, "nightly")
        body = json.dumps(template({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}))
        account.client("cloudformation").create_stack(StackName="nightly", TemplateBody=body)
        by_hand = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 9, "End": True}}}
        states = account.client("stepfunctions")
        (created,) = states.list_state_machines()["stateMachines"]
        states.update_state_machine(stateMachineArn=created["stateMachineArn"], definition=json.dumps(by_hand))
        deployed = deployed_template(pipeline, account, "nightly")
    assert differences(deployed, json.loads(body)) == ["state 'A': Seconds removed: 9", "state 'A': Type Wait → Pass"]


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        (
            "none.yml",
            None,
            "extract: there is no template at 'none.yml': write one with extract deploy template -o template.yml\n",
        ),
        ("list.yml", "[1]", "extract: 'list.yml' is not a template: it has no Resources\n"),
        ("bad.yml", "a: [", "extract: 'bad.yml' cannot be read: "),
    ],
)
def test_what_is_not_a_template(project, cli, name, text, error):
    if text is not None:
        (project / name).write_text(text, encoding="utf-8")
    said = cli("deploy", "diff", "--against", name)
    assert said.code == 2
    assert said.err.startswith(error)


def test_the_documents_lines_are_printed(project, cli):
    text = (Path(__file__).parents[3] / "docs" / "deploy.md").read_text(encoding="utf-8")
    excerpt = text[text.index("    job type 'ecs': added") : text.index("`diff` reads")]
    changed(project, PIPELINE.replace("extract-jdbc", "extract-new") + ECS)
    printed = cli("deploy", "diff", "--against", "template.yml").out.splitlines()
    assert [line for line in excerpt.splitlines() if line.strip() not in ("", "…") and line.strip() not in printed] == []
