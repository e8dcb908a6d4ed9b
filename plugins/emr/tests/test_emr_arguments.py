"""Settings and deployment to addStep's members."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from extract_core import ArgumentsTooLong, Statement, TableRun, Target, Watermark
from extract_emr import extract_job_types
from extract_emr.settings import EmrDeployment, EmrSettings

EMR = next(job_type for job_type in extract_job_types() if job_type.name == "emr")
DEPLOYMENT = EmrDeployment(cluster_id="j-A1", cluster_ids=("j-B2",), scripts_uri="s3://code/scripts/")
SCRIPT = EmrSettings(script_name="jdbc.py")


def table(deployment=DEPLOYMENT, name="public.accounts", **job_arguments):
    return TableRun(
        source="sales", source_type="jdbc", table=name, job_type="emr", run_id="r1",
        run_started_at="2026-01-02T03:04:05Z", attempt=2, extract_s3_uri="s3://d/", result_uri="s3://r",
        watermark=Watermark(), deployment=deployment, job_arguments=job_arguments,
    )  # fmt: skip


def whole(text):
    return rf"\A{re.escape(text)}\Z"


def test_defaults():
    assert EMR.arguments(table(**{"--a": "1", "--b": "x y"}), SCRIPT) == {
        "cluster_id": "j-A1",
        "name": "sales public.accounts r1 attempt 2",
        "script": "s3://code/scripts/jdbc.py",
        "args": ["spark-submit", "--deploy-mode", "cluster", "s3://code/scripts/jdbc.py", "--a", "1", "--b", "x y"],
    }


def test_everything_set():
    settings = EmrSettings.model_validate(
        {
            "cluster_id": "j-B2", "script": "s3://other/job.py", "script_name": "ignored.py", "deploy_mode": "client",
            "spark_submit_args": ["--conf", "a=b", "--verbose"], "timeout_minutes": "30", "queue_minutes": "0",
        }
    )  # fmt: skip
    arguments = EMR.arguments(table(**{"--a": "1"}), settings)
    assert arguments["cluster_id"] == "j-B2"
    assert arguments["args"] == [
        "spark-submit", "--deploy-mode", "client", "--conf", "a=b", "--verbose", "s3://other/job.py", "--a", "1",
    ]  # fmt: skip
    assert EMR.timeout(settings) == 30 * 60 + 600
    command = EMR.local_command(arguments)
    assert list(command.argv)[3:] == ["extract_job", "--a", "1"]


def test_a_value_equal_to_the_script_stays_the_jobs():
    arguments = EMR.arguments(table(**{"--script": "s3://code/scripts/jdbc.py", "--z": "1"}), SCRIPT)
    assert list(EMR.local_command(arguments).argv)[4:] == ["--script", "s3://code/scripts/jdbc.py", "--z", "1"]


def test_a_cluster_outside_the_deployment_is_refused():
    text = (
        "the cluster 'j-C3' is not in the deployment, which allows 'j-A1', 'j-B2': name one of these as "
        "cluster_id, or add it to cluster_ids under [job_types.emr] of extract.toml and build anew"
    )
    with pytest.raises(ValueError, match=whole(text)):
        EMR.arguments(table(), EmrSettings(script_name="x.py", cluster_id="j-C3"))


def test_the_reference_job_is_the_script_of_a_config_that_names_none():
    assert EMR.arguments(table(), EmrSettings())["script"] == "s3://code/scripts/extract_job.py"


def test_a_script_name_without_a_place():
    text = (
        "where the script 'jdbc.py' is, is not known: set scripts_uri under [job_types.emr] of extract.toml, or script (an s3:// "
        "URI) under job_types.emr of the config"
    )
    with pytest.raises(ValueError, match=whole(text)):
        EMR.arguments(table(EmrDeployment(cluster_id="j-A1")), SCRIPT)
    whole_uri = EmrSettings(script_name="s3://code/jdbc.py")
    assert EMR.arguments(table(EmrDeployment(cluster_id="j-A1")), whole_uri)["script"] == "s3://code/jdbc.py"


@pytest.mark.parametrize(("value", "part"), [("a`id`b", "`"), ("C:\\x", "\\"), ("{{PWD}}", "{{"), ("a}}", "}}")])
def test_what_yarn_would_change_is_refused_for_a_driver_in_the_cluster(value, part):
    text = (
        f"the value of '--q' holds {part!r}, which YARN changes on the way to a driver in the cluster: set argument_encoding: "
        "json, or deploy_mode: client"
    )
    with pytest.raises(ValueError, match=whole(text)):
        EMR.arguments(table(**{"--q": value}), SCRIPT)
    in_client = EmrSettings(script_name="jdbc.py", deploy_mode="client")
    assert EMR.arguments(table(**{"--q": value}), in_client)["args"][-1] == value


@pytest.mark.parametrize("letter", ["\x00", "\x1b", "\ufffe"])
def test_letters_that_no_step_can_carry(letter):
    text = f"the value of '--q' holds {letter!r}, which no step can carry: set argument_encoding: json"
    with pytest.raises(ValueError, match=whole(text)):
        EMR.arguments(table(**{"--q": f"a{letter}b"}), EmrSettings(deploy_mode="client"))


@pytest.mark.parametrize("value", ["a b", "it's", 'say "x"', "$HOME", "a\nb", "üñ", "a;b|c&d", "{x}", "*"])
def test_what_spark_escapes_goes_through(value):
    assert EMR.arguments(table(**{"--q": value}), SCRIPT)["args"][-1] == value


def test_steps_up_to_the_limit_of_emr():
    base = len("command-runner.jar") + sum(map(len, EMR.arguments(table(**{"--q": ""}), SCRIPT)["args"]))
    assert EMR.arguments(table(**{"--q": "x" * (10_240 - base)}), SCRIPT)
    text = (
        "the step of this table has 10,241 characters, 10,240 is EMR's limit; the longest argument is '--q' with "
        f"{10_241 - base:,}: shorten it"
    )
    with pytest.raises(ArgumentsTooLong, match=whole(text)):
        EMR.arguments(table(**{"--q": "x" * (10_241 - base)}), SCRIPT)


def test_a_long_table_name_gives_way_in_the_steps_name():
    name = EMR.arguments(table(name="t" * 300), SCRIPT)["name"]
    assert len(name) == 256
    assert name.endswith("tt r1 attempt 2")


@pytest.mark.parametrize(
    ("deployment", "text"),
    [
        ({}, "cluster_id\n  Field required"),
        ({"cluster_id": "my-cluster"}, "String should match pattern '^j-[A-Z0-9]+$'"),
        (
            {"cluster_id": "j-A1", "scripts_uri": "code/scripts"},
            "'code/scripts' is not a URI: write s3://bucket/folder/",
        ),
        ({"cluster_id": "j-A1", "action_on_failure": "TERMINATE_CLUSTER"}, "Extra inputs are not permitted"),
    ],
)
def test_wrong_deployments(deployment, text):
    with pytest.raises(ValidationError, match=re.escape(text)):
        EmrDeployment.model_validate(deployment)


def test_branch_and_permissions():
    deployment = EmrDeployment(cluster_id="j-A1", execution_role_arn="arn:aws:iam::123456789012:role/step")
    target = Target(
        partition="aws-cn", region="cn-north-1", account="123456789012", machine_name="m", map_mode="INLINE",
        deployment=deployment, function_arn=str,
    )  # fmt: skip
    assert EMR.branch(target).states == {
        "EMR Start Extract Job Run": {
            "Type": "Task",
            "Comment": "Adds the table's step to the EMR cluster and waits for its end",
            "Resource": "arn:aws-cn:states:::elasticmapreduce:addStep.sync",
            "Parameters": {
                "ClusterId.$": "$.arguments.cluster_id",
                "Step": {
                    "Name.$": "$.arguments.name",
                    "ActionOnFailure": "CONTINUE",
                    "HadoopJarStep": {"Jar": "command-runner.jar", "Args.$": "$.arguments.args"},
                },
                "ExecutionRoleArn": "arn:aws:iam::123456789012:role/step",
            },
            "ResultPath": "$.job_result",
        }
    }
    assert list(EMR.permissions(target)) == [
        Statement(
            actions=("elasticmapreduce:AddJobFlowSteps", "elasticmapreduce:CancelSteps", "elasticmapreduce:DescribeStep"),
            resources=("arn:aws-cn:elasticmapreduce:cn-north-1:123456789012:cluster/j-A1",),
        ),
        Statement(
            actions=("events:DescribeRule", "events:PutRule", "events:PutTargets"),
            resources=("arn:aws-cn:events:cn-north-1:123456789012:rule/StepFunctionsGetEventForEMRAddJobFlowStepsRule",),
        ),
    ]
