"""Nested executions and task tokens through the client."""

import json
import threading

import pytest

from asl_toolkit import Services, TaskTokens, VirtualClock, inline
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


def test_a_nested_timeout_has_no_error(client, create, run):
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
def test_a_refused_start_has_the_services_error(client, run, arn, error):
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


def test_the_token_of_a_sync_task_may_end_it(client, create, run):
    """API reference, SendTaskSuccess; aws-samples, distributed-data-stream-aggregator. The child goes on."""
    send = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess",
        "Parameters": {"TaskToken.$": "$.token", "Output": {"n": 3}},
        "Next": "W",
    }
    wait = {"Type": "Wait", "Seconds": 5, "End": True}
    child = create(client, "child", {"StartAt": "T", "States": {"T": send, "W": wait}})
    described = run(client, "parent", nested(".sync:2", StateMachineArn=child, Input={"token.$": "$$.Task.Token"}))
    assert json.loads(described["output"]) == {"n": 3}
    (execution,) = client.list_executions(stateMachineArn=child)["executions"]
    assert client.wait_for_execution(executionArn=execution["executionArn"])["status"] == "SUCCEEDED"


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
    with pytest.raises(client.exceptions.TaskTimedOut) as timed_out:
        client.send_task_success(taskToken=bodies[0], output="1")
    assert timed_out.value.response["Error"]["Message"] == "Task Timed Out: 'Provided task does not exist anymore'"
    with pytest.raises(client.exceptions.InvalidToken) as rubbish:
        client.send_task_heartbeat(taskToken="rubbish")
    assert rubbish.value.response["Error"]["Message"] == "Invalid Token: 'Invalid token'"
    with pytest.raises(client.exceptions.TaskDoesNotExist):
        client.send_task_failure(taskToken="A" * 128)
    for token, error in (("rubbish", "InvalidToken"), ("A" * 128, "TaskDoesNotExist"), (bodies[0], "TaskTimedOut")):
        with pytest.raises(getattr(client.exceptions, error)):  # the token is checked before the output
            client.send_task_success(taskToken=token, output="{")


def waiting(seconds, then=None):
    wait, end = f"Wait {seconds}", f"End {seconds}"
    states = {wait: {"Type": "Wait", "Seconds": seconds, "Next": end}, end: then or {"Type": "Succeed"}}
    return {"StartAt": wait, "States": states}


def parent_that_waits(child, suffix=".sync:2", **task):
    resource = f"arn:aws:states:::states:startExecution{suffix}"
    call = {"Type": "Task", "Resource": resource, "Parameters": {"StateMachineArn": child, "Name": "c"}, **task, "End": True}
    return {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100, "Next": "N"}, "N": call}}


def seconds_of(described):
    return (described["stopDate"] - described["startDate"]).total_seconds()


CHILD = "arn:aws:states:us-east-1:111111111111:execution:child:c"


def test_a_child_takes_its_parents_time(client, create, run):
    child = create(client, "child", waiting(3600))
    described = run(client, "parent", parent_that_waits(child, TimeoutSeconds=7200))
    assert (described["status"], seconds_of(described)) == ("SUCCEEDED", 3700)
    inner = client.wait_for_execution(executionArn=CHILD, timeout=10)
    assert (inner["startDate"] - described["startDate"]).total_seconds() == 100
    assert inner["stopDate"] == described["stopDate"]


def test_a_child_that_takes_longer_than_its_task_may_is_aborted(client, create, run):
    child = create(client, "child", waiting(10800))
    described = run(client, "parent", parent_that_waits(child, TimeoutSeconds=7200))
    assert (described["status"], described["error"], seconds_of(described)) == ("FAILED", "States.Timeout", 7300)
    inner = client.wait_for_execution(executionArn=CHILD, timeout=10)
    assert (inner["status"], seconds_of(inner)) == ("ABORTED", 7200)


def test_branches_go_on_while_a_child_waits(client, create, run):
    child = create(client, "child", waiting(3600))
    branches = [parent_that_waits(child), waiting(60), waiting(7200)]
    described = run(client, "parent", {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": branches, "End": True}}})
    assert (described["status"], seconds_of(described)) == ("SUCCEEDED", 7200)
    assert seconds_of(client.describe_execution(executionArn=CHILD)) == 3600
    history = client.get_execution_history(executionArn=described["executionArn"])["events"]
    times = [event["timestamp"] for event in history]
    assert times == sorted(times)


def test_grandchildren_run_on_one_time_too(client, create, run):
    grandchild = create(client, "grandchild", waiting(500))
    child = create(client, "child", parent_that_waits(grandchild))
    described = run(client, "parent", parent_that_waits(child))
    assert (described["status"], seconds_of(described)) == ("SUCCEEDED", 700)


def test_a_child_without_sync_begins_at_its_parents_time(client, create, run):
    child = create(client, "child", waiting(3600))
    described = run(client, "parent", parent_that_waits(child, suffix=""))
    assert seconds_of(described) == 100
    inner = client.wait_for_execution(executionArn=CHILD, timeout=10)
    assert ((inner["startDate"] - described["startDate"]).total_seconds(), seconds_of(inner)) == (100, 3600)


@pytest.mark.parametrize("patience", [0, 0.1])
def test_a_child_that_hangs_is_named_not_waited_for(create, run, patience):
    sent = inline(lambda _request: {})
    client = StepFunctions(Services({("sqs", "sendMessage"): sent}, tokens=TaskTokens(patience=patience)), clock=VirtualClock)
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"},
        "End": True,
    }
    child = create(client, "child", waiting(60, ask))
    described = run(client, "parent", parent_that_waits(child))
    assert (described["status"], described["error"], seconds_of(described)) == ("FAILED", "States.TaskFailed", 160)
    assert json.loads(described["cause"])["Error"] == "Mock.NoAnswer"
    late = run(client, "impatient", parent_that_waits(child, TimeoutSeconds=7200) | {"Comment": "another name of the child"})
    assert late["error"] == "StepFunctions.ExecutionAlreadyExistsException"


def test_a_slow_handler_of_the_child_stops_the_parents_time(create, run):
    def slow(_request):
        threading.Event().wait(0.2)
        return {}

    client = StepFunctions(Services({("sqs", "sendMessage"): slow}, tokens=TaskTokens(patience=0)), clock=VirtualClock)
    send = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": "q", "MessageBody": "m"},
        "End": True,
    }
    child = create(client, "child", waiting(60, send))
    described = run(client, "parent", parent_that_waits(child, TimeoutSeconds=61))
    assert (described["status"], seconds_of(described)) == ("SUCCEEDED", 160)
