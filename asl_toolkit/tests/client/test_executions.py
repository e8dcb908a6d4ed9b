"""Executions: started, described, listed, their history, stopped and redriven."""

import json
from datetime import UTC

import pytest

from asl_toolkit import Services, TaskFailed, VirtualClock, inline
from asl_toolkit.client import StepFunctions

PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
FAIL = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Bad", "Cause": "no"}}}
JOB = {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "j"}, "End": True}


def test_an_execution_from_start_to_history(client, create):
    arn = create(client, "m", PASS)
    started = client.start_execution(stateMachineArn=arn, name="e", input='{"a": 1}')
    described = client.wait_for_execution(executionArn=started["executionArn"], timeout=10)
    described.pop("stopDate")
    assert described == {
        "executionArn": "arn:aws:states:us-east-1:111111111111:execution:m:e",
        "stateMachineArn": arn,
        "name": "e",
        "status": "SUCCEEDED",
        "startDate": started["startDate"],
        "input": '{"a": 1}',
        "inputDetails": {"included": True},
        "output": '{"a":1}',
        "outputDetails": {"included": True},
        "redriveCount": 0,
        "redriveStatus": "NOT_REDRIVABLE",
        "redriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
    }
    assert started["startDate"].tzinfo is UTC
    history = client.get_execution_history(executionArn=started["executionArn"], maxResults=2)
    assert [event["id"] for event in history["events"]] == [1, 2]
    rest = client.get_execution_history(executionArn=started["executionArn"], nextToken=history["nextToken"])
    assert [event["type"] for event in rest["events"]] == ["PassStateExited", "ExecutionSucceeded"]
    turned = client.get_execution_history(executionArn=started["executionArn"], reverseOrder=True, includeExecutionData=False)
    assert turned["events"][0]["executionSucceededEventDetails"] == {"outputDetails": {"truncated": False}}


def test_a_name_is_taken_once(client, create):
    arn = create(client, "m", PASS)
    started = client.start_execution(stateMachineArn=arn, name="e")
    client.wait_for_execution(executionArn=started["executionArn"])
    with pytest.raises(client.exceptions.ExecutionAlreadyExists):
        client.start_execution(stateMachineArn=arn, name="e")
    with pytest.raises(client.exceptions.InvalidName):
        client.start_execution(stateMachineArn=arn, name="a/b")
    with pytest.raises(client.exceptions.InvalidExecutionInput):
        client.start_execution(stateMachineArn=arn, input="{")
    with pytest.raises(client.exceptions.InvalidExecutionInput, match=r"'Invalid execution input\.'"):
        client.start_execution(stateMachineArn=arn, input="")


def test_the_same_request_while_it_runs_gives_the_same_execution(create):
    client = StepFunctions()
    arn = create(client, "m", {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}})
    first = client.start_execution(stateMachineArn=arn, name="e", input="{}")
    again = client.start_execution(stateMachineArn=arn, name="e", input="{}")
    assert (first["executionArn"], first["startDate"]) == (again["executionArn"], again["startDate"])
    with pytest.raises(client.exceptions.ExecutionAlreadyExists):
        client.start_execution(stateMachineArn=arn, name="e", input="[]")
    running = client.describe_execution(executionArn=first["executionArn"])
    assert (running["status"], running["redriveStatusReason"]) == ("RUNNING", "Execution is RUNNING and cannot be redriven")
    client.stop_execution(executionArn=first["executionArn"])
    assert client.describe_execution(executionArn=first["executionArn"])["redriveStatus"] == "REDRIVABLE"


def test_executions_are_listed_by_status_the_newest_first(client, create):
    definition = {"StartAt": "C", "States": {**PASS["States"], **FAIL["States"]}}
    rule = {"Variable": "$", "NumericGreaterThan": 2, "Next": "F"}
    definition["States"]["C"] = {"Type": "Choice", "Choices": [rule], "Default": "P"}
    arn = create(client, "m", definition)
    for number in range(5):
        started = client.start_execution(stateMachineArn=arn, name=f"e{number}", input=str(number))
        client.wait_for_execution(executionArn=started["executionArn"])

    def names(**more):
        return [it["name"] for it in client.list_executions(stateMachineArn=arn, **more)["executions"]]

    assert names() == ["e4", "e3", "e2", "e1", "e0"]
    assert names(statusFilter="FAILED") == ["e4", "e3"]
    assert names(statusFilter="PENDING_REDRIVE") == []
    client.redrive_execution(executionArn=client.list_executions(stateMachineArn=arn)["executions"][1]["executionArn"])
    assert names(redriveFilter="REDRIVEN") == ["e3"]
    assert names(redriveFilter="NOT_REDRIVEN", statusFilter="FAILED") == ["e4"]
    pages = client.get_paginator("list_executions").paginate(stateMachineArn=arn, PaginationConfig={"PageSize": 2})
    assert [[it["name"] for it in page["executions"]] for page in pages] == [["e4", "e3"], ["e2", "e1"], ["e0"]]
    assert not client.can_paginate("describe_execution")


def test_a_redrive_continues_and_shows_its_date(create):
    attempts = []

    def handler(request):
        attempts.append((request.context["Execution"]["RedriveCount"], request.context["Execution"].get("RedriveTime")))
        if len(attempts) == 1:
            raise TaskFailed("Boom", "first")
        return {"JobRunState": "SUCCEEDED"}

    client = StepFunctions(Services({("glue", "startJobRun"): inline(handler)}), clock=VirtualClock)
    arn = create(client, "m", {"StartAt": "J", "States": {"J": JOB}})
    execution = client.start_execution(stateMachineArn=arn, name="e")["executionArn"]
    failed = client.wait_for_execution(executionArn=execution, timeout=10)
    assert (failed["status"], failed["redriveStatus"], "redriveStatusReason" in failed) == ("FAILED", "REDRIVABLE", False)
    redriven = client.redrive_execution(executionArn=execution, clientToken="t")
    again = client.wait_for_execution(executionArn=execution, timeout=10)
    assert (again["status"], again["redriveCount"], again["redriveDate"]) == ("SUCCEEDED", 1, redriven["redriveDate"])
    assert "error" not in again
    assert [count for count, _ in attempts] == [0, 1]
    assert attempts[0][1] is None
    assert attempts[1][1].startswith("2023-11-14T22:13:20")
    assert client.redrive_execution(executionArn=execution, clientToken="t")["redriveDate"] == redriven["redriveDate"]
    with pytest.raises(client.exceptions.ExecutionNotRedrivable) as caught:
        client.redrive_execution(executionArn=execution)
    assert caught.value.response["Error"]["Message"] == "Execution is SUCCEEDED and cannot be redriven"


def test_stopping_an_ended_execution_changes_nothing(client, create):
    arn = create(client, "m", FAIL)
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    ended = client.wait_for_execution(executionArn=execution)
    assert client.stop_execution(executionArn=execution, error="E")["stopDate"] == ended["stopDate"]
    assert client.describe_execution(executionArn=execution)["error"] == "Bad"


def test_waiting_for_an_unknown_execution_is_an_error(client):
    with pytest.raises(client.exceptions.ExecutionDoesNotExist):
        client.wait_for_execution(executionArn="arn:aws:states:us-east-1:111111111111:execution:m:e")


def test_output_is_json_text(client, create):
    arn = create(client, "m", PASS)
    execution = client.start_execution(stateMachineArn=arn, input='"ä"')["executionArn"]
    assert json.loads(client.wait_for_execution(executionArn=execution)["output"]) == "ä"
