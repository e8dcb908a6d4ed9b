"""Invalid requests: refused with the words of botocore, or of the service."""

import json

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from asl_toolkit.client import OperationNotSupported

PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
TEXT = json.dumps(PASS)
ROLE = "arn:aws:iam::111111111111:role/r"
MACHINE = "arn:aws:states:us-east-1:111111111111:stateMachine:m"
EXECUTION = "arn:aws:states:us-east-1:111111111111:execution:m:e"


@pytest.mark.parametrize(
    ("method", "request_", "text"),
    [
        ("create_state_machine", {"name": "m", "definition": TEXT}, 'Missing required parameter in input: "roleArn"'),
        (
            "create_state_machine",
            {"name": "m", "definition": PASS, "roleArn": ROLE},
            f"Invalid type for parameter definition, value: {PASS}, type: <class 'dict'>, valid types: <class 'str'>",
        ),
        (
            "describe_execution",
            {"executionARN": EXECUTION},
            (
                'Missing required parameter in input: "executionArn"\n'
                'Unknown parameter in input: "executionARN", must be one of: executionArn, includedData'
            ),
        ),
        (
            "create_state_machine",
            {"name": "", "definition": TEXT, "roleArn": ROLE},
            "Invalid length for parameter name, value: 0, valid min length: 1",
        ),
        (
            "list_executions",
            {"stateMachineArn": MACHINE, "maxResults": -1},
            "Invalid value for parameter maxResults, value: -1, valid min value: 0",
        ),
        (
            "tag_resource",
            {"resourceArn": MACHINE, "tags": [{"key": "k", "value": None}]},
            "Invalid type for parameter tags[0].value, value: None, type: <class 'NoneType'>, valid types: <class 'str'>",
        ),
    ],
)
def test_botocore_refuses(client, method, request_, text):
    with pytest.raises(ParamValidationError) as caught:
        getattr(client, method)(**request_)
    assert str(caught.value) == f"Parameter validation failed:\n{text}"


def test_arguments_are_keywords_alone(client):
    with pytest.raises(TypeError, match=r"describe_execution\(\) only accepts keyword arguments\."):
        client.describe_execution(EXECUTION)


@pytest.mark.parametrize(
    ("method", "request_", "code", "message"),
    [
        (
            "list_executions",
            {"stateMachineArn": MACHINE, "statusFilter": "succeeded"},
            "ValidationException",
            (
                "1 validation error detected: Value 'succeeded' at 'statusFilter' failed to satisfy constraint: Member must "
                "satisfy enum value set: [RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED, PENDING_REDRIVE]"
            ),
        ),
        (
            "list_state_machines",
            {"maxResults": 1001},
            "ValidationException",
            (
                "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: "
                "Member must have value less than or equal to 1000"
            ),
        ),
        (
            "start_execution",
            {"stateMachineArn": MACHINE, "input": '"' + "ä" * 131_072 + '"'},
            "ValidationException",
            (
                "1 validation error detected: Value at 'input' failed to satisfy constraint: "
                "Member must have length less than or equal to 262144"
            ),
        ),
        (
            "create_state_machine_alias",
            {"name": "1", "routingConfiguration": [{"stateMachineVersionArn": f"{MACHINE}:1", "weight": 101}]},
            "ValidationException",
            (
                "2 validation errors detected: Value '1' at 'name' failed to satisfy constraint: Member must satisfy regular "
                r"expression pattern: ^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$; Value '101' at 'routingConfiguration.1.member."
                "weight' failed to satisfy constraint: Member must have value less than or equal to 100"
            ),
        ),
        (
            "create_state_machine",
            {"name": "a/b", "definition": TEXT, "roleArn": ROLE},
            "InvalidName",
            "Invalid Name: 'a/b'",
        ),
        ("describe_state_machine", {"stateMachineArn": "m"}, "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: m'"),
        (
            "describe_state_machine",
            {"stateMachineArn": EXECUTION},
            "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: execution'",
        ),
        (
            "describe_state_machine",
            {"stateMachineArn": "arn:aws:s3:::b"},
            "InvalidArn",
            "Invalid Arn: 'Invalid ARN: arn:aws:s3:::b'",
        ),
        (
            "describe_state_machine",
            {"stateMachineArn": MACHINE},
            "StateMachineDoesNotExist",
            f"State Machine Does Not Exist: '{MACHINE}'",
        ),
        (
            "get_execution_history",
            {"executionArn": EXECUTION},
            "ExecutionDoesNotExist",
            f"Execution Does Not Exist: '{EXECUTION}'",
        ),
        (
            "list_executions",
            {},
            "ValidationException",
            "Either stateMachineArn or mapRunArn must be specified, and not both",
        ),
        ("list_tags_for_resource", {"resourceArn": MACHINE}, "ResourceNotFound", f"Resource not found: '{MACHINE}'"),
    ],
)
def test_the_service_refuses(client, method, request_, code, message):
    with pytest.raises(getattr(client.exceptions, code)) as caught:
        getattr(client, method)(**request_)
    assert caught.value.response["Error"] == {"Code": code, "Message": message}
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert isinstance(caught.value, ClientError)


def test_the_exceptions_are_those_of_the_model(client):
    modelled = {shape.error_code for shape in client.meta.service_model.error_shapes}
    assert all(issubclass(getattr(client.exceptions, code), ClientError) for code in modelled)
    with pytest.raises(AttributeError, match="there is no exception 'NoSuchThing'; there are ActivityAlreadyExists"):
        _ = client.exceptions.NoSuchThing


def test_an_operation_that_is_not_here_says_so(client, monkeypatch):
    monkeypatch.setattr("asl_toolkit.client.stepfunctions.method_names", lambda: {"do_more": "DoMore"})
    with pytest.raises(OperationNotSupported, match=r"^do_more: this client does not have the operation DoMore$"):
        client.do_more(mapRunArn="a")


def test_only_operations_are_attributes(client):
    with pytest.raises(AttributeError, match="'StepFunctions' object has no attribute 'start_executions'"):
        _ = client.start_executions


def test_a_task_without_handler_is_not_a_validation_error(client, create):
    from asl_toolkit import DefinitionError

    state = {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun", "Parameters": {"JobName": "j"}, "End": True}
    arn = create(client, "m", {"StartAt": "T", "States": {"T": state}})
    with pytest.raises(DefinitionError, match="serves 'glue:startJobRun' of the state 'T'"):
        client.start_execution(stateMachineArn=arn)
