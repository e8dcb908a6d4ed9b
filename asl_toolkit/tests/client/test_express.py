"""EXPRESS machines: their refusals, and their executions, which only StartSyncExecution shows."""

import json
import re

import pytest

PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}


def waiting(seconds):
    return {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": seconds, "End": True}}}


@pytest.mark.parametrize(
    ("resource", "parameters", "words"),
    [
        (
            "sqs:sendMessage.waitForTaskToken",
            {"QueueUrl": "u", "MessageBody.$": "$$.Task.Token"},
            "Express state machine does not support '.waitForTaskToken' service integration",
        ),
        (
            "states:startExecution.sync:2",
            {"StateMachineArn": "a"},
            "Express state machine does not support '.sync' service integration",
        ),
    ],
)
def test_jobs_and_tokens_are_refused(client, create, resource, parameters, words):
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}
    definition = {"StartAt": "T", "States": {"T": state}}
    with pytest.raises(client.exceptions.InvalidDefinition) as caught:
        create(client, "e", definition, type="EXPRESS")
    message = f"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: {words} at /States/T/Resource'"
    assert caught.value.response["Error"]["Message"] == message
    verdict = client.validate_state_machine_definition(definition=json.dumps(definition), type="EXPRESS")
    assert verdict["diagnostics"] == [
        {"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED", "message": words, "location": "/States/T/Resource"}
    ]
    create(client, "s", definition)


def test_activities_are_refused(client, create):
    state = {"Type": "Task", "Resource": "arn:aws:states:us-east-1:111111111111:activity:a", "End": True}
    words = "Express state machine does not support Activity ARN at /States/T/Resource"
    with pytest.raises(client.exceptions.InvalidDefinition, match=words):
        create(client, "e", {"StartAt": "T", "States": {"T": state}}, type="EXPRESS")


def test_a_synchronous_execution_is_described_in_the_answer(client, create):
    arn = create(client, "m", PASS, type="EXPRESS")
    answer = client.start_sync_execution(stateMachineArn=arn, name="n", input='{"a": 1}', traceHeader="Root=1")
    pattern = r"arn:aws:states:us-east-1:111111111111:express:m:n:[0-9a-f-]{36}"
    assert re.fullmatch(pattern, answer.pop("executionArn"))
    assert answer.pop("stopDate") >= answer.pop("startDate")
    answer.pop("ResponseMetadata")
    assert answer == {
        "stateMachineArn": arn,
        "name": "n",
        "status": "SUCCEEDED",
        "input": '{"a": 1}',
        "inputDetails": {"included": True},
        "output": '{"a":1}',
        "outputDetails": {"included": True},
        "traceHeader": "Root=1",
        "billingDetails": {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": 100},
    }
    assert "input" not in client.start_sync_execution(stateMachineArn=arn, includedData="METADATA_ONLY")


def test_an_execution_ends_after_five_minutes(client, create):
    arn = create(client, "long", waiting(301), type="EXPRESS")
    answer = client.start_sync_execution(stateMachineArn=arn)
    assert (answer["status"], answer["billingDetails"]["billedDurationInMilliseconds"]) == ("TIMED_OUT", 300_000)
    short = create(client, "short", waiting(299), type="EXPRESS")
    assert client.start_sync_execution(stateMachineArn=short)["status"] == "SUCCEEDED"


def test_the_context_object_has_no_redrive_count(client, create):
    state = {"Type": "Pass", "Parameters": {"context.$": "$$.Execution"}, "End": True}
    arn = create(client, "m", {"StartAt": "P", "States": {"P": state}}, type="EXPRESS")
    context = json.loads(client.start_sync_execution(stateMachineArn=arn)["output"])["context"]
    assert sorted(context) == ["Id", "Input", "Name", "RoleArn", "StartTime"]


def test_asynchronous_executions_are_not_shown_and_their_names_are_free(client, create):
    arn = create(client, "m", PASS, type="EXPRESS")
    first = client.start_execution(stateMachineArn=arn, name="n")["executionArn"]
    second = client.start_execution(stateMachineArn=arn, name="n")["executionArn"]
    assert first != second
    assert client.wait_for_execution(executionArn=first, timeout=10)["status"] == "SUCCEEDED"
    for method in ("describe_execution", "get_execution_history", "stop_execution", "redrive_execution", "list_map_runs"):
        with pytest.raises(client.exceptions.InvalidArn) as caught:
            getattr(client, method)(executionArn=first)
        expected = "Invalid Arn: 'Resource type not valid in this context: express'"
        assert caught.value.response["Error"]["Message"] == expected
    with pytest.raises(client.exceptions.StateMachineTypeNotSupported) as caught:
        client.list_executions(stateMachineArn=arn)
    expected = "This operation is not supported by this type of state machine"
    assert caught.value.response["Error"]["Message"] == expected


def test_a_standard_machine_does_not_run_synchronously(client, create):
    arn = create(client, "m", PASS)
    with pytest.raises(client.exceptions.StateMachineTypeNotSupported):
        client.start_sync_execution(stateMachineArn=arn)
