"""The template as a document: its bytes, its size, what cfn-lint says of it, and the traps that a deployment falls into."""

from __future__ import annotations

import json

import pytest
import yaml
from cfnlint.api import ManualArgs, lint

from asl_generator.build import build_pipeline
from asl_generator.template.assemble import template_of
from asl_generator.template.text import as_json, as_yaml
from extract_core.pipeline.read import read_pipeline
from extract_core.registry.loading import discover

THREE = """
[pipeline]
name = "nightly"
account = "123456789012"
region = "eu-central-1"
config_uri = "s3://acme-extract/config/"
data_uri = "s3://acme-lake/"
runs_uri = "s3://acme-extract/runs/"
tracking = "dynamodb://nightly"

[job_types.glue]
job_name = "extract-jdbc"

[job_types.emr_serverless]
application_id = "00f1r5mqj3k2ab01"
execution_role_arn = "arn:aws:iam::123456789012:role/extract-job"

[job_types.ecs]
task_definition = "extract-job"
subnets = ["subnet-0a1b2c3d"]
"""
MOST_INLINE = 51_200  # bytes of a template that is not in S3 (CloudFormation quotas)


@pytest.fixture
def template(tmp_path, monkeypatch):
    """The template of an extract.toml with this text after the three job types."""
    monkeypatch.setenv("EXTRACT_DISABLE_PLUGINS", "extract-batch,batch,many-states")

    def of(more: str = ""):
        (tmp_path / "extract.toml").write_text(THREE + more)
        pipeline = read_pipeline(tmp_path)
        return template_of(pipeline, build_pipeline(pipeline, discover(strict=True)))

    return of


def test_cfn_lint_has_no_finding(template):
    found = lint(as_json(template()), config=ManualArgs(regions=["eu-central-1"]))
    assert [f"{match.rule.id} {match.path}: {match.message}" for match in found] == []


def test_three_job_types_fit_into_a_template_that_is_not_in_s3(template):
    assert len(as_json(template()).encode()) < MOST_INLINE
    assert len(as_yaml(template()).encode()) < MOST_INLINE


def test_json_and_yaml_hold_the_same_and_the_same_bytes_each_time(template):
    assert yaml.safe_load(as_yaml(template())) == json.loads(as_json(template())) == template()
    assert as_json(template()) == as_json(template())


def test_the_policy_is_there_before_the_machine(template):
    assert "MachinePolicy" in template()["Resources"]["Machine"]["DependsOn"]
