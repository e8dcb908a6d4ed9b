"""Versions and aliases of state machines."""

import json

import pytest

PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": 1, "End": True}}}
TWO = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": 2, "End": True}}}


@pytest.fixture
def versions(client, create):
    """A machine with two versions, which put out 1 and 2."""
    arn = create(client, "m", PASS, publish=True, versionDescription="first")
    client.update_state_machine(stateMachineArn=arn, definition=json.dumps(TWO), publish=True)
    return arn


def output(client, arn):
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    return client.wait_for_execution(executionArn=execution, timeout=10)


def test_a_version_runs_the_published_definition(client, versions):
    first = output(client, f"{versions}:1")
    assert (first["output"], first["stateMachineVersionArn"], first["stateMachineArn"]) == ("1", f"{versions}:1", versions)
    assert output(client, versions)["output"] == "2"
    described = client.describe_state_machine(stateMachineArn=f"{versions}:1")
    assert (json.loads(described["definition"]), described["description"]) == (PASS, "first")
    listed = client.list_state_machine_versions(stateMachineArn=versions)["stateMachineVersions"]
    assert [it["stateMachineVersionArn"] for it in listed] == [f"{versions}:2", f"{versions}:1"]
    assert len(client.list_executions(stateMachineArn=f"{versions}:1")["executions"]) == 1
    assert len(client.list_executions(stateMachineArn=versions)["executions"]) == 2


def test_publishing_again_returns_the_version_and_numbers_are_not_reused(client, versions):
    assert client.publish_state_machine_version(stateMachineArn=versions)["stateMachineVersionArn"] == f"{versions}:2"
    client.delete_state_machine_version(stateMachineVersionArn=f"{versions}:2")
    client.delete_state_machine_version(stateMachineVersionArn=f"{versions}:2")
    assert client.publish_state_machine_version(stateMachineArn=versions)["stateMachineVersionArn"] == f"{versions}:3"
    with pytest.raises(client.exceptions.StateMachineDoesNotExist):
        client.start_execution(stateMachineArn=f"{versions}:2")
    with pytest.raises(client.exceptions.ConflictException, match="Failed to publish the State Machine version for revision x"):
        client.publish_state_machine_version(stateMachineArn=versions, revisionId="x")


def test_a_description_needs_a_version(client, create):
    with pytest.raises(client.exceptions.ValidationException, match="Version description can only be set when publish is true"):
        create(client, "m", PASS, versionDescription="d")


def test_an_alias_leads_to_its_versions(client, versions):
    routing = [{"stateMachineVersionArn": f"{versions}:1", "weight": 100}]
    arn = client.create_state_machine_alias(name="PROD", routingConfiguration=routing)["stateMachineAliasArn"]
    assert arn == f"{versions}:PROD"
    assert client.create_state_machine_alias(name="PROD", routingConfiguration=routing)["stateMachineAliasArn"] == arn
    ran = output(client, arn)
    assert (ran["output"], ran["stateMachineVersionArn"], ran["stateMachineAliasArn"]) == ("1", f"{versions}:1", arn)
    with pytest.raises(client.exceptions.ConflictException, match="must not be referenced by an alias"):
        client.delete_state_machine_version(stateMachineVersionArn=f"{versions}:1")
    half = [{"stateMachineVersionArn": f"{versions}:{number}", "weight": 50} for number in (1, 2)]
    client.update_state_machine_alias(stateMachineAliasArn=arn, routingConfiguration=half, description="both")
    described = client.describe_state_machine_alias(stateMachineAliasArn=arn)
    assert (described["routingConfiguration"], described["description"]) == (half, "both")
    assert {output(client, arn)["output"] for _ in range(20)} == {"1", "2"}
    listed = client.list_state_machine_aliases(stateMachineArn=f"{versions}:2")["stateMachineAliases"]
    assert [it["stateMachineAliasArn"] for it in listed] == [arn]
    client.delete_state_machine_alias(stateMachineAliasArn=arn)
    with pytest.raises(client.exceptions.ResourceNotFound):
        client.describe_state_machine_alias(stateMachineAliasArn=arn)


@pytest.mark.parametrize(
    ("numbers", "weights", "text"),
    [
        (["", "2"], [50, 50], "Routing configuration must contain state machine version ARNs. Received: [{0}, {0}:2]"),
        (
            ["1", "1"],
            [50, 50],
            "Routing configuration must contain distinct state machine version ARNs. Received: [{0}:1, {0}:1]",
        ),
        (["1", "2"], [70, 29], "Sum of routing configuration weights must equal 100. Received: [70, 29]"),
    ],
)
def test_routing_that_cannot_be(client, versions, numbers, weights, text):
    arns = [f"{versions}:{number}".rstrip(":") for number in numbers]
    routing = [{"stateMachineVersionArn": arn, "weight": weight} for arn, weight in zip(arns, weights, strict=True)]
    with pytest.raises(client.exceptions.ValidationException) as caught:
        client.create_state_machine_alias(name="A", routingConfiguration=routing)
    assert caught.value.response["Error"]["Message"] == text.format(versions)
