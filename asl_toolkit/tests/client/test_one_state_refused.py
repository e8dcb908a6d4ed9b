"""TestState: refused requests, with the messages that were recorded on AWS."""

import json

import pytest

from asl_toolkit.client import OperationNotSupported, StepFunctions

ROLE = "arn:aws:iam::111111111111:role/r"
TASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::glue:startJobRun.sync",
    "Parameters": {"JobName.$": "$.job"},
    "End": True,
}
PROCESSOR = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Inside", "States": {"Inside": {"Type": "Pass", "End": True}}}
LOOP = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": PROCESSOR, "End": True}
PASS = {"Type": "Pass", "End": True}
EVENTS = {
    "Type": "Task",
    "Resource": "arn:aws:states:::events:putEvents",
    "Parameters": {"Entries": []},
    "End": True,
}
START = {
    "Type": "Task",
    "Resource": "arn:aws:states:::states:startExecution",
    "Parameters": {"StateMachineArn": "a"},
    "End": True,
}
GET = {
    "Type": "Task",
    "Resource": "arn:aws:states:::aws-sdk:lambda:getFunction",
    "Parameters": {"FunctionName": "f"},
    "End": True,
}
ACTIVITY = {"Type": "Task", "Resource": "arn:aws:states:us-east-1:111111111111:activity:a", "End": True}
PARALLEL = {"Type": "Parallel", "Branches": [{"StartAt": "In", "States": {"In": PASS}}], "End": True}


@pytest.mark.parametrize(
    ("state", "request_", "code", "message"),
    [
        (
            PASS,
            {"mock": {"result": "1"}},
            "ValidationException",
            "State type 'Pass' is not supported when a mock is specified",
        ),
        (
            LOOP,
            {},
            "InvalidDefinition",
            (
                "TestState API does not support Map or Parallel states. "
                "Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]"
            ),
        ),
        (LOOP, {"mock": {"result": "{}"}}, "ValidationException", "Mocked result must be an array."),
        (
            PARALLEL,
            {"mock": {"result": "[1, 2]"}},
            "ValidationException",
            "Mocked result must contain the same number of items as number of Parallel branches.",
        ),
        (
            TASK,
            {"mock": {"result": "1", "errorOutput": {"error": "E"}}},
            "ValidationException",
            "A test mock should have only one of the following fields: [result, errorOutput].",
        ),
        (
            TASK,
            {"mock": {"result": "1"}, "revealSecrets": True},
            "ValidationException",
            "TestState does not support RevealSecrets when a mock is specified.",
        ),
        (EVENTS, {}, "ValidationException", "RoleArn must be specified when testing a Task state"),
        (
            ACTIVITY,
            {},
            "ValidationException",
            "TestState does not support activities without a mock",
        ),
        (
            TASK,
            {},
            "ValidationException",
            "TestState does not support '.sync' service integrations without a mock",
        ),
        ({"StartAt": "P", "States": {"P": PASS}}, {"stateName": "Q"}, "ValidationException", "State not found in definition"),
        (PASS, {"stateName": "Q"}, "ValidationException", "State not found in definition"),
        (
            {"StartAt": "P", "States": {"P": PASS}},
            {},
            "InvalidDefinition",
            (
                "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [Type] at / "
                "(give stateName to test a state of a whole state machine)'"
            ),
        ),
        (
            {"Type": "Pass", "Next": 1},
            {},
            "InvalidDefinition",
            "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Next is a string, not a number at /Next'",
        ),
        (EVENTS, {"mock": {"result": "null"}}, "ValidationException", "Mocked result must be a JSON object."),
        (
            EVENTS,
            {"mock": {"result": '{"Entries": 1}'}},
            "ValidationException",
            "Mock result schema validation error: Field 'Entries' must be an array",
        ),
        (
            EVENTS,
            {"mock": {"result": '{"Entries": [{"EventId": "a"}, {"EventId": 1}]}'}},
            "ValidationException",
            "Mock result schema validation error: Field 'EventId' must be a string",
        ),
        (
            START,
            {"mock": {"result": '{"executionArn": "a"}'}},
            "ValidationException",
            "Mock result schema validation error: Required field 'ExecutionArn' is missing",
        ),
        (
            START,
            {"mock": {"result": '{"StartDate": 1}', "fieldValidationMode": "PRESENT"}},
            "ValidationException",
            "Mock result schema validation error: Field 'StartDate' must be a string",
        ),
        (
            GET,
            {"mock": {"result": '{"Configuration": {"MemorySize": 1}}'}},
            "ValidationException",
            "Mock result schema validation error: Field 'MemorySize' is less than the minimum value",
        ),
        (
            GET,
            {"mock": {"result": '{"Configuration": {"PackageType": "Box"}}'}},
            "ValidationException",
            "Mock result schema validation error: Field 'PackageType' is not an expected value",
        ),
        (
            EVENTS,
            {"mock": {"result": "{}"}, "context": '{"Map": {}}'},
            "ValidationException",
            "Invalid Context object provided: 'Map' field is not supported when mocking a Context object",
        ),
        (
            EVENTS,
            {"mock": {"result": "{}"}, "context": '{"Execution": {"Id": 1}}'},
            "ValidationException",
            "Invalid Context object provided: Execution.Id must be a string",
        ),
        (
            EVENTS,
            {"mock": {"result": "{}"}, "context": '{"Execution": {"pokemon": 1}}'},
            "ValidationException",
            "Invalid Context object provided: Field 'pokemon' is not allowed",
        ),
        (
            EVENTS,
            {"mock": {"result": "{}"}, "context": '{"Task": {"Token": "t"}}'},
            "ValidationException",
            (
                "Invalid Context object provided: Context object contains 'Task' when state is not a Task state with a '.sync' "
                "or '.waitForTaskToken' service integration pattern"
            ),
        ),
        (
            LOOP,
            {"mock": {"errorOutput": {"error": "E"}}, "stateConfiguration": {"errorCausedByState": "X"}},
            "ValidationException",
            "errorCausedByState names no state inside of the state under test: 'X'",
        ),
        (PASS, {"variables": "[1]"}, "ValidationException", "variables must be a JSON object"),
    ],
)
def test_requests_that_cannot_be(client, state, request_, code, message):
    with pytest.raises(getattr(client.exceptions, code)) as caught:
        client.test_state(definition=json.dumps(state), **request_)
    assert caught.value.response["Error"]["Message"] == message


def status_of(client, state, **more):
    return client.test_state(definition=json.dumps(state), **more)["status"]


@pytest.mark.parametrize("result", ['{"executionArn": "a", "startDate": "b"}', "{}"])
def test_a_mock_need_not_be_whole(client, result):
    mock = {"result": result, "fieldValidationMode": "PRESENT"}
    assert status_of(client, START, mock=mock) == "SUCCEEDED"
    mock = {"result": '{"StartDate": 1}', "fieldValidationMode": "NONE"}
    assert status_of(client, START, mock=mock) == "SUCCEEDED"


def test_a_task_without_handler_is_refused(client):
    with pytest.raises(OperationNotSupported, match="test_state: no handler serves 'events:putEvents': give a mock"):
        client.test_state(definition=json.dumps(EVENTS), roleArn=ROLE)


@pytest.mark.parametrize("spelling", ["Db", "DB"])
def test_members_of_the_sdks_answers_are_known_in_both_spellings(spelling):
    job = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:rds:describeDBInstances", "End": True}
    mock = {"result": json.dumps({f"{spelling}Instances": [{f"{spelling}InstanceIdentifier": 3}]})}
    message = f"Mock result schema validation error: Field '{spelling}InstanceIdentifier' must be a string"
    with pytest.raises(StepFunctions().exceptions.ClientError, match=message):
        StepFunctions().test_state(definition=json.dumps(job), input="{}", mock=mock, roleArn="arn:aws:iam::111111111111:role/r")
