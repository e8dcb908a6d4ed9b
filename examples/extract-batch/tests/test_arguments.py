"""Settings and deployment to SubmitJob's members."""

from __future__ import annotations

import json
import re

import pytest
from extract_batch.job_type import Batch
from extract_batch.settings import BatchDeployment, BatchSettings

from extract_core import FailureClass, JobState, JobStatus, Statement, TableRun, Target, Watermark

BATCH = Batch()
DEPLOYMENT = BatchDeployment(job_queue="extracts", job_definition="extract-job", job_definitions=("big:7",))


def table(name="public.accounts", **job_arguments):
    return TableRun(
        source="sales", source_type="jdbc", table=name, job_type="batch", run_id="r1",
        run_started_at="2026-01-02T03:04:05Z", attempt=2, extract_s3_uri="s3://d/", result_uri="s3://r",
        watermark=Watermark(), deployment=DEPLOYMENT, job_arguments=job_arguments,
    )  # fmt: skip


def whole(text):
    return rf"\A{re.escape(text)}\Z"


def test_defaults():
    assert BATCH.arguments(table(**{"--a": "x y"}), BatchSettings()) == {
        "job_name": "sales-public-accounts-r1-2",
        "job_queue": "extracts",
        "job_definition": "extract-job",
        "container_overrides": {"Command": ["--a", "x y"]},
        "attempt_seconds": 28_800,
    }


def test_sizes_are_texts_as_submit_job_wants_them():
    settings = BatchSettings.model_validate({"vcpus": "0.5", "memory": "1024", "job_definition": "big:7", "timeout_minutes": 5})
    arguments = BATCH.arguments(table(), settings)
    assert arguments["container_overrides"] == {
        "Command": [],
        "ResourceRequirements": [{"Type": "VCPU", "Value": "0.5"}, {"Type": "MEMORY", "Value": "1024"}],
    }
    assert (arguments["job_definition"], arguments["attempt_seconds"]) == ("big:7", 300)


def test_a_long_name_keeps_run_and_attempt():
    name = BATCH.arguments(table(name="ü" * 300), BatchSettings())["job_name"]
    assert len(str(name)) == 128
    assert str(name).endswith("---r1-2")


@pytest.mark.parametrize("vcpus", [0, 0.3, 1.5, -1])
def test_vcpus_that_batch_has_not(vcpus):
    with pytest.raises(ValueError, match=re.escape(f"{vcpus:g} is not a number of vCPUs: take 0.25 or 0.5 (Fargate)")):
        BatchSettings(vcpus=vcpus)


def test_a_queue_outside_the_deployment():
    text = (
        "the job queue 'fast' is not in the deployment, which allows 'extracts': name one of these as job_queue, "
        "or add it to job_queues under [job_types.batch] of extract.toml and build anew"
    )
    with pytest.raises(ValueError, match=whole(text)):
        BATCH.arguments(table(), BatchSettings(job_queue="fast"))


def test_a_placeholder_of_batch_is_refused():
    text = "the value of '--q' holds 'Ref::', which Batch would change: set argument_encoding: json"
    with pytest.raises(ValueError, match=whole(text)):
        BATCH.arguments(table(**{"--q": "Ref::table"}), BatchSettings())


def test_overrides_up_to_the_limit():
    base = len(json.dumps(BATCH.arguments(table(**{"--q": ""}), BatchSettings())["container_overrides"]))
    assert BATCH.arguments(table(**{"--q": "é" * (8192 - base)}), BatchSettings())
    text = (
        "the overrides of this table's Batch job have 8,193 characters, 8,192 is the limit; the longest argument is '--q' with "
        f"{8193 - base:,}: shorten it"
    )
    with pytest.raises(ValueError, match=whole(text)):
        BATCH.arguments(table(**{"--q": "é" * (8193 - base)}), BatchSettings())


OOM = JobStatus(state=JobState.FAILED, failure=FailureClass.OUT_OF_MEMORY)


@pytest.mark.parametrize(
    ("settings", "more"),
    [
        ({"memory": 2048}, {"memory": 4096, "vcpus": None}),
        ({"memory": 2048, "vcpus": 0.25}, {"memory": 4096, "vcpus": 0.5}),
        ({"memory": 8192, "vcpus": 1}, {"memory": 16384, "vcpus": 2}),
        ({"memory": 30720, "vcpus": 4}, {"memory": 61440, "vcpus": 8}),
    ],
)
def test_out_of_memory_asks_for_more(settings, more):
    bigger = BATCH.escalate(BatchSettings(**settings), OOM, 1)
    assert bigger is not None
    assert {name: getattr(bigger, name) for name in more} == more


def test_no_size_and_no_lack_of_memory_stay_as_they_are():
    assert BATCH.escalate(BatchSettings(), OOM, 1) is None
    failed = JobStatus(state=JobState.FAILED, failure=FailureClass.USER_CODE)
    assert BATCH.escalate(BatchSettings(memory=2048), failed, 1) is None


def test_permissions():
    target = Target(
        partition="aws-cn", region="cn-north-1", account="123456789012", machine_name="m", map_mode="INLINE",
        deployment=DEPLOYMENT, function_arn=str,
    )  # fmt: skip
    where = "arn:aws-cn:batch:cn-north-1:123456789012:"
    assert list(BATCH.permissions(target)) == [
        Statement(
            actions=("batch:SubmitJob",),
            resources=(
                f"{where}job-definition/big:7", f"{where}job-definition/extract-job", f"{where}job-definition/extract-job:*",
                f"{where}job-queue/extracts",
            ),
        ),
        Statement(actions=("batch:TerminateJob",), resources=(f"{where}job/*",)),
        Statement(actions=("batch:DescribeJobs",), resources=("*",)),
        Statement(
            actions=("events:DescribeRule", "events:PutRule", "events:PutTargets"),
            resources=("arn:aws-cn:events:cn-north-1:123456789012:rule/StepFunctionsGetEventsForBatchJobsRule",),
        ),
    ]  # fmt: skip
