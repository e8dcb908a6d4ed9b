"""Nested executions and task tokens through the client."""

import json
import threading

import pytest

from asl_toolkit import Services
from asl_toolkit.client import StepFunctions

PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
FAIL = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Bad", "Cause": "because"}}}


def nested(suffix, **parameters):
    state = {"Type": "Task", "Resource": f"arn:aws:states:::states:startExecution{suffix}", "End": True}
    return {"StartAt": "N", "States": {"N": {**state, "Parameters": parameters}}}


@pytest.mark.parametrize(("suffix", "output"), [(".sync", '{"x":1}'), (".sync:2", {"x": 1})])
def test_a_nested_execution_is_waited_for(client, create, run, suffix, output):
    child = create(client, "child", PASS)
    described = run(client, "parent", nested(suffix, StateMachineArn=child, Name="c", Input={"x": 1}))
    result = json.loads(described["output"])
    assert (result["Status"], result["Name"], result["Output"], result["Input"]) == ("SUCCEEDED", "c", output, output)


@pytest.mark.parametrize("suffix", [".sync", ".sync:2"])
def test_a_nested_failure_is_a_task_failure(client, create, run, suffix):
    child = create(client, "child", FAIL)
    described = run(client, "parent", nested(suffix, StateMachineArn=child, Name="c", Input={"x": 1}))
    assert (described["status"], described["error"]) == ("FAILED", "States.TaskFailed")
    cause = json.loads(described["cause"])
    dates = cause.pop("StartDate"), cause.pop("StopDate")
    assert all(isinstance(date, int) for date in dates)
    assert cause == {
        "Cause": "because",
        "Error": "Bad",
        "ExecutionArn": child.replace("stateMachine", "execution") + ":c",
        "Input": '{"x":1}',
        "InputDetails": {"Included": True},
        "Name": "c",
        "RedriveCount": 0,
        "RedriveStatus": "REDRIVABLE",
        "StateMachineArn": child,
        "Status": "FAILED",
    }


def test_a_nested_timeout_has_no_error_of_its_own(client, create, run):
    child = create(
        client, "child", {"StartAt": "W", "TimeoutSeconds": 1, "States": {"W": {"Type": "Wait", "Seconds": 9, "End": True}}}
    )
    described = run(client, "parent", nested(".sync", StateMachineArn=child))
    cause = json.loads(described["cause"])
    assert (cause["Status"], "Error" in cause, "Cause" in cause) == ("TIMED_OUT", False, False)


@pytest.mark.parametrize(
    ("arn", "error"),
    [
        ("arn:aws:states:us-east-1:111111111111:stateMachine:nobody", "StepFunctions.StateMachineDoesNotExistException"),
        ("nobody", "StepFunctions.InvalidArnException"),
    ],
)
def test_what_cannot_be_started_has_the_services_error(client, run, arn, error):
    assert run(client, "parent", nested("", StateMachineArn=arn))["error"] == error


def test_an_express_child_is_run_through_the_sdk(client, create, run):
    child = create(client, "child", PASS, type="EXPRESS")
    state = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:startSyncExecution", "End": True}
    parameters = {"StateMachineArn": child, "Name": "c", "Input.$": "States.JsonToString($)"}
    described = run(client, "parent", {"StartAt": "N", "States": {"N": {**state, "Parameters": parameters}}}, '{"x": 1}')
    result = json.loads(described["output"])
    assert (result["Status"], result["Output"], result["BillingDetails"]["BilledMemoryUsedInMB"]) == ("SUCCEEDED", '{"x":1}', 64)
    standard = create(client, "standard", PASS)
    failed = run(client, "other", {"StartAt": "N", "States": {"N": {**state, "Parameters": {"StateMachineArn": standard}}}})
    assert failed["error"] == "Sfn.StateMachineTypeNotSupportedException"


def test_stopping_the_parent_stops_the_child(create):
    client = StepFunctions()
    waiting = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}}
    child = create(client, "child", waiting)
    parent = create(client, "parent", nested(".sync", StateMachineArn=child, Name="c"))
    started = client.start_execution(stateMachineArn=parent)
    for _ in range(1000):
        if client.list_executions(stateMachineArn=child)["executions"]:
            break
        threading.Event().wait(0.01)
    stopped = client.stop_execution(executionArn=started["executionArn"], error="E", cause="C")
    described = client.describe_execution(executionArn=started["executionArn"])
    assert (described["status"], described["error"], described["cause"]) == ("ABORTED", "E", "C")
    assert described["stopDate"] == stopped["stopDate"]
    child_arn = "arn:aws:states:us-east-1:111111111111:execution:child:c"
    assert client.wait_for_execution(executionArn=child_arn, timeout=10)["status"] == "ABORTED"


def test_tokens_are_answered_through_the_client(create):
    bodies = []
    services = Services({("sqs", "sendMessage"): lambda request: bodies.append(request.parameters["MessageBody"]) or {}})
    client = StepFunctions(services)
    parameters = {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/111111111111/q", "MessageBody.$": "$$.Task.Token"}
    state = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": True}
    arn = create(client, "m", {"StartAt": "A", "States": {"A": {**state, "Parameters": parameters}}})
    started = client.start_execution(stateMachineArn=arn)
    while not bodies:
        threading.Event().wait(0.01)
    client.send_task_heartbeat(taskToken=bodies[0])
    with pytest.raises(client.exceptions.InvalidOutput):
        client.send_task_success(taskToken=bodies[0], output="{")
    client.send_task_failure(taskToken=bodies[0], error="Nope", cause="because")
    assert client.wait_for_execution(executionArn=started["executionArn"], timeout=10)["error"] == "Nope"
    with pytest.raises(client.exceptions.TaskDoesNotExist):
        client.send_task_success(taskToken=bodies[0], output="1")
