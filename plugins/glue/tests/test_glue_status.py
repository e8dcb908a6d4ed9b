"""JobRuns and errors to statuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import botocore.session
import pytest

from extract_core import FailureClass, JobState, JobStatus, Outcome
from extract_glue import extract_job_types

(GLUE,) = extract_job_types()
RUN = {
    "Attempt": 0, "CompletedOn": 1783349798460, "ExecutionTime": 71, "GlueVersion": "5.1", "Id": "jr_1", "JobName": "a job",
    "JobRunState": "SUCCEEDED", "LogGroupName": "/aws-glue/python-jobs", "MaxCapacity": 2.0, "StartedOn": 1783349720582,
}  # fmt: skip


def failed(**members):
    return GLUE.status(Outcome.failed("States.TaskFailed", json.dumps({**RUN, "JobRunState": "FAILED", **members})))


@pytest.mark.parametrize("envelope", [RUN, {"JobRun": RUN}])
def test_success(envelope):
    assert GLUE.status(Outcome.succeeded(envelope)) == JobStatus(
        state=JobState.SUCCEEDED,
        job_run_id="jr_1",
        log_url="https://console.aws.amazon.com/gluestudio/home#/job/a%20job/run/jr_1",
        started_at=datetime(2026, 7, 6, 14, 55, 20, 582000, tzinfo=UTC),
        ended_at=datetime(2026, 7, 6, 14, 56, 38, 460000, tzinfo=UTC),
        cost_basis={"dpu_seconds": 142.0},
    )


def test_every_state_of_the_service_is_known():
    states = botocore.session.get_session().get_service_model("glue").shape_for("JobRunState").enum
    assert {GLUE.succeeded, *GLUE.failures, *GLUE.not_ends} == set(states)


@pytest.mark.parametrize("caught", [True, False])
@pytest.mark.parametrize(
    ("state", "expected", "failure"),
    [
        ("STOPPED", JobState.STOPPED, FailureClass.STOPPED),
        ("TIMEOUT", JobState.TIMED_OUT, FailureClass.TIMEOUT),
        ("ERROR", JobState.FAILED, FailureClass.CONFIG),
        ("FAILED", JobState.FAILED, FailureClass.UNKNOWN),
        ("EXPIRED", JobState.FAILED, FailureClass.INTERRUPTED),
        ("WAITING", JobState.UNKNOWN, FailureClass.UNKNOWN),
        ("RUNNING", JobState.UNKNOWN, FailureClass.UNKNOWN),
    ],
)
def test_states_mean_the_same_as_a_result_and_as_a_caught_error(state, expected, failure, caught):
    run = {**RUN, "JobRunState": state}
    status = GLUE.status(Outcome.failed("States.TaskFailed", json.dumps(run)) if caught else Outcome.succeeded(run))
    assert (status.state, status.failure, status.retryable) == (expected, failure, state == "EXPIRED")
    assert status.message == f"Glue job run jr_1 ended {state}: Glue gave no reason"


def test_a_state_nobody_knows():
    status = GLUE.status(Outcome.succeeded({**RUN, "JobRunState": "PAUSED"}))
    assert (status.state, status.message) == (
        JobState.UNKNOWN, "Glue job run jr_1 ended PAUSED: a state that extract does not know",
    )  # fmt: skip


def test_a_caught_error_with_the_success_word_is_not_a_success():
    status = GLUE.status(Outcome.failed("States.TaskFailed", json.dumps(RUN)))
    assert (status.state, status.message) == (
        JobState.UNKNOWN, "Glue job run jr_1 ended SUCCEEDED: yet Step Functions says States.TaskFailed",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("message", "failure", "retryable"),
    [
        ("Command failed with exit code 1", FailureClass.USER_CODE, False),
        ("AnalysisException: Table or view not found: throttling_events", FailureClass.USER_CODE, False),
        ("Command Failed due to Out of Memory", FailureClass.OUT_OF_MEMORY, False),
        ("Resource unavailable", FailureClass.CAPACITY, True),
        ("Max concurrent compute (DPU usage) exceeded", FailureClass.CAPACITY, True),
        ("Max concurrent job runs per account exceeded", FailureClass.THROTTLED, True),
        ("Max concurrent job runs per job exceeded", FailureClass.THROTTLED, True),
        ("The specified subnet does not have enough free addresses to satisfy the request", FailureClass.CAPACITY, True),
        ("An error occurred (AccessDeniedException) when calling GetSecretValue", FailureClass.PERMISSION, False),
        ("An error occurred (ThrottlingException) when calling GetSecretValue: Rate exceeded", FailureClass.THROTTLED, True),
        ("Internal service error : JobRun failed", FailureClass.INTERNAL, True),
        ("LAUNCH ERROR | File Not Found Error while downloading script", FailureClass.CONFIG, False),
        ("Failed to start job run due to missing metadata", FailureClass.CONFIG, False),
        ("VPC S3 endpoint validation failed for SubnetId: subnet-1. VPC: vpc-1.", FailureClass.CONFIG, False),
    ],
)
def test_a_failed_run_is_classed_by_its_own_words(message, failure, retryable):
    status = failed(ErrorMessage=message)
    assert (status.state, status.failure, status.retryable) == (JobState.FAILED, failure, retryable)
    assert status.message == f"Glue job run jr_1 ended FAILED: {message}"


def test_a_run_in_error_is_classed_by_its_words_where_it_has_any():
    status = failed(JobRunState="ERROR", ErrorMessage="Internal service error")
    assert (status.state, status.failure, status.retryable) == (JobState.FAILED, FailureClass.INTERNAL, True)


@pytest.mark.parametrize(
    ("error", "cause", "failure", "retryable"),
    [
        ("Glue.ConcurrentRunsExceededException", "Concurrent runs exceeded for j", FailureClass.THROTTLED, True),
        ("Glue.ResourceNumberLimitExceededException", "limit", FailureClass.CAPACITY, True),
        ("Glue.InvalidInputException", "no", FailureClass.CONFIG, False),
        ("Glue.EntityNotFoundException", "", FailureClass.CONFIG, False),
        ("Glue.InternalServiceException", "", FailureClass.INTERNAL, True),
        ("Glue.OperationTimeoutException", "", FailureClass.INTERNAL, False),  # the run may have started
        ("Glue.AWSGlueException", "x (Service: AWSGlue; Error Code: AccessDeniedException)", FailureClass.PERMISSION, False),
        ("Glue.AWSGlueException", "x (Service: AWSGlue; Status Code: 503; Request ID: r)", FailureClass.INTERNAL, True),
    ],
)  # fmt: skip
def test_calls_that_failed(error, cause, failure, retryable):
    status = GLUE.status(Outcome.failed(error, cause))
    assert (status.state, status.failure, status.retryable) == (JobState.FAILED, failure, retryable)
    assert status.message == f"Glue job run: {error}: {cause or 'no cause was given'}"


@pytest.mark.parametrize("cause", ["", None])
def test_timeout_of_the_state(cause):
    status = GLUE.status(Outcome.failed("States.Timeout", cause))
    assert (status.state, status.failure, status.retryable) == (JobState.TIMED_OUT, FailureClass.TIMEOUT, False)
    assert status.message == "Glue job run: States.Timeout: no cause was given"


def test_a_cause_cut_in_the_middle_of_its_reason():
    cause = json.dumps({**RUN, "JobRunState": "FAILED", "ErrorMessage": "java.lang.OutOfMemoryError: " + "x" * 50})[:-20]
    status = GLUE.status(Outcome.failed("States.TaskFailed", cause))
    assert (status.failure, status.job_run_id) == (FailureClass.OUT_OF_MEMORY, "jr_1")
    assert str(status.message).startswith("Glue job run jr_1 ended FAILED: java.lang.OutOfMemoryError: xxx")


def test_a_cause_whose_beginning_is_gone():
    status = GLUE.status(Outcome.failed("States.TaskFailed", '…"JobRunState":"FAILED","ErrorMessage":"Resource unavailable"}'))
    assert (status.state, status.failure) == (JobState.FAILED, FailureClass.CAPACITY)
    assert status.message == "Glue job run ended FAILED: Resource unavailable"


@pytest.mark.parametrize(
    "result", [None, [], "SUCCEEDED", {}, {"JobRunState": None}, {"JobRunState": ["SUCCEEDED"]}, {"State": "SUCCEEDED"}]
)
def test_an_answer_without_a_state(result):
    status = GLUE.status(Outcome.succeeded(result))
    assert (status.state, status.failure) == (JobState.UNKNOWN, FailureClass.UNKNOWN)
    assert status.message == "Glue answered without the state of a job run: how it ended is not known"


def test_dpu_seconds_of_glue_come_first():
    assert GLUE.status(Outcome.succeeded({**RUN, "DPUSeconds": 33.5})).cost_basis == {"dpu_seconds": 33.5}
    assert GLUE.status(Outcome.succeeded({"JobRunState": "SUCCEEDED"})).cost_basis is None
