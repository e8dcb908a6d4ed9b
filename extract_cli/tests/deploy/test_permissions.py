"""`extract deploy permissions`: policies as IAM takes them, and the reason for each grant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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
ROLES = ["state-machine", "config-manager", "job-run-status", "run-summary", "reconcile", "operator"]


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "extract.toml").write_text(PIPELINE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_each_role_has_a_policy(project, cli):
    said = cli("deploy", "permissions", "--output", "json")
    policies = json.loads(said.out)
    assert (said.code, list(policies)) == (0, ROLES)
    starts = [of["Resource"] for of in policies["state-machine"]["Statement"] if "glue:StartJobRun" in of["Action"]]
    assert starts == [["arn:aws:glue:eu-central-1:123456789012:job/extract-jdbc"]]


@pytest.mark.parametrize("written", ["", 'account = "000000000000"'])
def test_arns_without_an_account_have_a_note_beside_the_policies(project, cli, written):
    (project / "extract.toml").write_text(PIPELINE.replace('account = "123456789012"', written), encoding="utf-8")
    said = cli("deploy", "permissions", "--role", "state-machine", "--output", "json")
    assert "arn:aws:glue:eu-central-1:000000000000:job/extract-jdbc" in str(json.loads(said.out))
    assert said.err == (
        'note: extract.toml names no account, so the ARNs have 000000000000: write account = "123456789012" in [pipeline]\n'
    )
    (project / "extract.toml").write_text(PIPELINE, encoding="utf-8")
    assert cli("deploy", "permissions", "--role", "state-machine").err == ""


def test_one_role_as_text_is_the_document_below_its_name(project, cli):
    said = cli("deploy", "permissions", "--role", "reconcile")
    head, _, document = said.out.partition("\n")
    assert head == "# nightly, role reconcile"
    assert json.loads(document) == json.loads(cli("deploy", "permissions", "--output", "json").out)["reconcile"]


def test_the_reasons(project, cli):
    said = cli("deploy", "permissions", "--role", "state-machine", "--explain")
    assert (
        "  state 'Glue Start Extract Job Run': stops the job if the execution is stopped or out of time\n"
        "    glue:BatchStopJobRun\n"
        "      on arn:aws:glue:eu-central-1:123456789012:job/extract-jdbc\n"
    ) in said.out
    config = cli("deploy", "permissions", "--role", "config-manager", "--explain").out
    assert "      if s3:prefix StringLikeIfExists config/* or data/*\n" in config
    explained = json.loads(cli("deploy", "permissions", "--explain", "--output", "json").out)
    assert {"actions", "needed_by", "reason", "resources"} <= explained["operator"][0].keys()


@pytest.mark.parametrize(
    ("argv", "error"),
    [
        (["--role", "sumary"], "extract: there is no role 'sumary'; did you mean 'run-summary'?\n"),
        (["--role", "x"], f"extract: there is no role 'x'; there are: {', '.join(ROLES)}\n"),
    ],
)
def test_a_role_that_does_not_exist(project, cli, argv, error):
    said = cli("deploy", "permissions", *argv)
    assert (said.code, said.out, said.err) == (2, "", error)


def test_a_pipeline_on_this_machine_has_no_roles(project, cli):
    (project / "extract.toml").write_text(PIPELINE.replace("s3://lake/runs/", "runs/"), encoding="utf-8")
    said = cli("deploy", "permissions")
    assert said.code == 2
    assert "pipeline.runs_uri is 'file://" in said.err


def test_the_documents_lines_are_printed(project, cli):
    text = (Path(__file__).parents[3] / "docs" / "permissions.md").read_text(encoding="utf-8")
    lines = [
        line[4:]
        for line in text[text.index("    nightly, role state-machine:") : text.index("## What is in no role")].splitlines()
    ]
    printed = cli("deploy", "permissions", "--role", "state-machine", "--explain").out.splitlines()
    assert [line for line in lines if line.strip() not in ("", "…") and line not in printed] == []
