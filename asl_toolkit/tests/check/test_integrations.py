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
