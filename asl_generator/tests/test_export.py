"""The exported files, and the examples in docs/examples that use them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import venv
from pathlib import Path

import pytest

from asl_generator.build import build_pipeline
from asl_generator.bundle import Bundle, BundleTarget
from asl_generator.export import exported
from asl_generator.permissions import policy_document, roles
from extract_core.errors import UsageError
from extract_core.pipeline.read import read_pipeline
from extract_core.registry.loading import discover

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
PIPELINE = """
[pipeline]
name = "night"
region = "eu-central-1"
account = "123456789012"
config_uri = "s3://acme-extract/config/"
data_uri = "s3://acme-extract/data/"
runs_uri = "s3://acme-extract/runs/"
tracking = "dynamodb://extract"
[deploy]
tags = {team = "data"}
[schedules.sales]
when = "cron(0 2 * * ? *)"
timezone = "Europe/Berlin"
event = {source = "sales", tables = "*"}
[job_types.glue]
job_name = "extract"
"""
BUNDLE = Bundle(target=BundleTarget(), data=b"a zip", handlers={}, files=(), unzipped=0, versions={})


@pytest.fixture
def built(tmp_path):
    """The pipeline, its machine, its registry."""

    def build(text=PIPELINE):
        (tmp_path / "extract.toml").write_text(text)
        pipeline, registry = read_pipeline(tmp_path / "extract.toml"), discover(strict=True)
        return pipeline, build_pipeline(pipeline, registry), registry

    return build


def test_the_files_say_what_the_template_says(built):
    pipeline, machine, registry = built()
    files = exported(pipeline, machine, registry, BUNDLE)
    parameters = json.loads(files["parameters.json"])
    assert json.loads(files["state_machine.asl.json"]) == machine.definition
    assert files["functions.zip"] == b"a zip"
    grants = roles(pipeline, machine)
    assert {path for path in files if path.startswith("policies/")} == {f"policies/{role}.json" for role in grants}
    for role, own in grants.items():
        assert json.loads(files[f"policies/{role}.json"]) == policy_document(own)
    status = parameters["functions"]["job-run-status"]
    assert status["handler"] == "extract_core.lambdas.job_run_status.handler"
    assert status["environment"]["EXTRACT_TRACKING"] == "dynamodb://extract?region=eu-central-1"
    assert (status["runtime"], status["architecture"]) == ("python3.13", "arm64")
    assert parameters["tracking_table"]["TableName"] == "extract"
    assert parameters["schedules"]["sales"]["event"] == {"source": "sales", "tables": "*"}
    assert parameters["bundle"] == {"file": "functions.zip", "sha256": BUNDLE.sha256}
    named = {parameters["bundle"]["file"], *parameters["job"].values(), parameters["state_machine"]["definition"]}
    named |= {parameters["state_machine"]["policy"], *(of["policy"] for of in parameters["functions"].values())}
    assert named | {"policies/scheduler.json", "parameters.json"} == files.keys()
    assert exported(*built(), BUNDLE) == files


def test_a_table_of_your_own_is_not_among_the_parameters(built):
    files = exported(*built(PIPELINE.replace("[deploy]", '[deploy]\nmanaged = ["reconcile"]')), BUNDLE)
    assert json.loads(files["parameters.json"])["tracking_table"] is None


def test_resources_that_cloudformation_makes_are_refused(built):
    parts = built(PIPELINE.replace('job_name = "extract"', 'job_name = "extract"\nmanaged = true'))
    assert parts[1].infrastructure
    with pytest.raises(UsageError, match=r"^CloudFormation makes resources of job types here \(Glue.*remove managed = true$"):
        exported(*parts, BUNDLE)


def test_the_terraform_example_reads_members_that_are_there(built):
    """Terraform is not run here: the names are compared."""
    parameters = json.loads(exported(*built(), BUNDLE)["parameters.json"])
    text = (EXAMPLES / "terraform" / "main.tf").read_text()
    assert set(re.findall(r"local\.pipeline\.(\w+)", text)) <= parameters.keys()
    assert set(re.findall(r"local\.machine\.(\w+)", text)) <= parameters["state_machine"].keys()
    assert set(re.findall(r"local\.table\.(\w+)", text)) <= parameters["tracking_table"].keys()
    members = {key for of in (*parameters["functions"].values(), *parameters["schedules"].values()) for key in of}
    assert set(re.findall(r"each\.value\.(\w+)", text)) <= members
    assert text.count("{") == text.count("}")


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_the_cdk_app_is_synthesised_to_the_exported_definition_and_policies(built, tmp_path):
    """aws-cdk-lib is installed by pip into a separate environment. It needs node."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "aws-cdk-lib>=2.200,<3"], check=True)
    files = exported(*built(), BUNDLE)
    folder = tmp_path / "deployment"
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    environ = {"PATH": os.environ["PATH"], "CDK_OUTDIR": str(tmp_path / "out"), "HOME": str(tmp_path)}
    command = [python, EXAMPLES / "cdk" / "app.py", folder]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environ)
    assert done.returncode == 0, done.stderr
    resources = json.loads((tmp_path / "out" / "night.template.json").read_text())["Resources"].values()
    by_type = {kind: [of["Properties"] for of in resources if of["Type"] == kind] for kind in {of["Type"] for of in resources}}
    (machine,) = by_type["AWS::StepFunctions::StateMachine"]
    assert machine["DefinitionString"].encode() == files["state_machine.asl.json"]
    exported_policies = [json.loads(data)["Statement"] for path, data in files.items() if path.startswith("policies/")]
    for policy in exported_policies:
        assert any(_same(policy, made["PolicyDocument"]["Statement"]) for made in by_type["AWS::IAM::Policy"]), policy
    names = {of["FunctionName"] for of in by_type["AWS::Lambda::Function"]}
    assert names == {of["name"] for of in json.loads(files["parameters.json"])["functions"].values()}
    (table,) = by_type["AWS::DynamoDB::Table"]
    assert table["TableName"] == "extract"
    assert len(by_type["AWS::Scheduler::Schedule"]) == len(by_type["AWS::Events::Rule"]) == 1


def _same(exported_statements, made) -> bool:
    """Whether these are the same rights: the CDK writes a list of one as its element, and joins statements."""

    def rights(statements):
        return {
            (action, resource, json.dumps(of.get("Condition"), sort_keys=True))
            for of in statements
            for action in _listed(of["Action"])
            for resource in _listed(of["Resource"])
        }

    return rights(exported_statements) == rights(made)


def _listed(value):
    return value if isinstance(value, list) else [value]
