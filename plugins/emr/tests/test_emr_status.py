"""Steps and errors to statuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import botocore.session
import pytest

from extract_core import FailureClass, JobState, JobStatus, Outcome
from extract_emr import extract_job_types

EMR = next(job_type for job_type in extract_job_types() if job_type.name == "emr")


def step(state, **status):
    timeline = {"CreationDateTime": 1699999990000, "StartDateTime": 1700000000000, "EndDateTime": 1700000060000}
    return {"Id": "s-1", "Name": "n", "Status": {"State": state, "StateChangeReason": {}, "Timeline": timeline, **status}}


def caught(payload):
    return EMR.status(Outcome.failed("States.TaskFailed", json.dumps(payload)))


@pytest.mark.parametrize("envelope", [step("COMPLETED"), {"Step": step("COMPLETED")}])
def test_success(envelope):
    assert EMR.status(Outcome.succeeded(envelope)) == JobStatus(
        state=JobState.SUCCEEDED,
        job_run_id="s-1",
        started_at=datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        ended_at=datetime(2023, 11, 14, 22, 14, 20, tzinfo=UTC),
    )


def test_every_state_of_the_service_is_known():
    states = botocore.session.get_session().get_service_model("emr").shape_for("StepState").enum
    assert {EMR.succeeded, *EMR.failures, *EMR.not_ends} == set(states)


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize(
    ("state", "expected", "failure", "retryable"),
    [
        ("CANCELLED", JobState.STOPPED, FailureClass.STOPPED, False),
        ("INTERRUPTED", JobState.FAILED, FailureClass.INTERRUPTED, True),
        ("FAILED", JobState.FAILED, FailureClass.UNKNOWN, False),
        ("PENDING", JobState.UNKNOWN, FailureClass.UNKNOWN, False),
        ("RUNNING", JobState.UNKNOWN, FailureClass.UNKNOWN, False),
        ("CANCEL_PENDING", JobState.UNKNOWN, FailureClass.UNKNOWN, False),
    ],
)
def test_states(state, expected, failure, retryable, wrapped):
    payload = {"Step": step(state)} if wrapped else step(state)
    for status in (caught(payload), EMR.status(Outcome.succeeded(payload))):
        assert (status.state, status.failure, status.retryable) == (expected, failure, retryable)
        assert status.message == f"EMR step s-1 ended {state}: EMR gave no reason"


def test_a_state_nobody_knows():
    status = EMR.status(Outcome.succeeded({"Step": step("PAUSED")}))
    assert (status.state, status.message) == (JobState.UNKNOWN, "EMR step s-1 ended PAUSED: a state that extract does not know")


def test_a_caught_error_with_the_success_word_is_not_a_success():
    status = caught({"Step": step("COMPLETED")})
    assert (status.state, status.message) == (
        JobState.UNKNOWN, "EMR step s-1 ended COMPLETED: yet Step Functions says States.TaskFailed",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("details", "failure", "retryable", "reason"),
    [
        ({"Reason": "Unknown Error"}, FailureClass.UNKNOWN, False, "Unknown Error"),
        (
            {"Reason": "Unknown Error", "LogFile": "s3://logs/stderr.gz"},
            FailureClass.UNKNOWN, False, "Unknown Error (log: s3://logs/stderr.gz)",
        ),
        ({"Message": "Exit code 1"}, FailureClass.USER_CODE, False, "Exit code 1"),
        ({"Reason": "Unable to find the jar"}, FailureClass.USER_CODE, False, "Unable to find the jar"),
        (
            {"Reason": "Unknown Error", "Message": "Container killed by YARN for exceeding memory limits."},
            FailureClass.OUT_OF_MEMORY, False, "Unknown Error: Container killed by YARN for exceeding memory limits.",
        ),
        ({"Message": "Exit status: -100. Diagnostics: x"}, FailureClass.INTERRUPTED, True, "Exit status: -100. Diagnostics: x"),
        ({"Message": "AccessDeniedException: no"}, FailureClass.PERMISSION, False, "AccessDeniedException: no"),
        (["not an object"], FailureClass.UNKNOWN, False, "EMR gave no reason"),
    ],
)  # fmt: skip
def test_a_failed_step_is_classed_by_its_details(details, failure, retryable, reason):
    status = caught({"Step": step("FAILED", FailureDetails=details)})
    assert (status.state, status.failure, status.retryable) == (JobState.FAILED, failure, retryable)
    assert status.message == f"EMR step s-1 ended FAILED: {reason}"
    assert status.log_url == (details.get("LogFile") if isinstance(details, dict) else None)


@pytest.mark.parametrize(
    ("error", "cause", "failure", "retryable"),
    [
        (
            "ElasticMapReduce.AmazonElasticMapReduceException",
            "Rate exceeded (Error Code: ThrottlingException)", FailureClass.THROTTLED, True,
        ),
        (
            "ElasticMapReduce.AmazonElasticMapReduceException",
            "Maximum number of active steps for cluster exceeded. (Error Code: ValidationException)", FailureClass.CAPACITY, True,
        ),
        (
            "ElasticMapReduce.AmazonElasticMapReduceException",
            "A job flow that is terminating may not be modified. (Error Code: ValidationException)", FailureClass.CONFIG, False,
        ),
        ("ElasticMapReduce.InvalidRequestException", "Cluster id 'j-X' is not valid.", FailureClass.CONFIG, False),
        ("ElasticMapReduce.InternalServerException", "", FailureClass.INTERNAL, True),
        ("States.TaskFailed", "", FailureClass.UNKNOWN, False),
    ],
)  # fmt: skip
def test_calls_that_failed(error, cause, failure, retryable):
    status = EMR.status(Outcome.failed(error, cause))
    assert (status.state, status.failure, status.retryable) == (JobState.FAILED, failure, retryable)
    assert status.message == f"EMR step: {error}: {cause or 'no cause was given'}"


def test_a_cause_cut_inside_its_reason():
    cause = json.dumps({"Step": step("FAILED", FailureDetails={"Message": "java.lang.OutOfMemoryError: heap"})})[:-6]
    status = EMR.status(Outcome.failed("States.TaskFailed", cause))
    assert (status.failure, status.job_run_id) == (FailureClass.OUT_OF_MEMORY, "s-1")
    assert str(status.message).startswith("EMR step s-1 ended FAILED: java.lang.OutOfMemoryError")


def test_a_cause_whose_beginning_is_gone():
    status = EMR.status(Outcome.failed("States.TaskFailed", '…"Id":"s-7","State":"CANCELLED"}}}'))
    assert (status.state, status.message) == (JobState.STOPPED, "EMR step s-7 ended CANCELLED: EMR gave no reason")


@pytest.mark.parametrize(
    "answer", [None, {}, [], {"Step": None}, {"Status": "COMPLETED"}, {"Step": {"State": "COMPLETED"}}, {"StepId": "s"}]
)
def test_an_answer_without_a_state(answer):
    status = EMR.status(Outcome.succeeded(answer))
    assert (status.state, status.message) == (
        JobState.UNKNOWN, "EMR answered without the state of a step: how it ended is not known",
    )  # fmt: skip
