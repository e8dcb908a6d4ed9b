"""Tasks, Failures and errors to statuses."""
# ruff: noqa: E501 - the sentences of AWS stay whole

from __future__ import annotations

import json
from datetime import UTC, datetime

import botocore.session
import pytest

from extract_core import FailureClass, JobState, JobStatus, Outcome
from extract_ecs import extract_job_types
from extract_ecs.stop_codes import KNOWN

(ECS,) = extract_job_types()
ARN = "arn:aws:ecs:eu-west-1:123456789012:task/extracts/0123abcd"
TASK = {
    "ClusterArn": "arn:aws:ecs:eu-west-1:123456789012:cluster/extracts",
    "Containers": [{"Name": "main", "ExitCode": 0, "LastStatus": "STOPPED"}],
    "Cpu": "1024", "Memory": "2048", "LastStatus": "STOPPED", "PullStartedAt": 1700000000000, "StartedAt": 1700000100000,
    "StoppedAt": 1700003600000, "StopCode": "EssentialContainerExited", "StoppedReason": "Essential container in task exited",
    "TaskArn": ARN,
}  # fmt: skip


def caught(**members):
    return ECS.status(Outcome.failed("States.TaskFailed", json.dumps({**TASK, **members})))


def result(**members):
    return ECS.status(Outcome.succeeded({**TASK, **members}))


@pytest.mark.parametrize("envelope", [TASK, {"Tasks": [TASK], "Failures": []}, {"Task": TASK}])
def test_success(envelope):
    assert ECS.status(Outcome.succeeded(envelope)) == JobStatus(
        state=JobState.SUCCEEDED,
        job_run_id=ARN,
        log_url="https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/extracts/tasks/0123abcd/logs?region=eu-west-1",
        started_at=datetime(2023, 11, 14, 22, 15, tzinfo=UTC),
        ended_at=datetime(2023, 11, 14, 23, 13, 20, tzinfo=UTC),
        cost_basis={"vcpu_hours": 1.0, "memory_gb_hours": 2.0},
    )


def test_every_stop_code_of_the_service_is_known():
    assert set(botocore.session.get_session().get_service_model("ecs").shape_for("TaskStopCode").enum) == KNOWN


@pytest.mark.parametrize(
    ("code", "state", "failure", "retryable"),
    [
        ("UserInitiated", JobState.STOPPED, FailureClass.STOPPED, False),
        ("ServiceSchedulerInitiated", JobState.STOPPED, FailureClass.STOPPED, False),
        ("SpotInterruption", JobState.FAILED, FailureClass.INTERRUPTED, True),
        ("TerminationNotice", JobState.FAILED, FailureClass.INTERRUPTED, True),
        ("InfrastructureHealth", JobState.FAILED, FailureClass.INTERRUPTED, True),
        ("TaskFailedToStart", JobState.FAILED, FailureClass.START, False),
        ("BoredomOfTheHost", JobState.UNKNOWN, FailureClass.UNKNOWN, False),
    ],
)
def test_stop_codes_outweigh_an_exit_code_of_0(code, state, failure, retryable):
    """A job that ends politely on SIGTERM exits with 0: it was stopped all the same."""
    for status in (result(StopCode=code, StoppedReason="r"), caught(StopCode=code, StoppedReason="r")):
        assert (status.state, status.failure, status.retryable) == (state, failure, retryable)
    unknown = ", a stop code that extract does not know" if state is JobState.UNKNOWN else ""
    assert result(StopCode=code, StoppedReason="r").message == (
        f"ECS task 0123abcd stopped, {code}{unknown}: r; container 'main' ended with exit code 0"
    )


@pytest.mark.parametrize(
    ("reason", "failure", "retryable"),
    [
        ("Capacity is unavailable at this time. Please try again later or in a different availability zone", FailureClass.CAPACITY, True),
        ("Timeout waiting for network interface provisioning to complete.", FailureClass.START, True),
        ("Timeout waiting for EphemeralStorage provisioning to complete.", FailureClass.START, True),
        ("CannotPullContainerError: pull image manifest has been retried 5 time(s): dial tcp 1.2.3.4:443: i/o timeout", FailureClass.START, True),
        ("CannotPullContainerError: toomanyrequests: Rate exceeded", FailureClass.THROTTLED, True),
        ("CannotPullContainerError: repository does not exist or may require docker login", FailureClass.START, False),
        ("CannotPullContainerError: manifest for x:latest not found: manifest unknown", FailureClass.START, False),
        ("ResourceInitializationError: unable to pull secrets: AccessDeniedException: User is not authorized to", FailureClass.PERMISSION, False),
        ("ResourceInitializationError: unable to pull registry auth: context deadline exceeded", FailureClass.START, True),
        ("Unexpected EC2 error while attempting to Create Network Interface in subnet 's': InsufficientFreeAddressesInSubnet", FailureClass.CAPACITY, True),
        ("something new", FailureClass.START, False),
    ],
)  # fmt: skip
def test_tasks_that_never_started(reason, failure, retryable):
    status = caught(StopCode="TaskFailedToStart", StoppedReason=reason, Containers=[{"Name": "main", "LastStatus": "STOPPED"}])
    assert (status.state, status.failure, status.retryable) == (JobState.FAILED, failure, retryable)
    assert status.message == (
        f"ECS task 0123abcd stopped, TaskFailedToStart: {reason}; container 'main' ended without an exit code"
    )


@pytest.mark.parametrize(
    ("container", "failure", "ending"),
    [
        ({"ExitCode": 1}, FailureClass.USER_CODE, "with exit code 1"),
        ({"ExitCode": 143}, FailureClass.USER_CODE, "with exit code 143 (SIGTERM)"),
        ({"ExitCode": 137}, FailureClass.USER_CODE, "with exit code 137 (SIGKILL)"),
        (
            {"ExitCode": 137, "Reason": "OutOfMemoryError: Container killed due to memory usage"},
            FailureClass.OUT_OF_MEMORY, "with exit code 137 (SIGKILL): OutOfMemoryError: Container killed due to memory usage",
        ),
        ({}, FailureClass.UNKNOWN, "without an exit code"),
        ({"ExitCode": None}, FailureClass.UNKNOWN, "without an exit code"),
        ({"ExitCode": True}, FailureClass.UNKNOWN, "without an exit code"),
        (
            {"Reason": "CannotStartContainerError: no such file: python"},
            FailureClass.START, "without an exit code: CannotStartContainerError: no such file: python",
        ),
    ],
)  # fmt: skip
def test_containers_that_did_not_exit_with_0(container, failure, ending):
    for status in (caught(Containers=[{"Name": "main", **container}]), result(Containers=[{"Name": "main", **container}])):
        assert (status.state, status.failure, status.retryable) == (JobState.FAILED, failure, False)
        assert status.message == (
            "ECS task 0123abcd stopped, EssentialContainerExited: Essential container in task exited; "
            f"container 'main' ended {ending}"
        )


def test_a_host_that_went_away_although_a_container_exited():
    status = caught(StoppedReason="Host EC2 (instance i-03dba81187d65ce7e) terminated.", Containers=[{"Name": "main"}])
    assert (status.failure, status.retryable) == (FailureClass.INTERRUPTED, True)


def test_a_sidecar_does_not_decide():
    """Only the container whose command was overridden is the job: told by the task's echo, else by the item."""
    containers = [{"Name": "main", "ExitCode": 0}, {"Name": "agent", "ExitCode": 137}]
    echo = {"ContainerOverrides": [{"Name": "main", "Command": ["--a", "1"]}]}
    assert result(Containers=containers, Overrides=echo).state is JobState.SUCCEEDED
    item = {"arguments": {"overrides": echo}}
    assert ECS.status(Outcome.succeeded({**TASK, "Containers": containers}, item)).state is JobState.SUCCEEDED
    assert result(Containers=containers).state is JobState.FAILED
    swapped = [{"Name": "main", "ExitCode": 1}, {"Name": "agent", "ExitCode": 0}]
    assert result(Containers=swapped, Overrides=echo).failure is FailureClass.USER_CODE


def test_a_stop_code_is_older_payloads_reason():
    old = {name: value for name, value in TASK.items() if name != "StopCode"}
    assert ECS.status(Outcome.succeeded(old)).state is JobState.SUCCEEDED


@pytest.mark.parametrize("containers", [[], None, "main", [None]])
def test_no_containers_is_no_success(containers):
    assert result(Containers=containers).state is JobState.FAILED


@pytest.mark.parametrize(
    ("reason", "failure", "retryable"),
    [
        ("RESOURCE:MEMORY", FailureClass.CAPACITY, True),
        ("RESOURCE:ENI", FailureClass.CAPACITY, True),
        ("AGENT", FailureClass.CAPACITY, True),
        ("Capacity is unavailable at this time.", FailureClass.CAPACITY, True),
        ("MISSING", FailureClass.CONFIG, False),
        ("INACTIVE", FailureClass.CONFIG, False),
        ("ATTRIBUTE", FailureClass.CONFIG, False),
    ],
)
def test_placements_that_failed(reason, failure, retryable):
    answer = {"Failures": [{"Arn": "arn:x", "Reason": reason, "Detail": "d"}], "Tasks": []}
    status = ECS.status(Outcome.failed("AmazonECS.Unknown", json.dumps(answer)))
    assert (status.state, status.failure, status.retryable) == (JobState.FAILED, failure, retryable)
    assert status.message == f"ECS could not place the task: {reason}: d"


@pytest.mark.parametrize(
    ("error", "cause", "failure", "retryable"),
    [
        ("ECS.AmazonECSException", "Rate exceeded (Service: AmazonECS; Status Code: 400; Error Code: ThrottlingException)", FailureClass.THROTTLED, True),
        ("ECS.InvalidParameterException", "Error retrieving subnet information for [subnet-1]: Rate exceeded (ErrorCode: Throttling)", FailureClass.THROTTLED, True),
        ("ECS.InvalidParameterException", "Override for container named x is not a container in the TaskDefinition.", FailureClass.CONFIG, False),
        ("ECS.ClientException", "You've reached the limit on the number of tasks you can run concurrently", FailureClass.CAPACITY, True),
        ("ECS.ClientException", "TaskDefinition is inactive", FailureClass.CONFIG, False),
        ("ECS.ClusterNotFoundException", "Cluster not found.", FailureClass.CONFIG, False),
        ("ECS.AccessDeniedException", "User is not authorized to perform: iam:PassRole", FailureClass.PERMISSION, False),
        ("ECS.ServerException", "Service Unavailable", FailureClass.INTERNAL, True),
        ("AmazonECS.Unknown", "Capacity is unavailable at this time", FailureClass.CAPACITY, True),
        ("AmazonECS.Unknown", '[{"Arn":"arn:x","Reason":"AGENT"}]', FailureClass.CAPACITY, True),
        ("AmazonECS.Unknown", '[{"Arn":"arn:x","Reason":"MISSING"}]', FailureClass.CONFIG, False),
    ],
)  # fmt: skip
def test_calls_that_failed(error, cause, failure, retryable):
    status = ECS.status(Outcome.failed(error, cause))
    assert (status.state, status.failure, status.retryable) == (JobState.FAILED, failure, retryable)
    assert status.message == f"ECS task: {error}: {cause}"


def test_a_cause_cut_after_the_reason():
    cause = '{"StopCode":"SpotInterruption","StoppedReason":"Your Spot Task was interr'
    status = ECS.status(Outcome.failed("States.TaskFailed", cause))
    assert (status.failure, status.message) == (
        FailureClass.INTERRUPTED, "ECS task stopped, SpotInterruption: Your Spot Task was interr",
    )  # fmt: skip


def test_a_cause_whose_beginning_is_gone():
    cause = '…"StopCode":"UserInitiated","StoppedReason":"Task stopped by user","TaskArn":"x"}'
    assert ECS.status(Outcome.failed("States.TaskFailed", cause)).state is JobState.STOPPED


@pytest.mark.parametrize("answer", [None, {}, [], {"Tasks": []}, {"StopCode": ""}, {"LastStatus": "STOPPED"}, {"StopCode": 0}])
def test_an_answer_without_a_stop_code(answer):
    status = ECS.status(Outcome.succeeded(answer))
    assert (status.state, status.message) == (
        JobState.UNKNOWN, "ECS answered without a StopCode: what the task came to is not known",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["LastStatus", "DesiredStatus"])
def test_a_task_that_goes_on_is_no_success(name):
    status = result(**{name: "RUNNING"})
    assert (status.state, status.failure) == (JobState.UNKNOWN, FailureClass.UNKNOWN)
    assert status.message == "ECS says that the task has exit code 0 and is RUNNING: its result is not known"
