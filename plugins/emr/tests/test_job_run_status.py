"""Job runs of EMR Serverless and EMR on EKS, and errors, to statuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import botocore.session
import pytest

from extract_core import FailureClass, JobState, JobStatus, Outcome
from extract_emr import extract_job_types
from extract_emr.eks.reasons import BY_REASON

BY_NAME = {job_type.name: job_type for job_type in extract_job_types()}
LOGS = {"MonitoringConfiguration": {"S3MonitoringConfiguration": {"LogUri": "s3://logs/x/"}}}
SERVERLESS = {
    "ApplicationId": "00f1", "JobRunId": "00g2", "State": "SUCCESS", "StateDetails": "", "StartedAt": 1700000000000,
    "EndedAt": 1700000060000, "CreatedAt": 1699999990000, "ConfigurationOverrides": LOGS,
    "BilledResourceUtilization": {"VCPUHour": 0.5, "MemoryGBHour": 2.0, "StorageGBHour": 0.0},
}  # fmt: skip
EKS = {
    "Id": "000", "VirtualClusterId": "0b0q", "State": "COMPLETED", "CreatedAt": 1700000000000, "FinishedAt": 1700000060000,
    "ConfigurationOverrides": LOGS,
}  # fmt: skip
BEGAN, ENDED = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC), datetime(2023, 11, 14, 22, 14, 20, tzinfo=UTC)


def of(name, **members):
    """The status of a failed run, wrapped and bare, as a result and caught: all must agree."""
    run = {**(SERVERLESS if name == "emr_serverless" else EKS), **members}
    statuses = [
        BY_NAME[name].status(outcome)
        for payload in (run, {"JobRun": run})
        for outcome in (Outcome.succeeded(payload), Outcome.failed("States.TaskFailed", json.dumps(payload)))
    ]
    assert all(status == statuses[0] for status in statuses)
    return statuses[0]


@pytest.mark.parametrize("wrapped", [True, False])
def test_success_of_serverless(wrapped):
    assert BY_NAME["emr_serverless"].status(Outcome.succeeded({"JobRun": SERVERLESS} if wrapped else SERVERLESS)) == JobStatus(
        state=JobState.SUCCEEDED,
        job_run_id="00g2",
        log_url="s3://logs/x/applications/00f1/jobs/00g2/",
        started_at=BEGAN,
        ended_at=ENDED,
        cost_basis={"vcpu_hours": 0.5, "memory_gb_hours": 2.0, "storage_gb_hours": 0.0},
    )


@pytest.mark.parametrize("wrapped", [True, False])
def test_success_of_eks(wrapped):
    assert BY_NAME["emr_eks"].status(Outcome.succeeded({"JobRun": EKS} if wrapped else EKS)) == JobStatus(
        state=JobState.SUCCEEDED, job_run_id="000", log_url="s3://logs/x/0b0q/jobs/000/", started_at=BEGAN, ended_at=ENDED
    )


@pytest.mark.parametrize(
    ("service", "name"),
    [("emr-serverless", "emr_serverless"), ("emr-containers", "emr_eks")],
)
def test_every_state_of_the_service_is_known(service, name):
    known = {BY_NAME[name].succeeded, *BY_NAME[name].failures, *BY_NAME[name].not_ends}
    assert set(botocore.session.get_session().get_service_model(service).shape_for("JobRunState").enum) == known


def test_every_failure_reason_of_eks_is_known():
    assert set(botocore.session.get_session().get_service_model("emr-containers").shape_for("FailureReason").enum) == set(
        BY_REASON
    )


@pytest.mark.parametrize(
    ("name", "title", "state"),
    [("emr_serverless", "EMR Serverless job run 00g2", state) for state in sorted(BY_NAME["emr_serverless"].not_ends)]
    + [("emr_eks", "EMR on EKS job run 000", state) for state in sorted(BY_NAME["emr_eks"].not_ends)],
)
def test_states_that_are_not_ends(name, title, state):
    status = of(name, State=state)
    assert (status.state, status.failure, status.retryable) == (JobState.UNKNOWN, FailureClass.UNKNOWN, False)
    assert status.message == f"{title} ended {state}: {title.partition(' job')[0]} gave no reason"


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("emr_serverless", "SUCCEEDED"), ("emr_serverless", "COMPLETED"), ("emr_serverless", "success"),
        ("emr_serverless", "PAUSED"), ("emr_eks", "SUCCESS"), ("emr_eks", "SUCCEEDED"), ("emr_eks", "PAUSED"),
    ],
)  # fmt: skip
def test_the_word_of_another_service_is_unknown(name, state):
    status = of(name, State=state)
    assert (status.state, status.retryable) == (JobState.UNKNOWN, False)
    assert str(status.message).endswith(f"ended {state}: a state that extract does not know")


@pytest.mark.parametrize(("name", "word"), [("emr_serverless", "SUCCESS"), ("emr_eks", "COMPLETED")])
def test_a_caught_error_with_the_success_word_is_not_a_success(name, word):
    run = SERVERLESS if name == "emr_serverless" else EKS
    status = BY_NAME[name].status(Outcome.failed("States.TaskFailed", json.dumps(run)))
    assert (status.state, status.failure) == (JobState.UNKNOWN, FailureClass.UNKNOWN)
    assert str(status.message).endswith(f"ended {word}: yet Step Functions says States.TaskFailed")


@pytest.mark.parametrize("name", ["emr_serverless", "emr_eks"])
@pytest.mark.parametrize("payload", [None, {}, [], {"JobRun": None}, {"State": "SUCCESS"}, {"State": "COMPLETED"}, {"State": 1}])
def test_an_answer_that_is_no_job_run(name, payload):
    status = BY_NAME[name].status(Outcome.succeeded(payload))
    title = BY_NAME[name].title
    assert (status.state, status.message) == (
        JobState.UNKNOWN, f"{title} answered without the state of a job run: how it ended is not known",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("details", "failure", "retryable"),
    [
        ("Job failed. ExitCode: 1. Last few exceptions: ValueError: x", FailureClass.USER_CODE, False),
        ("ExitCode: 137. Last few exceptions: none", FailureClass.OUT_OF_MEMORY, False),
        ("java.lang.OutOfMemoryError: Java heap space", FailureClass.OUT_OF_MEMORY, False),
        ("java.io.IOException: No space left on device", FailureClass.OUT_OF_MEMORY, False),
        ("ApplicationMaxCapacityExceededException: Worker could not be allocated", FailureClass.CAPACITY, True),
        ("Job failed as account has reached the service limit on the maximum vCPU it can use", FailureClass.CAPACITY, True),
        ("Access Denied (Service: Amazon S3; Status Code: 403)", FailureClass.PERMISSION, False),
        ("Container released on a *lost* node", FailureClass.INTERRUPTED, True),
        ("Internal service error, try again", FailureClass.INTERNAL, True),
        ("", FailureClass.UNKNOWN, False),
    ],
)
def test_a_failed_run_of_serverless_is_classed_by_its_details(details, failure, retryable):
    status = of("emr_serverless", State="FAILED", StateDetails=details)
    assert (status.state, status.failure, status.retryable) == (JobState.FAILED, failure, retryable)
    assert status.message == f"EMR Serverless job run 00g2 ended FAILED: {details or 'EMR Serverless gave no reason'}"


@pytest.mark.parametrize(
    ("members", "state"),
    [
        ({"StateDetails": "Job run was cancelled"}, JobState.STOPPED),
        ({"StateDetails": "Job run timed out"}, JobState.TIMED_OUT),
        ({"StateDetails": "execution timeout reached"}, JobState.TIMED_OUT),
        ({"ExecutionTimeoutMinutes": 2, "TotalExecutionDurationSeconds": 120}, JobState.TIMED_OUT),
        ({"ExecutionTimeoutMinutes": 2, "TotalExecutionDurationSeconds": 119}, JobState.STOPPED),
        ({"ExecutionTimeoutMinutes": 0, "TotalExecutionDurationSeconds": 119}, JobState.STOPPED),
    ],
)
def test_a_cancelled_run_of_serverless(members, state):
    status = of("emr_serverless", State="CANCELLED", **members)
    assert (status.state, status.retryable) == (state, False)


@pytest.mark.parametrize(
    ("reason", "details", "failure", "retryable"),
    [
        ("USER_ERROR", "Exception encountered while running job", FailureClass.USER_CODE, False),
        ("USER_ERROR", "driver pod OOMKilled", FailureClass.OUT_OF_MEMORY, False),
        ("USER_ERROR", "is not authorized to perform: s3:GetObject", FailureClass.PERMISSION, False),
        ("VALIDATION_ERROR", "no such release", FailureClass.CONFIG, False),
        ("VALIDATION_ERROR", "Unable to assume role", FailureClass.PERMISSION, False),
        ("INTERNAL_ERROR", "out of memory, it says", FailureClass.INTERNAL, True),
        ("CLUSTER_UNAVAILABLE", None, FailureClass.CAPACITY, True),
        ("SOMETHING_NEW", None, FailureClass.USER_CODE, False),
        (None, None, FailureClass.UNKNOWN, False),
    ],
)
def test_a_failed_run_of_eks_is_classed_by_reason_and_details(reason, details, failure, retryable):
    members = {"FailureReason": reason, "StateDetails": details}
    status = of("emr_eks", State="FAILED", **{name: value for name, value in members.items() if value})
    assert (status.state, status.failure, status.retryable) == (JobState.FAILED, failure, retryable)
    shown = ": ".join(filter(None, (reason, details))) or "EMR on EKS gave no reason"
    assert status.message == f"EMR on EKS job run 000 ended FAILED: {shown}"


def test_a_cancelled_run_of_eks():
    assert of("emr_eks", State="CANCELLED").state is JobState.STOPPED


@pytest.mark.parametrize("name", ["emr_serverless", "emr_eks"])
@pytest.mark.parametrize(
    ("error", "cause", "failure", "retryable"),
    [
        ("EMRServerless.ThrottlingException", "Rate exceeded", FailureClass.THROTTLED, True),
        ("EMRContainers.AmazonEMRContainersException", "x (Error Code: ThrottlingException)", FailureClass.THROTTLED, True),
        ("EMRServerless.ServiceQuotaExceededException", "", FailureClass.CAPACITY, True),
        ("EMRServerless.ResourceNotFoundException", "Application 00f1 does not exist", FailureClass.CONFIG, False),
        ("EMRContainers.ValidationException", "virtual cluster is not running", FailureClass.CONFIG, False),
        ("EMRServerless.InternalServerException", "", FailureClass.INTERNAL, True),
        ("EMRContainers.AccessDeniedException", "", FailureClass.PERMISSION, False),
    ],
)
def test_calls_that_failed(name, error, cause, failure, retryable):
    status = BY_NAME[name].status(Outcome.failed(error, cause))
    assert (status.state, status.failure, status.retryable) == (JobState.FAILED, failure, retryable)
    assert status.message == f"{BY_NAME[name].title} job run: {error}: {cause or 'no cause was given'}"


def test_a_cause_cut_in_the_middle_of_its_reason():
    run = {"JobRunId": "00g2", "State": "FAILED", "StateDetails": "java.lang.OutOfMemoryError: " + "x" * 60}
    status = BY_NAME["emr_serverless"].status(Outcome.failed("States.TaskFailed", json.dumps({"JobRun": run})[:-30]))
    assert (status.failure, status.job_run_id) == (FailureClass.OUT_OF_MEMORY, "00g2")
    begun = '…"Id":"000","State":"FAILED","FailureReason":"INTERNAL_ERROR"}'
    status = BY_NAME["emr_eks"].status(Outcome.failed("States.TaskFailed", begun))
    assert (status.failure, status.message) == (FailureClass.INTERNAL, "EMR on EKS job run 000 ended FAILED: INTERNAL_ERROR")
