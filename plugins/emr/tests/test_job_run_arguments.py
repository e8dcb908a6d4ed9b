"""Settings and deployment to StartJobRun's members, of EMR Serverless and of EMR on EKS."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from extract_core import ArgumentsTooLong, Statement, TableRun, Target, Watermark
from extract_emr import extract_job_types
from extract_emr.eks.settings import EksDeployment, EksSettings
from extract_emr.serverless.settings import ServerlessDeployment, ServerlessSettings

BY_NAME = {job_type.name: job_type for job_type in extract_job_types()}
SIZES = "--conf spark.executor.cores=2 --conf spark.executor.memory=4g --conf spark.driver.memory=2g"
ROLE = "arn:aws:iam::123456789012:role/job"
DEPLOYMENTS = {
    "emr_serverless": ServerlessDeployment(
        application_id="00f1", application_ids=("00f2",), execution_role_arn=ROLE, scripts_uri="s3://code/"
    ),
    "emr_eks": EksDeployment(
        virtual_cluster_id="0b0q", virtual_cluster_ids=("0b0r",), execution_role_arn=ROLE, release_label="emr-7.9.0-latest",
        scripts_uri="s3://code/",
    ),
}  # fmt: skip


def arguments(name, settings, table="public.accounts", deployment=None, **job_arguments):
    run = TableRun(
        source="sales", source_type="jdbc", table=table, job_type=name, run_id="r1",
        run_started_at="2026-01-02T03:04:05Z", attempt=2, extract_s3_uri="s3://d/", result_uri="s3://r",
        watermark=Watermark(), deployment=deployment or DEPLOYMENTS[name], job_arguments=job_arguments,
    )  # fmt: skip
    return BY_NAME[name].arguments(run, settings)


def whole(text):
    return rf"\A{re.escape(text)}\Z"


def target(name, deployment, partition="aws"):
    return Target(
        partition=partition, region="eu-west-1", account="123456789012", machine_name="m", map_mode="INLINE",
        deployment=deployment, function_arn=str,
    )  # fmt: skip


def test_defaults_of_serverless():
    assert arguments("emr_serverless", ServerlessSettings(), **{"--a": "x y"}) == {
        "application_id": "00f1",
        "name": "sales public.accounts r1 attempt 2",
        "timeout": 480,
        "spark_submit": {"EntryPoint": "s3://code/extract_job.py", "EntryPointArguments": ["--a", "x y"]},
    }


def test_everything_set_of_serverless():
    settings = ServerlessSettings.model_validate(
        {
            "application_id": "00f2", "script": "s3://other/job.py", "executor_cores": "2", "executor_memory": "8g",
            "driver_cores": 1, "driver_memory": "2g", "timeout_minutes": "30", "queue_minutes": "5",
            "spark_submit_args": ["--executor-memory", "4g", "--conf", "spark.driver.cores=4", "--conf=a=b"],
        }
    )  # fmt: skip
    made = arguments("emr_serverless", settings)
    assert (made["application_id"], made["timeout"]) == ("00f2", 30)
    assert made["spark_submit"] == {
        "EntryPoint": "s3://other/job.py",
        "EntryPointArguments": [],
        "SparkSubmitParameters": "--conf=a=b --conf spark.executor.cores=2 --conf spark.executor.memory=8g "
        "--conf spark.driver.cores=1 --conf spark.driver.memory=2g",
    }
    assert BY_NAME["emr_serverless"].timeout(settings) == 35 * 60 + 900


def test_defaults_of_eks():
    made = arguments("emr_eks", EksSettings(spark_submit_args=("--executor-memory", "1g")), **{"--a": "1"})
    assert made == {
        "virtual_cluster_id": "0b0q",
        "name": "sales-public.accounts-r1-2",
        "spark_submit": {
            "EntryPoint": "s3://code/extract_job.py",
            "EntryPointArguments": ["--a", "1"],
            "SparkSubmitParameters": SIZES,
        },
    }


def test_names_of_eks_are_64_of_its_letters():
    name = arguments("emr_eks", EksSettings(), table='schöne "tabelle" ' * 9)["name"]
    assert len(name) == 64
    assert re.fullmatch(r"[.\-_/#A-Za-z0-9]{1,64}", name)
    assert name.endswith("-r1-2")


@pytest.mark.parametrize("value", ["a b", "it's", 'say "x"', "$HOME", "üñ", "a;b|c&d", "{{x}}", "*", "`id`", "\\", "a\nb"])
@pytest.mark.parametrize("name", ["emr_serverless", "emr_eks"])
def test_any_value_goes_through(name, value):
    settings = ServerlessSettings() if name == "emr_serverless" else EksSettings()
    made = arguments(name, settings, **{"--q": value})
    assert made["spark_submit"]["EntryPointArguments"] == ["--q", value]
    assert list(BY_NAME[name].local_command(made).argv)[4:] == ["--q", value]


@pytest.mark.parametrize(("value", "part"), [("a$(id)b", "$("), ("a$$b", "$$"), ("  ", "  ")])
def test_what_kubernetes_would_change_is_refused(value, part):
    text = f"the value of '--q' holds {part!r}, which does not reach the driver's pod unchanged: set argument_encoding: json"
    with pytest.raises(ValueError, match=whole(text)):
        arguments("emr_eks", EksSettings(), **{"--q": value})


@pytest.mark.parametrize("name", ["emr_serverless", "emr_eks"])
def test_half_characters(name):
    settings = ServerlessSettings() if name == "emr_serverless" else EksSettings()
    text = "the value of '--q' holds '\\ud800', which no argument can carry: set argument_encoding: json"
    with pytest.raises(ValueError, match=whole(text)):
        arguments(name, settings, **{"--q": "a\ud800"})


def test_limits_of_the_services():
    text = "the value of '--q' has 10,281 characters, 10,280 is the limit of one argument: shorten it"
    with pytest.raises(ValueError, match=whole(text)):
        arguments("emr_eks", EksSettings(), **{"--q": "x" * 10_281})
    text = "the value of '--q' has 131,072 bytes, a process takes 131,071 in one: shorten it"
    with pytest.raises(ArgumentsTooLong, match=whole(text)):
        arguments("emr_serverless", ServerlessSettings(), **{"--q": "ü" * 65_536})
    assert arguments("emr_serverless", ServerlessSettings(), **{"--q": "x" * 131_071})
    with pytest.raises(ValueError, match=whole("the job has 1,026 arguments, 1,024 is the limit: set argument_encoding: json")):
        arguments("emr_serverless", ServerlessSettings(), **{f"--k{number}": "v" for number in range(513)})
    script = "s3://code/" + "x" * 250
    with pytest.raises(ValueError, match=whole(f"the script's URI has 260 characters, 256 is the limit: {script!r}")):
        arguments("emr_eks", EksSettings(script=script))
    long = tuple(f"--conf=spark.a{number}=" + "x" * 1000 for number in range(110))
    with pytest.raises(ValueError, match=r"^spark_submit_args have 11\d,\d{3} characters, 102,400 is the service's limit$"):
        arguments("emr_serverless", ServerlessSettings(spark_submit_args=long))


@pytest.mark.parametrize("option", ["", "a b", "--conf\ta", "x='y'", 'x="y"', "a\\b"])
@pytest.mark.parametrize("model", [ServerlessSettings, EksSettings])
def test_options_that_would_not_stay_one_word(model, option):
    with pytest.raises(ValidationError, match="these options go in one text that is split at blanks"):
        model(spark_submit_args=(option,))


@pytest.mark.parametrize(
    ("name", "settings", "text"),
    [
        (
            "emr_serverless", ServerlessSettings(application_id="00zz"),
            (
                "the application '00zz' is not in the deployment, which allows '00f1', '00f2': name one of these as "
                "application_id, or add it to application_ids under [job_types.emr_serverless] of extract.toml and build anew"
            ),
        ),
        (
            "emr_eks", EksSettings(virtual_cluster_id="zz"),
            (
                "the virtual cluster 'zz' is not in the deployment, which allows '0b0q', '0b0r': name one of these as "
                "virtual_cluster_id, or add it to virtual_cluster_ids under [job_types.emr_eks] of extract.toml and build anew"
            ),
        ),
    ],
)  # fmt: skip
def test_what_is_outside_the_deployment_is_refused(name, settings, text):
    with pytest.raises(ValueError, match=whole(text)):
        arguments(name, settings)


def test_a_script_that_is_nowhere():
    text = (
        "where the script 'extract_job.py' is, is not known: set scripts_uri under [job_types.emr_serverless] of extract.toml, "
        "or script (an s3:// URI) under job_types.emr_serverless of the config"
    )
    deployment = ServerlessDeployment(application_id="00f1", execution_role_arn=ROLE)
    with pytest.raises(ValueError, match=whole(text)):
        arguments("emr_serverless", ServerlessSettings(), deployment=deployment)


@pytest.mark.parametrize(
    ("model", "settings", "text"),
    [
        (ServerlessDeployment, {"application_id": "00f1"}, "execution_role_arn\n  Field required"),
        (ServerlessDeployment, {"application_id": "A", "execution_role_arn": ROLE}, "String should match pattern"),
        (
            ServerlessDeployment, {"application_id": "00f1", "execution_role_arn": ROLE, "log_uri": "logs"},
            "'logs' is not a URI: write s3://bucket/folder/",
        ),
        (EksDeployment, {"virtual_cluster_id": "0b", "execution_role_arn": ROLE}, "release_label\n  Field required"),
        (ServerlessSettings, {"executor_cores": "3"}, "Input should be 1, 2, 4, 8 or 16"),
        (ServerlessSettings, {"executor_memory": "4 GB"}, "String should match pattern"),
        (ServerlessSettings, {"timeout_minutes": 10_081}, "less than or equal to 10080"),
    ],
)  # fmt: skip
def test_wrong_values(model, settings, text):
    with pytest.raises(ValidationError, match=re.escape(text)):
        model.model_validate(settings)


def test_branch_and_permissions_of_serverless():
    deployment = ServerlessDeployment(application_id="00f1", execution_role_arn=ROLE, log_uri="s3://logs/")
    serverless = BY_NAME["emr_serverless"]
    assert serverless.branch(target("emr_serverless", deployment)).states == {
        "EMR Serverless Start Extract Job Run": {
            "Type": "Task",
            "Comment": "Runs the table's job on EMR Serverless and waits for its end",
            "Resource": "arn:aws:states:::emr-serverless:startJobRun.sync",
            "Parameters": {
                "ApplicationId.$": "$.arguments.application_id",
                "ExecutionRoleArn": ROLE,
                "Name.$": "$.arguments.name",
                "ExecutionTimeoutMinutes.$": "$.arguments.timeout",
                "JobDriver": {"SparkSubmit.$": "$.arguments.spark_submit"},
                "ConfigurationOverrides": {"MonitoringConfiguration": {"S3MonitoringConfiguration": {"LogUri": "s3://logs/"}}},
            },
            "ResultPath": "$.job_result",
        }
    }
    application = "arn:aws:emr-serverless:eu-west-1:123456789012:/applications/00f1"
    assert list(serverless.permissions(target("emr_serverless", deployment))) == [
        Statement(actions=("emr-serverless:StartJobRun",), resources=(application,)),
        Statement(
            actions=("emr-serverless:CancelJobRun", "emr-serverless:GetJobRun"), resources=(f"{application}/jobruns/*",)
        ),
        Statement(
            actions=("iam:PassRole",), resources=(ROLE,),
            condition={"StringEquals": {"iam:PassedToService": "emr-serverless.amazonaws.com"}},
        ),
        Statement(
            actions=("events:DescribeRule", "events:PutRule", "events:PutTargets"),
            resources=("arn:aws:events:eu-west-1:123456789012:rule/StepFunctionsGetEventsForEMRServerlessJobRule",),
        ),
    ]  # fmt: skip


def test_branch_and_permissions_of_eks():
    deployment = EksDeployment(virtual_cluster_id="0b0q", execution_role_arn=ROLE, release_label="emr-7.9.0-latest")
    eks = BY_NAME["emr_eks"]
    branch = eks.branch(target("emr_eks", deployment, "aws-cn"))
    assert branch.states["EMR on EKS Start Extract Job Run"]["Resource"] == "arn:aws-cn:states:::emr-containers:startJobRun.sync"
    assert branch.states["EMR on EKS Start Extract Job Run"]["Parameters"] == {
        "VirtualClusterId.$": "$.arguments.virtual_cluster_id",
        "Name.$": "$.arguments.name",
        "ExecutionRoleArn": ROLE,
        "ReleaseLabel": "emr-7.9.0-latest",
        "JobDriver": {"SparkSubmitJobDriver.$": "$.arguments.spark_submit"},
    }
    cluster = "arn:aws:emr-containers:eu-west-1:123456789012:/virtualclusters/0b0q"
    assert list(eks.permissions(target("emr_eks", deployment))) == [
        Statement(
            actions=("emr-containers:StartJobRun",), resources=(cluster,),
            condition={"StringEquals": {"emr-containers:ExecutionRoleArn": ROLE}},
        ),
        Statement(
            actions=("emr-containers:CancelJobRun", "emr-containers:DescribeJobRun"), resources=(f"{cluster}/jobruns/*",)
        ),
    ]  # fmt: skip
