"""`extract doctor`: one line for each thing that was looked at, and what to do about those that are wrong."""

from __future__ import annotations

import json
import os
import re
import sys

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from extract_cli.doctor.aws import permissions
from extract_cli.doctor.check import Check
from extract_core.pipeline.read import read_pipeline
from extract_core.registry.loading import discover
from extract_core.tracking.sqlite import SQLiteTracking


def tree(folder):
    return {path.relative_to(folder): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.fixture
def examine(cli):
    """The findings, by what was looked at."""

    def look(*argv):
        said = cli("doctor", "--output", "json", *argv)
        findings = json.loads(said.out)
        assert said.code == (1 if any(check["state"] == "wrong" for check in findings) else 0)
        return {check["what"]: Check(**check) for check in findings}

    return look


def test_a_pipeline_in_order(examine, project):
    before = tree(project)
    findings = examine()
    assert {check.state for check in findings.values()} <= {"ok", "note"}
    assert findings["extract.toml"].said == f"{project / 'extract.toml'}: pipeline 'extract-sales'"
    assert findings["plugin glue"].said.endswith(": job types glue")
    assert findings["job type glue"] == Check("ok", "job type glue", "its deployment is valid")
    assert findings["job type emr"] == Check(
        "note", "job type emr", "has no section in extract.toml, so the machine is built without it"
    )
    assert findings["config sales"] == Check("ok", "config sales", "is valid")
    assert findings["data_uri"].said == f"{project / '.extract' / 'data'} will be created by the first run"
    assert findings["tracking"].said == f"{project / '.extract' / 'tracking.db'} will be created by the first run"
    assert tree(project) == before


def test_what_is_wrong_says_what_to_do(examine, project):
    path = project / "extract.toml"
    path.write_text(path.read_text().replace("subnets", "subnet") + "[job_types.lom]\n")
    (project / "config" / "sales.yml").write_text("extract: {job_type: glue, tables: {a: {fetchsize: many}}}")
    (project / ".extract").write_text("")
    findings = examine()
    wrong = {what: check for what, check in findings.items() if check.state == "wrong"}
    assert set(wrong) == {"[job_types.ecs]", "[job_types.lom]", "config sales", "data_uri", "runs_uri", "tracking"}
    assert (wrong["config sales"].said, wrong["config sales"].remedy) == (
        (
            "has 1 fault, the first: config/sales.yml:1:51: extract.tables.a.fetchsize: is 'many'; write a whole number from 0 "
            "to 2147483647"
        ),
        "extract validate",
    )
    assert (wrong["[job_types.lom]"].said, wrong["[job_types.lom]"].remedy) == (
        (
            "extract.toml:14:1: job_types.lom: job type 'lom' is not installed (installed: "
            f"{', '.join(discover().job_types)}); install its plugin, or remove the section"
        ),
        "correct the section",
    )
    assert wrong["data_uri"].remedy == "move it away, or correct data_uri in extract.toml"


def test_text(cli, project):
    (project / "config" / "sales.yml").unlink()
    said = cli("doctor")
    assert said.code == 1
    assert f"wrong   configs: there is none in {(project / 'config').as_uri()}/\n        -> extract init\n" in said.out


def test_without_a_pipeline(examine, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    findings = examine()
    assert (findings["extract.toml"].state, findings["extract.toml"].remedy) == ("note", "extract init")
    (tmp_path / "extract.toml").write_text("[machine]\nmax_concurrency = 0\n")
    assert examine()["extract.toml"].state == "wrong"


def test_a_blocked_plugin_and_the_newest_run(examine, project, monkeypatch):
    from extract_core.tracking.records import RunRecord

    monkeypatch.setenv("EXTRACT_DISABLE_PLUGINS", "emr")
    with SQLiteTracking(project / ".extract" / "tracking.db") as tracking:
        tracking.start_run(RunRecord(run_id="r-1", execution_id="e", source="sales", started_at="2026-03-01T06:00:00Z"))
    findings = examine()
    assert findings["plugin emr"] == Check("note", "plugin emr", "is blocked by EXTRACT_DISABLE_PLUGINS")
    assert findings["tracking"].said == f"{project / '.extract' / 'tracking.db'}: the newest run is r-1"


def test_a_section_of_a_blocked_plugin_is_no_contradiction(examine, project, monkeypatch):
    monkeypatch.setenv("EXTRACT_DISABLE_PLUGINS", "ecs")
    findings = examine()
    assert findings["plugin ecs"] == Check("note", "plugin ecs", "is blocked by EXTRACT_DISABLE_PLUGINS")
    said = "no working plugin provides this job type: its plugin is blocked (ecs)"
    assert findings["[job_types.ecs]"] == Check("note", "[job_types.ecs]", said)
    monkeypatch.setenv("EXTRACT_DISABLE_PLUGINS", "all")
    said, remedy = "all installed job types are blocked", "remove some names from EXTRACT_DISABLE_PLUGINS"
    assert examine()["job types"] == Check("wrong", "job types", said, remedy)


def test_placeholders_of_init_are_noted(cli, examine, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli("init").code == 0
    findings = examine()
    remedy = "a run on this machine needs no other values; write your own names before you build for AWS"
    said = "glue: the examples that extract init wrote"
    assert findings["[job_types]"] == Check("note", "[job_types]", said, remedy)
    remedy = "a run on this machine needs none; extract deploy up writes that of your credentials"
    said = "extract.toml does not name your AWS account yet"
    assert findings["account"] == Check("note", "account", said, remedy)
    text = (tmp_path / "extract.toml").read_text()
    mended = re.sub(r"(?m)^job_name = .*", 'job_name = "mine"', text).replace("000000000000", "123456789012")
    (tmp_path / "extract.toml").write_text(mended)
    findings = examine()
    assert findings["job type glue"] == Check("ok", "job type glue", "its deployment is valid")
    assert "[job_types]" not in findings
    assert "account" not in findings


@pytest.mark.parametrize(
    ("engine", "title", "module", "install"),
    [
        ("postgres", "PostgreSQL", "adbc_driver_postgresql", "pip install adbc-driver-postgresql pyarrow"),
        ("mysql", "MySQL and MariaDB", "pymysql", "pip install PyMySQL"),
        ("mariadb", "MySQL and MariaDB", "pymysql", "pip install PyMySQL"),
    ],
)
def test_a_missing_driver_is_noted_for_the_sources_that_need_it(
    cli, examine, tmp_path, monkeypatch, engine, title, module, install
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    last = cli("init").err.splitlines()[-1]
    assert (last == f"note: to run it on this machine, Python needs a driver for PostgreSQL: {install}") is (engine == "postgres")
    config = tmp_path / "config" / "sales.yml"
    config.write_text(config.read_text().replace("db_engine: postgres", f"db_engine: {engine}"))
    said = "is missing, and a run on this machine of sales needs it"
    findings = examine()
    assert findings[f"the driver of {title}"] == Check("note", f"the driver of {title}", said, install)
    use = f"is not installed ({title}: extract init --from-database, and runs on this machine)"
    assert findings[module] == Check("note", module, use, install)


@pytest.mark.parametrize(("engine", "title"), [("sqlserver", "SQL Server"), ("oracle", "Oracle Database"), ("mysql", None)])
def test_a_database_on_which_the_job_was_not_run_is_noted(cli, examine, tmp_path, monkeypatch, engine, title):
    monkeypatch.chdir(tmp_path)
    cli("init")
    config = tmp_path / "config" / "sales.yml"
    config.write_text(config.read_text().replace("db_engine: postgres", f"db_engine: {engine}"))
    said = "the reference job was not yet run on a server (sales): selftest not yet run"
    remedy = f"python -m extract_job selftest --db_engine {engine} --db_name NAME, in your own database"
    findings = examine()
    if title is None:
        assert "selftest" not in str(findings)
    else:
        assert findings[title] == Check("note", title, said, remedy)


ON_AWS = """\
[pipeline]
name = "extract-sales"
account = "{account}"
config_uri = "s3://extract-config/"
data_uri = "s3://extract-data/"
runs_uri = "s3://extract-runs/"
tracking = "dynamodb://extract?region=us-east-1"

[job_types.glue]
job_name = "extract-jdbc"
"""


@pytest.fixture
def on_aws(tmp_path, monkeypatch):
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.chdir(tmp_path)
    with mock_aws():
        (tmp_path / "extract.toml").write_text(ON_AWS.format(account="123456789012"))
        yield tmp_path


def simulated(pipeline, decisions):
    """What is said of permissions, where IAM's simulation answers so."""
    iam = boto3.client("iam")
    with Stubber(iam) as stubber:
        for decision in decisions:
            answer = {"EvaluationResults": [{"EvalActionName": "s3:GetObject", "EvalDecision": decision}]}
            stubber.add_response("simulate_principal_policy", answer)
        if len(decisions) < 8:
            stubber.add_client_error("simulate_principal_policy", "AccessDenied", "no")
        return list(permissions(pipeline, iam))


def test_permissions_are_asked_of_iam(on_aws):
    pipeline = read_pipeline(on_aws)
    allowed = simulated(pipeline, ["allowed"] * 7 + ["implicitDeny"])
    assert [check.state for check in allowed] == ["ok"] * 7 + ["wrong"]
    assert allowed[2].said == "s3:PutObject on arn:aws:s3:::extract-runs/* is allowed"
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:extract-sales"
    assert allowed[-1] == Check(
        "wrong",
        "state machine",
        f"states:StartExecution on {machine} is not allowed (implicitDeny)",
        "add it to the role's policy",
    )
    denied = simulated(pipeline, [])
    assert [(check.state, check.what) for check in denied] == [("note", "permissions")]


def test_another_account_is_told_at_once(examine, on_aws):
    (on_aws / "extract.toml").write_text(ON_AWS.format(account="210987654321"))
    findings = examine()
    assert findings["AWS"].state == "wrong"
    assert findings["AWS"].said.endswith(" in us-east-1, and extract.toml says account 210987654321")
    assert "data_uri" not in findings


def test_buckets_that_are_missing_and_that_are_there(cli, on_aws, monkeypatch):
    monkeypatch.setattr("extract_cli.doctor.aws.permissions", lambda pipeline: iter(()))
    boto3.client("s3").create_bucket(Bucket="extract-config")
    boto3.client("s3").put_object(Bucket="extract-config", Key="sales.yml", Body=b"extract: {job_type: glue, tables: {a: {}}}")
    boto3.client("s3").create_bucket(Bucket="extract-data")
    said = cli("doctor", "--output", "json")
    findings = {check["what"]: check for check in json.loads(said.out)}
    assert said.code == 1
    assert findings["config sales"]["state"] == "ok"
    assert findings["data_uri"]["said"] == "s3://extract-data/ can be listed"
    assert "NoSuchBucket" in findings["runs_uri"]["said"]
    remedy = 'managed = ["alarms", "alias", "buckets", "reconcile", "tracking"] under [deploy]'
    assert findings["runs_uri"]["remedy"] == f"create it, or let the stack make it: {remedy}"


def test_before_the_first_up_what_it_makes_is_noted(examine, on_aws, monkeypatch):
    monkeypatch.setattr("extract_cli.doctor.aws.permissions", lambda pipeline: iter(()))
    file = on_aws / "extract.toml"
    file.write_text(file.read_text() + '[deploy]\nmanaged = ["buckets", "tracking"]\n')
    findings = examine()
    assert "wrong" not in {check.state for check in findings.values()}
    for what in ("configs", "data_uri", "runs_uri", "tracking"):
        assert findings[what] == Check("note", what, "does not exist yet", "extract deploy up")
    said = "extract.toml names no state_machine: the pipeline is not deployed yet"
    assert findings["deployment"] == Check("note", "deployment", said, "extract deploy up")
    boto3.client("s3").create_bucket(Bucket="extract-config")
    (on_aws / "config").mkdir()
    said = "there is none in s3://extract-config/ yet: up uploads those in config/"
    assert examine()["configs"] == Check("note", "configs", said, "extract deploy up")


def test_a_deployed_pipeline_whose_machine_is_gone(examine, on_aws, monkeypatch):
    """As after `deploy down`: the data stays, so all other lines may be ok."""
    monkeypatch.setattr("extract_cli.doctor.aws.permissions", lambda pipeline: iter(()))
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:extract-sales"
    file = on_aws / "extract.toml"
    file.write_text(file.read_text().replace("[job_types", f'state_machine = "{machine}"\n\n[job_types', 1))
    findings = examine()
    said = f"there is no state machine {machine}: its stack was deleted, or the ARN in extract.toml is wrong"
    assert findings["deployment"] == Check("wrong", "deployment", said, "extract deploy up")
    assert findings["tracking"].state == "wrong"
    role = "arn:aws:iam::123456789012:role/x"
    definition = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
    boto3.client("stepfunctions").create_state_machine(name="extract-sales", definition=definition, roleArn=role)
    assert examine()["deployment"] == Check("ok", "deployment", f"{machine} is there")
