"""The table of optimised integrations agrees with botocore's models."""

import pytest

from asl_toolkit.check import check
from asl_toolkit.check.integrations import OF_MAPS, OPTIMISED, RENAMED, RETIRED
from asl_toolkit.check.models import load_models

MODELS = load_models()
ACTIONS = [
    (f"{service}:{action}", integration) for service, actions in OPTIMISED.items() for action, integration in actions.items()
] + [(":".join(names), integration) for names, integration in OF_MAPS.items()]


@pytest.mark.parametrize(("name", "integration"), ACTIONS, ids=[name for name, _ in ACTIONS])
def test_the_operation_and_the_shapes_of_an_integration_are_in_the_models(name, integration):
    assert integration.suffixes[0] == ""
    if integration.operation is not None:
        operation = MODELS.operation(*integration.operation)
        assert operation is not None
        if not integration.closed:
            names = {member[:1].upper() + member[1:] for member in operation.input_shape.members}
            nested = {"Detail"}
            own = {"Input", "Output"} if name == "bedrock:invokeModel" else set()
            assert set(integration.members) <= names | nested | own
            assert integration.refused <= names
    for kind in integration.members.values():
        if isinstance(kind, tuple):
            assert MODELS.shape(*kind).type_name == "structure"
    assert set(integration.required or ()) <= set(integration.members) | {"ModelId"}


def test_a_renamed_service_is_known_under_its_new_name_and_refused_under_the_old():
    for old, new in RENAMED.items():
        assert MODELS.client(new) is not None, new
        task = {"Type": "Task", "Resource": f"arn:aws:states:::aws-sdk:{old}:x", "End": True}
        (finding,) = check({"StartAt": "A", "States": {"A": task}})
        assert finding.message == f"the AWS SDK integration has no service {old!r}; did you mean {new!r}?"


@pytest.mark.parametrize("service", ["sfn", "dynamodb", "cloudwatchlogs", "config", "directory", "s3", "ec2instanceconnect"])
def test_services_go_by_the_names_of_the_developer_guide(service):
    client = MODELS.client(service)
    action = next(iter(MODELS.actions(client)))
    task = {"Type": "Task", "Resource": f"arn:aws:states:::aws-sdk:{service}:{action}", "End": True}
    assert check({"StartAt": "A", "States": {"A": task}}) == []


def test_a_service_that_was_closed_is_not_judged():
    for service in RETIRED:
        task = {"Type": "Task", "Resource": f"arn:aws:states:::aws-sdk:{service}:doIt", "End": True}
        assert check({"StartAt": "A", "States": {"A": task}}) == []


@pytest.mark.parametrize(
    ("resource", "parameters"),
    [
        ("dynamodb:putItem", {"TableName": "t", "Item": {"id": {"S": "1"}, "done": "false"}}),
        ("dynamodb:updateItem", {"TableName": "t", "Key": {"id": "1"}, "ExpressionAttributeValues": {":a": "b"}}),
        ("aws-sdk:dynamodb:getItem", {"TableName": "t", "Key": {"id": "1"}}),
        ("aws-sdk:sfn:sendTaskSuccess", {"TaskToken.$": "$.token", "Output": {"a.$": "$.a"}}),
        ("aws-sdk:eventbridge:putEvents", {"Entries": [{"Source": "s", "DetailType": "d", "Detail": {"a": 1}}]}),
        ("aws-sdk:s3:putObject", {"Bucket": "b", "Key": "k", "Body": 1}),
        ("aws-sdk:s3:putObject", {"Bucket": "b", "Key": "k", "Body": [False]}),
        ("aws-sdk:lambda:invoke", {"FunctionName": "f", "Payload": {"a": 1}}),
        ("aws-sdk:ecs:updateService", {"Service": "s", "ForceNewDeployment": "true"}),
        ("elasticmapreduce:setClusterTerminationProtection", {"ClusterId": "j", "TerminationProtected": "false"}),
    ],
)
def test_values_that_step_functions_converts_are_not_faults(resource, parameters):
    """aws-samples (attributes as text, Output as an object) and recordings of LocalStack (Body, Input)."""
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}
    assert check({"StartAt": "A", "States": {"A": task}}) == []


@pytest.mark.parametrize(
    ("resource", "parameters"),
    [
        ("dynamodb:putItem", {"TableName": "t", "Item": {"id": 1}}),
        ("sqs:sendMessage", {"QueueUrl": {"a": 1}, "MessageBody": "m"}),
        ("aws-sdk:s3:getObject", {"Bucket": 1, "Key": "k"}),
        ("aws-sdk:ecs:updateService", {"Service": "s", "ForceNewDeployment": "yes"}),
    ],
)
def test_values_that_step_functions_cannot_convert_are_faults(resource, parameters):
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}
    assert [finding.code for finding in check({"StartAt": "A", "States": {"A": task}})] == ["PARAMETER_TYPE"]
