"""Settings and deployment to StartJobRun's members."""

from __future__ import annotations

import re
from typing import get_args

import botocore.session
import pytest
from pydantic import ValidationError

from extract_core import ArgumentsTooLong, Statement, TableRun, Target, Watermark
from extract_glue import extract_job_types
from extract_glue.run_arguments import RESERVED
from extract_glue.settings import GlueDeployment, GlueSettings, WorkerType

(GLUE,) = extract_job_types()
DEPLOYMENT = GlueDeployment(job_name="extract-jdbc", job_names=("extract-big",))


def table(**job_arguments):
    return TableRun(
        source="sales", source_type="jdbc", table="public.accounts", job_type="glue", run_id="r1",
        run_started_at="2026-01-02T03:04:05Z", attempt=1, extract_s3_uri="s3://d/", result_uri="s3://r",
        watermark=Watermark(), deployment=DEPLOYMENT, job_arguments=job_arguments,
    )  # fmt: skip


def test_defaults():
    assert GLUE.arguments(table(**{"--a": "1"}), GlueSettings()) == {
        "job_name": "extract-jdbc", "arguments": {"--a": "1"}, "worker_type": "G.1X", "number_of_workers": 2, "timeout": 480,
        "execution_class": "STANDARD",
    }  # fmt: skip


def test_values_of_a_config_are_texts():
    settings = GlueSettings.model_validate(
        {"job_name": "extract-big", "worker_type": "R.8X", "worker_no": "10", "timeout_minutes": "90", "execution_class": "FLEX"}
    )
    arguments = GLUE.arguments(table(), settings)
    assert arguments["number_of_workers"] == 10
    assert arguments["timeout"] == 90
    assert type(arguments["number_of_workers"]) is type(arguments["timeout"]) is int
    assert GLUE.timeout(settings) == (90 + 60) * 60 + 600


def whole(text):
    return rf"\A{re.escape(text)}\Z"


def test_a_job_outside_the_deployment_is_refused():
    text = (
        "the Glue job 'other' is not in the deployment, which allows 'extract-big', 'extract-jdbc': name one of these as "
        "job_name, or add it to job_names under [job_types.glue] of extract.toml and build anew"
    )
    with pytest.raises(ValueError, match=whole(text)):
        GLUE.arguments(table(), GlueSettings(job_name="other"))


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_names_that_glue_keeps_are_refused_with_the_reason(name):
    text = f"the argument {name!r} is reserved by Glue ({RESERVED[name]}): take another name under arguments"
    with pytest.raises(ValueError, match=whole(text)):
        GLUE.arguments(table(**{name: "1"}), GlueSettings())


@pytest.mark.parametrize("name", ["fetchsize", "-f", "--"])
def test_names_that_are_no_options_are_refused(name):
    with pytest.raises(ValueError, match=whole(f"the argument {name!r} can't be passed to Glue: names begin with '--'")):
        GLUE.arguments(table(**{name: "1"}), GlueSettings())


@pytest.mark.parametrize("name", ["--conf", "--TempDir", "--extra-py-files", "--additional-python-modules", "--enable-metrics"])
def test_options_of_glue_itself_go_through(name):
    assert GLUE.arguments(table(**{name: "x"}), GlueSettings())["arguments"] == {name: "x"}


def test_options_of_glue_itself_are_arguments_of_the_service():
    names = {"--conf", "--extra-py-files", "--job-bookmark-option", "--datalake-formats", "--enable-metrics"}
    assert names <= GLUE.service_arguments
    assert not GLUE.service_arguments & RESERVED.keys()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"worker_no": "two"}, "Input should be a valid integer, unable to parse string as an integer"),
        ({"worker_no": 0}, "Input should be greater than or equal to 1"),
        ({"timeout_minutes": 10_080}, "Input should be less than 10080"),
        ({"worker_type": "G.3X"}, "Input should be 'Standard', 'G.025X'"),
        ({"max_capacity": 2}, "Extra inputs are not permitted"),
    ],
)
def test_wrong_settings_are_said_plainly(settings, message):
    with pytest.raises(ValidationError, match=message):
        GlueSettings.model_validate(settings)


def test_worker_types_are_those_of_glue():
    model = botocore.session.get_session().get_service_model("glue")
    assert set(get_args(WorkerType)) == set(model.shape_for("WorkerType").enum)


@pytest.mark.parametrize(
    ("job_arguments", "said"),
    [
        (
            {"--a": "x", "--q": "ü" * 65_536},
            "the argument '--q' of this table's Glue job has 131,072 bytes, 131,071 is the limit of one: shorten it",
        ),
        (
            {"--a": "x" * 90_000, "--q": "y" * 90_001},
            (
                "the arguments of this table's Glue job have 180,023 bytes, 180,000 is the limit; the longest is '--q' with "
                "90,001: shorten it"
            ),
        ),
    ],
)
def test_what_glue_can_not_carry(job_arguments, said):
    with pytest.raises(ArgumentsTooLong) as refused:
        GLUE.arguments(table(**job_arguments), GlueSettings())
    assert str(refused.value) == said


def test_what_glue_can_just_carry():
    fits = {"--a": "x" * 40_000, "--q": "y" * 131_071}
    assert GLUE.arguments(table(**fits), GlueSettings())["arguments"] == fits


def test_what_the_deployment_fixes_is_baked_in():
    deployment = GlueDeployment(job_name="j", job_run_queuing=True, security_configuration="kms")
    target = Target(
        partition="aws", region="eu-west-1", account="123456789012", machine_name="m", map_mode="INLINE", deployment=deployment,
        function_arn=str,
    )  # fmt: skip
    branch = GLUE.branch(target)
    assert branch.states == {
        "Glue Start Extract Job Run": {
            "Type": "Task",
            "Comment": "Runs the table's Glue job and waits for its end",
            "Resource": "arn:aws:states:::glue:startJobRun.sync",
            "Parameters": {
                "JobName.$": "$.arguments.job_name",
                "Arguments.$": "$.arguments.arguments",
                "WorkerType.$": "$.arguments.worker_type",
                "NumberOfWorkers.$": "$.arguments.number_of_workers",
                "Timeout.$": "$.arguments.timeout",
                "ExecutionClass.$": "$.arguments.execution_class",
                "JobRunQueuingEnabled": True,
                "SecurityConfiguration": "kms",
            },
            "ResultPath": "$.job_result",
        }
    }
    assert list(GLUE.permissions(target)) == [
        Statement(
            actions=("glue:BatchStopJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:StartJobRun"),
            resources=("arn:aws:glue:eu-west-1:123456789012:job/j",),
        )
    ]


def test_deployment_needs_a_job():
    with pytest.raises(ValidationError, match="job_name\n  Field required"):
        GlueDeployment.model_validate({})
