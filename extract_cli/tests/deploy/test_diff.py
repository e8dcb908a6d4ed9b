"""`extract deploy diff`: each difference is a line, and the exit code says whether there is one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
import yaml
from botocore.stub import Stubber
from moto import mock_aws

from asl_generator.bundle import Bundle, BundleTarget
from asl_generator.bundle.archive import zipped
from asl_generator.deploy.account import Account
from asl_generator.deploy.artifacts import Artifacts
from asl_generator.deploy.code import code_differences
from asl_generator.deploy.deployed import deployed_template
from asl_generator.deploy.difference import definition_text, differences
from asl_generator.deploy.faults import DeployError
from asl_generator.deploy.stack import StackState, stack_state
from extract_core.errors import ObjectNotFound
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
ARN = "arn:aws:states:eu-central-1:123456789012:stateMachine:nightly"
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


MANAGED = 'managed = {image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/job:1"}\n'
WRITE = "write one with extract deploy template -o template.yml\n"
NO_MACHINE = f"extract: '{{}}' is not a template of extract: it has no Resources with a state machine; {WRITE}"


class InMemory:
    """As much of a store of objects as the comparison reads."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def read(self, uri: str) -> bytes:
        if uri not in self.objects:
            raise ObjectNotFound(f"there is no object {uri!r}")
        return self.objects[uri]


def a_stack(body: str, deployed: str) -> tuple[Account, StackState]:
    """A stack of moto whose machine has the definition of `deployed`, and whose template is `body`."""
    names = {"region_name": "eu-central-1", "aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    account = Account("eu-central-1", "123456789012", "x", lambda service: boto3.client(service, **names))
    cloudformation = account.client("cloudformation")
    cloudformation.create_stack(StackName="nightly", TemplateBody=body)
    (machine,) = (of for of in json.loads(deployed)["Resources"].values() if "StateMachine" in of["Type"])
    states = account.client("stepfunctions")
    definition = machine["Properties"]["DefinitionString"]
    for created in states.list_state_machines()["stateMachines"]:
        states.update_state_machine(stateMachineArn=created["stateMachineArn"], definition=definition)
    return account, stack_state(cloudformation, "nightly")


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
    body = json.dumps(template({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}))
    by_hand = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 9, "End": True}}}
    with mock_aws():
        account, stack = a_stack(body, json.dumps(template(by_hand)))
        deployed = deployed_template(read_pipeline(project), account, stack)
        with pytest.raises(DeployError, match=r"^cannot read the template of the stack: "):
            deployed_template(read_pipeline(project), account, replace(stack, name="other"))
    assert differences(deployed, json.loads(body)) == ["state 'A': Seconds removed: 9", "state 'A': Type Wait → Pass"]


def machine_of(definition):
    properties = {"DefinitionString": definition}
    return json.dumps({"Resources": {"A": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}}})


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        (
            "none.yml",
            None,
            "extract: there is no template at 'none.yml': write one with extract deploy template -o template.yml\n",
        ),
        ("list.yml", "[1]", NO_MACHINE.format("list.yml")),
        ("bad.yml", "@x", f"extract: 'bad.yml' is not a template: it is not valid YAML or JSON (line 1, column 1); {WRITE}"),
        (
            "extract.toml",
            None,
            f"extract: 'extract.toml' is not a template: it is not valid YAML or JSON (line 3, column 1); {WRITE}",
        ),
        ("job.zip", b"PK\x03\x04\xff", f"extract: 'job.zip' is not a template: it is not valid YAML or JSON; {WRITE}"),
        (
            "tag.yml",
            "Resources: !Ref x",
            f"extract: 'tag.yml' is not a template: it is not valid YAML or JSON (line 1, column 12); {WRITE}",
        ),
        ("empty.yml", "", NO_MACHINE.format("empty.yml")),
        ("no-machine.yml", "Resources: {A: {Type: AWS::SNS::Topic}}", NO_MACHINE.format("no-machine.yml")),
        ("text.yml", "Resources: {A: text}", NO_MACHINE.format("text.yml")),
        ("day.yml", "a: 2026-13-45", f"extract: 'day.yml' is not a template: it is not valid YAML or JSON; {WRITE}"),
        ("int.yml", "a: !!timestamp x", f"extract: 'int.yml' is not a template: it is not valid YAML or JSON; {WRITE}"),
        ("deep.yml", machine_of("[" * 100_000), NO_MACHINE.format("deep.yml")),
        (
            "half.yml",
            machine_of("{"),
            NO_MACHINE.format("half.yml"),
        ),
    ],
)
def test_what_is_not_a_template(project, cli, name, text, error):
    if text is not None:
        (project / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    said = cli("deploy", "diff", "--against", name)
    assert (said.code, said.err) == (2, error)


def statement(body):
    return body["Resources"]["MachineRolePolicy"]["Properties"]["PolicyDocument"]["Statement"][0]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda body: statement(body).update(NotAction=statement(body).pop("Action")), "KeyError: 'Action'"),
        (lambda body: body["Resources"]["MachineRole"].update(Properties=[1]), "AttributeError: 'list' object"),
        (lambda body: body["Resources"]["MachineRole"].update(Type=[1]), "TypeError: unhashable type: 'list'"),
        (
            lambda body: body["Resources"].update(Machine=json.loads(machine_of('{"States": {"X": 1}}'))["Resources"]["A"]),
            "KeyError",
        ),
    ],
)
def test_a_template_that_was_changed_by_hand_and_cannot_be_compared(project, cli, change, fault):
    body = yaml.safe_load((project / "template.yml").read_text())
    change(body)
    (project / "template.yml").write_text(json.dumps(body))
    said = cli("deploy", "diff", "--against", ".")
    start = "extract: the template at '.' cannot be compared: a part of it is not as extract writes it "
    assert (said.code, said.err.startswith(start + "(" + fault), said.err.endswith(WRITE)) == (2, True, True), said.err


def test_names_that_the_stack_fills_in_are_compared_as_tokens(project, cli):
    """A machine with a managed job type has tokens: its definition is a function of CloudFormation."""
    changed(project, PIPELINE + ECS.replace('"c"', '"cluster"') + MANAGED)
    assert cli("deploy", "template", "-o", "template.yml").code == 0
    assert cli("deploy", "diff", "--against", "template.yml").out == "nothing would change\n"
    body = yaml.safe_load((project / "template.yml").read_text())
    (machine,) = (of for of in body["Resources"].values() if of["Type"] == "AWS::StepFunctions::StateMachine")
    assert set(machine["Properties"]["DefinitionString"]) == {"Fn::Sub"}
    deployed = definition_text(machine).replace("${ECSTaskRole.Arn}", ROLE).replace("${ECSExecutionRole.Arn}", ROLE)
    assert "${" not in deployed
    names = {"region_name": "eu-central-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    clients = {service: boto3.client(service, **names) for service in ("cloudformation", "stepfunctions")}
    answer = {
        "stateMachineArn": ARN, "name": "nightly", "definition": deployed, "roleArn": ROLE, "type": "STANDARD", "creationDate": 0,
    }  # fmt: skip
    with Stubber(clients["cloudformation"]) as stacks, Stubber(clients["stepfunctions"]) as states:
        stacks.add_response("get_template", {"TemplateBody": json.dumps(body)})
        states.add_response("describe_state_machine", answer)
        account = Account("eu-central-1", "123456789012", "x", clients.__getitem__)
        stack = StackState("x", "nightly", "CREATE_COMPLETE", "")
        assert differences(deployed_template(read_pipeline(project), account, stack), body) == []


class TestCode:
    def artifacts(self, files: dict[str, bytes]) -> Artifacts:
        data = zipped(files)
        owners = {"extract_glue": "extract-sfn-glue", "pydantic": "pydantic"}
        bundle = Bundle(target=BundleTarget(), data=data, handlers={}, files=(), unzipped=0, versions={}, owners=owners)
        return Artifacts({"ArtifactsBucket": "b", "BundleKey": bundle.key}, "", bundle, {})

    def lines(self, deployed: dict[str, bytes], built: dict[str, bytes]) -> list[str]:
        before, store = self.artifacts(deployed), InMemory()
        store.objects[f"s3://b/{before.parameters['BundleKey']}"] = before.bundle.data
        return list(code_differences(before.parameters, self.artifacts(built), store))

    def test_equal_code_is_not_read(self):
        same = self.artifacts({"a.py": b"1"})
        assert list(code_differences(same.parameters, same, InMemory())) == []

    def test_each_distribution_has_a_line_with_its_files(self):
        deployed = {"extract_glue/status.pyc": b"1", "extract_glue/old.pyc": b"1", "pydantic/main.pyc": b"1", "own.pyc": b"1"}
        built = {"extract_glue/status.pyc": b"2", "extract_glue/new.pyc": b"1", "pydantic/main.pyc": b"1", "own.pyc": b"2"}
        assert self.lines(deployed, built) == [
            "code of extract-sfn-glue: extract_glue/new.pyc added, extract_glue/old.pyc removed, extract_glue/status.pyc changed",
            "code of own: own.pyc changed",
        ]

    def test_many_files_are_counted(self):
        built = {f"pydantic/m{number}.py": b"2" for number in range(5)}
        (line,) = self.lines({}, built)
        assert line == "code of pydantic: pydantic/m0.py added, pydantic/m1.py added, pydantic/m2.py added and 2 more"

    def test_sources_and_compiled_modules_are_not_compared(self):
        assert self.lines({"a.pyc": b"1"}, {"a.py": b"1"}) == [
            "code of the functions: the deployed modules are compiled, the new ones are sources"
        ]

    def test_a_zip_that_is_gone_is_a_difference(self):
        built = self.artifacts({"a.py": b"1"})
        (line,) = code_differences({"ArtifactsBucket": "b", "BundleKey": "old.zip"}, built, InMemory())
        assert line.startswith(
            f"code of the functions: old.zip → {built.parameters['BundleKey']} (the deployed zip cannot be read"
        )

    def test_the_files_of_the_reference_job(self):
        built = replace(self.artifacts({}), parameters={**self.artifacts({}).parameters, "JobWheelKey": "new.whl"})
        deployed = {**built.parameters, "JobWheelKey": "old.whl"}
        assert list(code_differences(deployed, built, InMemory())) == ["reference job: the wheel changed: old.whl → new.whl"]


def test_the_documents_lines_are_printed(project, cli):
    text = (Path(__file__).parents[3] / "docs" / "deploy.md").read_text(encoding="utf-8")
    excerpt = text[text.index("    job type 'ecs': added") : text.index("`diff` reads")]
    changed(project, PIPELINE.replace("extract-jdbc", "extract-new") + ECS)
    printed = cli("deploy", "diff", "--against", "template.yml").out.splitlines()
    assert [line for line in excerpt.splitlines() if line.strip() not in ("", "…") and line.strip() not in printed] == []
