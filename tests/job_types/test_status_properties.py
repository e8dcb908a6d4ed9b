"""A status parser never raises, and returns SUCCEEDED only for its service's success word; `make soak` tries more examples."""

from __future__ import annotations

import json
from datetime import datetime

import extract_batch
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import extract_ecs
import extract_emr
import extract_glue
from extract_core import FailureClass, JobState, JobStatus, Outcome

JOB_TYPES = [
    job_type for plugin in (extract_batch, extract_ecs, extract_emr, extract_glue) for job_type in plugin.extract_job_types()
]
ALL = pytest.mark.parametrize("job_type", JOB_TYPES, ids=lambda job_type: job_type.name)

SUCCESS_WORD = {
    "batch": "SUCCEEDED", "glue": "SUCCEEDED", "emr": "COMPLETED", "emr_eks": "COMPLETED", "emr_serverless": "SUCCESS",
    "ecs": "EssentialContainerExited",
}  # fmt: skip

NAMES = st.sampled_from(
    [
        "JobRun", "JobRunState", "ErrorMessage", "StateDetail", "Id", "JobName", "StartedOn", "CompletedOn", "DPUSeconds",
        "MaxCapacity", "ExecutionTime", "Step", "Status", "State", "FailureDetails", "Message", "Reason", "LogFile", "Timeline",
        "StateChangeReason", "StartDateTime", "EndDateTime", "Tasks", "Failures", "Containers", "ExitCode", "Name", "StopCode",
        "StoppedReason", "StartedAt", "StoppedAt", "PullStartedAt", "Cpu", "Memory", "TaskArn", "Overrides", "ContainerOverrides",
        "Command", "JobRunId", "JobId", "Jobs", "StatusReason", "Container", "StateDetails", "FailureReason",
        "VirtualClusterId", "ApplicationId", "ConfigurationOverrides",
        "MonitoringConfiguration", "S3MonitoringConfiguration", "LogUri", "BilledResourceUtilization", "VCPUHour",
        "ExecutionTimeoutMinutes", "TotalExecutionDurationSeconds", "CreatedAt", "EndedAt", "FinishedAt",
    ]
)  # fmt: skip
WORDS = st.sampled_from(
    [
        "SUCCEEDED", "COMPLETED", "SUCCESS", "FAILED", "STOPPED", "EssentialContainerExited",
        "Essential container in task exited", "TaskFailedToStart", "UserInitiated", "SpotInterruption", "succeeded",
        "Rate exceeded", "OutOfMemoryError", "", " ", "CANCELLED", "USER_ERROR", "INTERNAL_ERROR", "Job run timed out",
    ]
)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=12)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=6), inner, max_size=5)
)
ERRORS = st.sampled_from(
    ["States.TaskFailed", "States.Timeout", "States.Runtime", "Glue.AWSGlueException", "AmazonECS.Unknown", "ECS.ClientException"]
) | st.text(max_size=12)  # fmt: skip


def sane(status):
    assert isinstance(status, JobStatus)
    assert (status.failure is None) == (status.state is JobState.SUCCEEDED)
    assert status.failure is None or isinstance(status.failure, FailureClass)
    assert (status.message is None) == (status.state is JobState.SUCCEEDED)
    assert not (status.retryable and status.state in {JobState.SUCCEEDED, JobState.UNKNOWN, JobState.TIMED_OUT, JobState.STOPPED})
    for moment in (status.started_at, status.ended_at):
        assert moment is None or (isinstance(moment, datetime) and moment.tzinfo)
    return status


RESULTS = given(result=JSON, item=st.dictionaries(NAMES, JSON, max_size=2))
CAUSES = given(
    error=ERRORS,
    cause=st.none()
    | st.text()
    | JSON.map(json.dumps)
    | st.tuples(JSON, st.integers(0, 200)).map(lambda cut: json.dumps(cut[0])[: cut[1]]),
)
SOME, MANY = settings(max_examples=60), settings(max_examples=3_000)


def check_result(job_type, result, item):
    status = sane(job_type.status(Outcome.succeeded(result, item)))
    if SUCCESS_WORD[job_type.name] not in json.dumps(result) and "Essential container in task exited" not in json.dumps(result):
        assert status.state is not JobState.SUCCEEDED


def check_cause(job_type, error, cause):
    assert sane(job_type.status(Outcome.failed(error, cause))).state is not JobState.SUCCEEDED


@ALL
@SOME
@RESULTS
def test_any_result(job_type, result, item):
    check_result(job_type, result, item)


@ALL
@SOME
@CAUSES
def test_no_caught_error_is_a_success(job_type, error, cause):
    check_cause(job_type, error, cause)


@pytest.mark.soak
@ALL
@MANY
@RESULTS
def test_thousands_of_results(job_type, result, item):
    check_result(job_type, result, item)


@pytest.mark.soak
@ALL
@MANY
@CAUSES
def test_thousands_of_caught_errors(job_type, error, cause):
    check_cause(job_type, error, cause)


@ALL
@pytest.mark.parametrize("depth", [50, 5_000])
def test_deep_and_long_causes(job_type, depth):
    for cause in (
        '{"a":' * depth,
        "[" * depth,
        '{"Containers":[' * depth,
        '{"ErrorMessage":"' + "\\" * depth,
        "spot task " * depth,
    ):
        assert sane(job_type.status(Outcome.failed("States.TaskFailed", cause))).state is not JobState.SUCCEEDED


@ALL
def test_the_success_of_another_service_is_no_success(job_type):
    successes = {
        "batch": {"JobId": "1", "Status": "SUCCEEDED"},
        "glue": {"JobRunState": "SUCCEEDED"},
        "emr": {"Step": {"Status": {"State": "COMPLETED"}}},
        "emr_eks": {"JobRun": {"Id": "1", "State": "COMPLETED"}},
        "emr_serverless": {"JobRun": {"JobRunId": "1", "State": "SUCCESS"}},
        "ecs": {"StopCode": "EssentialContainerExited", "Containers": [{"Name": "main", "ExitCode": 0}]},
    }
    for name, payload in successes.items():
        expected = JobState.SUCCEEDED if name == job_type.name else JobState.UNKNOWN
        assert job_type.status(Outcome.succeeded(payload)).state is expected
        assert job_type.status(Outcome.failed("States.TaskFailed", json.dumps(payload))).state is not JobState.SUCCEEDED
