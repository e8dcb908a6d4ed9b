"""JobDetails and errors to statuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import botocore.session
import pytest
from extract_batch.job_type import Batch

from extract_core import FailureClass, JobState, JobStatus, Outcome

BATCH = Batch()
JOB = {
    "JobArn": "arn:aws:batch:eu-west-1:123456789012:job/a1", "JobId": "a1", "JobName": "n", "Status": "SUCCEEDED",
    "StatusReason": "Essential container in task exited", "StartedAt": 1700000000000, "StoppedAt": 1700003600000,
    "Container": {
        "ExitCode": 0,
        "ResourceRequirements": [{"Type": "VCPU", "Value": "0.5"}, {"Type": "MEMORY", "Value": "2048"}],
    },
}  # fmt: skip


def failed(**members):
    return BATCH.status(Outcome.failed("States.TaskFailed", json.dumps({**JOB, "Status": "FAILED", **members})))


@pytest.mark.parametrize("envelope", [JOB, {"Jobs": [JOB]}])
def test_success(envelope):
    assert BATCH.status(Outcome.succeeded(envelope)) == JobStatus(
        state=JobState.SUCCEEDED,
        job_run_id="a1",
        log_url="https://eu-west-1.console.aws.amazon.com/batch/home?region=eu-west-1#jobs/detail/a1",
        started_at=datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        ended_at=datetime(2023, 11, 14, 23, 13, 20, tzinfo=UTC),
        cost_basis={"vcpu_hours": 0.5, "memory_gb_hours": 2.0},
    )


def test_every_status_of_the_service_is_known():
    states = botocore.session.get_session().get_service_model("batch").shape_for("JobStatus").enum
    assert {BATCH.succeeded, *BATCH.failures, *BATCH.not_ends} == set(states)


@pytest.mark.parametrize("state", sorted(BATCH.not_ends))
def test_states_that_are_not_ends(state):
    status = BATCH.status(Outcome.succeeded({**JOB, "Status": state}))
    reason = "Essential container in task exited; container ended with exit code 0"
    assert (status.state, status.message) == (JobState.UNKNOWN, f"Batch job a1 ended {state}: {reason}")


def test_an_unknown_status():
    status = BATCH.status(Outcome.succeeded({**JOB, "Status": "PAUSED"}))
    reason = "a state that extract does not know: Essential container in task exited; container ended with exit code 0"
    assert (status.state, status.message) == (JobState.UNKNOWN, f"Batch job a1 ended PAUSED: {reason}")


@pytest.mark.parametrize(
    ("members", "state", "failure", "retryable", "reason"),
    [
        (
            {"Container": {"ExitCode": 1}},
            JobState.FAILED, FailureClass.USER_CODE, False,
            "Essential container in task exited; container ended with exit code 1",
        ),
        (
            {"Container": {"ExitCode": 137, "Reason": "OutOfMemoryError: killed"}},
            JobState.FAILED, FailureClass.OUT_OF_MEMORY, False,
            "Essential container in task exited; container ended with exit code 137: OutOfMemoryError: killed",
        ),
        (
            {"StatusReason": "Host EC2 (instance i-04b17daec78ef4a0b) terminated.", "Container": {}},
            JobState.FAILED, FailureClass.INTERRUPTED, True, "Host EC2 (instance i-04b17daec78ef4a0b) terminated.",
        ),
        (
            {"StatusReason": "Job attempt duration exceeded timeout", "Container": {"ExitCode": 137}},
            JobState.TIMED_OUT, FailureClass.TIMEOUT, False,
            "Job attempt duration exceeded timeout; container ended with exit code 137",
        ),
        (
            {"StatusReason": "not needed", "Container": {}, "IsTerminated": True},
            JobState.STOPPED, FailureClass.STOPPED, False, "not needed",
        ),
        (
            {"StatusReason": "Task failed to start", "Container": {"Reason": "CannotPullContainer: i/o timeout"}},
            JobState.FAILED, FailureClass.START, True, "Task failed to start; container ended: CannotPullContainer: i/o timeout",
        ),
        (
            {"StatusReason": "Task failed to start", "Container": {"Reason": "CannotPullContainer: not found"}},
            JobState.FAILED, FailureClass.START, False, "Task failed to start; container ended: CannotPullContainer: not found",
        ),
        (
            {"StatusReason": "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - too much", "Container": {}},
            JobState.FAILED, FailureClass.CONFIG, False, "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - too much",
        ),
        (
            {"StatusReason": "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - none", "Container": {}},
            JobState.FAILED, FailureClass.CAPACITY, True, "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - none",
        ),
        ({"StatusReason": "", "Container": {}}, JobState.FAILED, FailureClass.UNKNOWN, False, "Batch gave no reason"),
    ],
)  # fmt: skip
def test_a_failed_job_is_classed_by_the_reason_of_batch(members, state, failure, retryable, reason):
    status = failed(**members)
    assert (status.state, status.failure, status.retryable) == (state, failure, retryable)
    assert status.message == f"Batch job a1 ended FAILED: {reason}"


def test_calls_that_failed():
    cause = "Too Many Requests (Service: AWSBatch; Status Code: 429; Error Code: TooManyRequestsException; Request ID: r)"
    status = BATCH.status(Outcome.failed("Batch.AWSBatchException", cause))
    assert (status.state, status.failure, status.retryable) == (JobState.FAILED, FailureClass.THROTTLED, True)
    assert status.message == f"Batch job: Batch.AWSBatchException: {cause}"
    assert BATCH.status(Outcome.failed("States.Timeout", "")).state is JobState.TIMED_OUT
    assert BATCH.status(Outcome.failed("Batch.ClientException", "JobQueue x not found.")).failure is FailureClass.CONFIG


def test_a_caught_error_with_the_success_word_is_not_a_success():
    status = BATCH.status(Outcome.failed("States.TaskFailed", json.dumps(JOB)))
    assert (status.state, status.message) == (
        JobState.UNKNOWN, "Batch job a1 ended SUCCEEDED: yet Step Functions says States.TaskFailed",
    )  # fmt: skip


def test_an_answer_without_a_status():
    status = BATCH.status(Outcome.succeeded({"JobId": "a1"}))
    assert (status.state, status.message) == (
        JobState.UNKNOWN, "Batch answered without the state of a job: how it ended is not known",
    )  # fmt: skip
