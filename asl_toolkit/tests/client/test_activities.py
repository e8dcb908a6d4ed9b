"""Activities: workers that ask the client for tasks and answer their tokens."""

import json
import threading

import pytest

from asl_toolkit.client import StepFunctions, activities

ARN = "arn:aws:states:us-east-1:111111111111:activity:a"


def machine(**more):
    return {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": ARN, "End": True, **more}}}


@pytest.fixture
def real():
    """A client on the real clock: workers answer from outside."""
    client = StepFunctions()
    client.create_activity(name="a")
    return client


def test_a_worker_takes_tasks_and_answers_them(real, create):
    arn = create(real, "m", machine())
    for answer in ("success", "failure"):
        execution = real.start_execution(stateMachineArn=arn, input='{"n": 1}')["executionArn"]
        task = real.get_activity_task(activityArn=ARN, workerName="w")
        assert json.loads(task["input"]) == {"n": 1}
        if answer == "success":
            real.send_task_success(taskToken=task["taskToken"], output="5")
            assert real.wait_for_execution(executionArn=execution, timeout=10)["output"] == "5"
        else:
            real.send_task_failure(taskToken=task["taskToken"], error="E", cause="C")
            assert real.wait_for_execution(executionArn=execution, timeout=10)["error"] == "E"
        with pytest.raises(real.exceptions.TaskTimedOut):
            real.send_task_heartbeat(taskToken=task["taskToken"])


def test_a_worker_that_waits_gets_the_task_when_it_comes(real, create):
    arn = create(real, "m", machine())
    got = []
    worker = threading.Thread(target=lambda: got.append(real.get_activity_task(activityArn=ARN)))
    worker.start()
    execution = real.start_execution(stateMachineArn=arn)["executionArn"]
    worker.join(10)
    real.send_task_success(taskToken=got[0]["taskToken"], output="1")
    assert real.wait_for_execution(executionArn=execution, timeout=10)["status"] == "SUCCEEDED"


def test_heartbeats_keep_the_task_alive(real, create):
    arn = create(real, "m", machine(HeartbeatSeconds=1, TimeoutSeconds=20))
    execution = real.start_execution(stateMachineArn=arn)["executionArn"]
    token = real.get_activity_task(activityArn=ARN)["taskToken"]
    for _ in range(4):
        threading.Event().wait(0.4)
        real.send_task_heartbeat(taskToken=token)
    assert real.describe_execution(executionArn=execution)["status"] == "RUNNING"
    assert real.wait_for_execution(executionArn=execution, timeout=10)["error"] == "States.Timeout"
    with pytest.raises(real.exceptions.TaskTimedOut):
        real.send_task_success(taskToken=token, output="1")


def test_a_task_whose_execution_has_ended_is_not_handed_out(real, create, monkeypatch):
    monkeypatch.setattr(activities, "POLL_SECONDS", 0.01)
    arn = create(real, "m", machine())
    execution = real.start_execution(stateMachineArn=arn)["executionArn"]
    real.stop_execution(executionArn=execution)
    assert "taskToken" not in real.get_activity_task(activityArn=ARN)


def test_activities_are_created_listed_tagged_and_deleted(client):
    made = client.create_activity(name="a", tags=[{"key": "k", "value": "v"}])
    assert client.create_activity(name="a")["creationDate"] == made["creationDate"]
    assert made["activityArn"] == ARN
    assert client.describe_activity(activityArn=ARN)["name"] == "a"
    client.create_activity(name="b")
    assert [it["name"] for it in client.list_activities(maxResults=1)["activities"]] == ["a"]
    assert client.list_tags_for_resource(resourceArn=ARN)["tags"] == [{"key": "k", "value": "v"}]
    client.delete_activity(activityArn=ARN)
    client.delete_activity(activityArn=ARN)
    for method in ("describe_activity", "get_activity_task"):
        with pytest.raises(client.exceptions.ActivityDoesNotExist, match=f"Activity Does Not Exist: '{ARN}'"):
            getattr(client, method)(activityArn=ARN)
    with pytest.raises(client.exceptions.InvalidName):
        client.create_activity(name="a b$")


def test_a_task_of_no_activity_ends_the_execution_as_recorded(client, run):
    ended = run(client, "m", machine())
    assert (ended["error"], ended["cause"]) == (
        "States.Runtime",
        f"An error occurred while executing the state 'T' (entered at the event id #2). The activity {ARN} does not exist.",
    )


def test_a_task_that_no_worker_takes_times_out(client, create):
    """floci-io/floci, issue 2733, measured: TimeoutSeconds is the deadline, and no ActivityStarted is written."""
    client.create_activity(name="a")
    arn = create(client, "m", machine(TimeoutSeconds=5, HeartbeatSeconds=3))
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    ended = client.wait_for_execution(executionArn=execution)
    assert (ended["error"], ended.get("cause")) == ("States.Timeout", None)
    assert (ended["stopDate"] - ended["startDate"]).total_seconds() == 5
    events = client.get_execution_history(executionArn=execution)["events"]
    assert [event["type"] for event in events] == [
        "ExecutionStarted",
        "TaskStateEntered",
        "ActivityScheduled",
        "ActivityTimedOut",
        "ExecutionFailed",
    ]


def test_the_history_names_the_worker(real, create):
    arn = create(real, "m", machine())
    execution = real.start_execution(stateMachineArn=arn)["executionArn"]
    task = real.get_activity_task(activityArn=ARN, workerName="w")
    real.send_task_success(taskToken=task["taskToken"], output="1")
    real.wait_for_execution(executionArn=execution, timeout=10)
    events = real.get_execution_history(executionArn=execution)["events"]
    assert [event["type"] for event in events[2:5]] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]
    assert events[3]["activityStartedEventDetails"] == {"workerName": "w"}
