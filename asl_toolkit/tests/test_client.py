"""The boto3-shaped client: machines, executions, history, nested executions, tokens, TestState."""

import json
import threading

import pytest
from botocore.exceptions import ClientError

from asl_toolkit import Services, VirtualClock
from asl_toolkit.client import StepFunctions

PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}


def failing(cause="no"):
    return {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Bad", "Cause": cause}}}


@pytest.fixture
def client():
    return StepFunctions(clock=VirtualClock)


def create(client, name, definition):
    return client.create_state_machine(name=name, definition=json.dumps(definition), roleArn="arn:aws:iam::1:role/r")[
        "stateMachineArn"
    ]


def test_an_execution_from_start_to_history(client):
    arn = create(client, "m", PASS)
    assert arn == "arn:aws:states:us-east-1:111111111111:stateMachine:m"
    started = client.start_execution(stateMachineArn=arn, name="e", input='{"a": 1}')
    described = client.wait_for_execution(executionArn=started["executionArn"], timeout=10)
    assert (described["status"], described["output"], described["redriveStatus"]) == ("SUCCEEDED", '{"a":1}', "NOT_REDRIVABLE")
    history = client.get_execution_history(executionArn=started["executionArn"], maxResults=2)
    assert [event["id"] for event in history["events"]] == [1, 2]
    rest = client.get_execution_history(executionArn=started["executionArn"], nextToken=history["nextToken"])
    assert [event["type"] for event in rest["events"]] == ["PassStateExited", "ExecutionSucceeded"]
    assert client.list_executions(stateMachineArn=arn)["executions"][0]["name"] == "e"
    assert client.list_executions(stateMachineArn=arn, statusFilter="FAILED")["executions"] == []


def test_machines_are_listed_updated_validated_and_deleted(client):
    arn = create(client, "m", PASS)
    assert create(client, "m", PASS) == arn
    with pytest.raises(client.exceptions.StateMachineAlreadyExists):
        create(client, "m", failing())
    client.update_state_machine(stateMachineArn=arn, definition=json.dumps(failing()))
    assert json.loads(client.describe_state_machine(stateMachineArn=arn)["definition"]) == failing()
    assert client.start_sync_execution(stateMachineArn=arn)["error"] == "Bad"
    assert [machine["name"] for machine in client.list_state_machines()["stateMachines"]] == ["m"]
    verdict = client.validate_state_machine_definition(definition='{"StartAt": "X", "States": {}}')
    assert [(it["code"], it["location"]) for it in verdict["diagnostics"]] == [
        ("FIELD_MISSING", "/States"),
        ("MISSING_TARGET", "/StartAt"),
    ]
    client.delete_state_machine(stateMachineArn=arn)
    with pytest.raises(ClientError, match="StateMachineDoesNotExist"):
        client.start_execution(stateMachineArn=arn)


def test_a_name_is_taken_once(client):
    arn = create(client, "m", PASS)
    client.start_sync_execution(stateMachineArn=arn, name="e")
    with pytest.raises(client.exceptions.ExecutionAlreadyExists):
        client.start_execution(stateMachineArn=arn, name="e")
    with pytest.raises(client.exceptions.InvalidName):
        client.start_execution(stateMachineArn=arn, name="a/b")
    with pytest.raises(client.exceptions.InvalidExecutionInput):
        client.start_execution(stateMachineArn=arn, input="{")
    with pytest.raises(client.exceptions.InvalidDefinition):
        client.create_state_machine(name="n", definition="[]", roleArn="r")


def nested(resource, **parameters):
    state = {"Type": "Task", "Resource": f"arn:aws:states:::states:startExecution{resource}", "End": True}
    return {"StartAt": "N", "States": {"N": {**state, "Parameters": parameters}}}


@pytest.mark.parametrize(("suffix", "output"), [(".sync", '{"x":1}'), (".sync:2", {"x": 1})])
def test_a_nested_execution_is_waited_for(client, suffix, output):
    child = create(client, "child", PASS)
    parent = create(client, "parent", nested(suffix, StateMachineArn=child, Name="c", Input={"x": 1}))
    result = json.loads(client.start_sync_execution(stateMachineArn=parent)["output"])
    assert (result["Status"], result["Name"], result["Output"], result["Input"]) == ("SUCCEEDED", "c", output, output)


def test_a_nested_failure_is_a_task_failure(client):
    child = create(client, "child", failing("because"))
    parent = create(client, "parent", nested(".sync", StateMachineArn=child))
    described = client.start_sync_execution(stateMachineArn=parent)
    assert (described["status"], described["error"]) == ("FAILED", "States.TaskFailed")
    cause = json.loads(described["cause"])
    assert (cause["Error"], cause["Cause"], cause["Status"]) == ("Bad", "because", "FAILED")
    missing = create(client, "missing", nested("", StateMachineArn="arn:x"))
    described = client.start_sync_execution(stateMachineArn=missing)
    assert described["error"] == "StepFunctions.StateMachineDoesNotExistException"


def test_stopping_the_parent_stops_the_child():
    client = StepFunctions()
    waiting = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}}
    child = create(client, "child", waiting)
    parent = create(client, "parent", nested(".sync", StateMachineArn=child, Name="c"))
    started = client.start_execution(stateMachineArn=parent)
    child_arn = "arn:aws:states:us-east-1:111111111111:execution:child:c"
    for _ in range(1000):
        if client.list_executions(stateMachineArn=child)["executions"]:
            break
        threading.Event().wait(0.01)
    client.stop_execution(executionArn=started["executionArn"], error="E", cause="C")
    assert client.wait_for_execution(executionArn=child_arn, timeout=10)["status"] == "ABORTED"


def test_tokens_are_answered_through_the_client():
    tokens = []
    services = Services({("sqs", "sendMessage"): lambda request: tokens.append(request.parameters["T"]) or {}})
    client = StepFunctions(services)
    state = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": True}
    machine = {"StartAt": "A", "States": {"A": {**state, "Parameters": {"T.$": "$$.Task.Token"}}}}
    arn = create(client, "m", machine)
    started = client.start_execution(stateMachineArn=arn)
    while not tokens:
        threading.Event().wait(0.01)
    client.send_task_heartbeat(taskToken=tokens[0])
    with pytest.raises(client.exceptions.InvalidOutput):
        client.send_task_success(taskToken=tokens[0], output="{")
    client.send_task_failure(taskToken=tokens[0], error="Nope", cause="because")
    assert client.wait_for_execution(executionArn=started["executionArn"], timeout=10)["error"] == "Nope"
    with pytest.raises(client.exceptions.TaskDoesNotExist):
        client.send_task_success(taskToken=tokens[0], output="1")


def test_redrive_through_the_client(client):
    arn = create(client, "m", failing())
    described = client.start_sync_execution(stateMachineArn=arn, name="e")
    assert described["redriveStatus"] == "REDRIVABLE"
    client.redrive_execution(executionArn=described["executionArn"])
    again = client.wait_for_execution(executionArn=described["executionArn"], timeout=10)
    assert (again["status"], again["redriveCount"]) == ("FAILED", 1)
    good = create(client, "good", PASS)
    with pytest.raises(client.exceptions.ExecutionNotRedrivable, match="Execution is SUCCEEDED and cannot be redriven"):
        client.redrive_execution(executionArn=client.start_sync_execution(stateMachineArn=good)["executionArn"])


TASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::glue:startJobRun.sync",
    "Parameters": {"JobName.$": "$.job"},
    "ResultPath": "$.result",
    "Next": "After",
    "Catch": [{"ErrorEquals": ["Caught"], "ResultPath": "$.error", "Next": "Handler"}],
    "Retry": [{"ErrorEquals": ["Again"], "MaxAttempts": 2}],
}


@pytest.mark.parametrize(
    ("mock", "expected"),
    [
        ({"result": '{"Id": "jr"}'}, {"status": "SUCCEEDED", "output": '{"job":"j","result":{"Id":"jr"}}', "nextState": "After"}),
        (
            {"errorOutput": {"error": "Caught", "cause": "c"}},
            {
                "status": "CAUGHT_ERROR",
                "error": "Caught",
                "cause": "c",
                "output": '{"job":"j","error":{"Error":"Caught","Cause":"c"}}',
                "nextState": "Handler",
            },
        ),
        ({"errorOutput": {"error": "Again", "cause": "c"}}, {"status": "RETRIABLE", "error": "Again", "cause": "c"}),
        ({"errorOutput": {"error": "Other", "cause": "c"}}, {"status": "FAILED", "error": "Other", "cause": "c"}),
    ],
)
def test_a_state_is_tested_alone(client, mock, expected):
    assert client.test_state(definition=json.dumps(TASK), input='{"job": "j"}', mock=mock) == expected


def test_a_choice_is_tested_alone(client):
    choice = {"Type": "Choice", "Default": "D", "Choices": [{"Variable": "$x", "NumericEquals": 1, "Next": "One"}]}
    definition = json.dumps({"StartAt": "C", "States": {"C": choice}})
    result = client.test_state(definition=definition, stateName="C", variables='{"x": 1}', input="5")
    assert result == {"status": "SUCCEEDED", "output": "5", "nextState": "One"}
