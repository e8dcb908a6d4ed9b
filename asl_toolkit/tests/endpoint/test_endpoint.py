"""The HTTP endpoint, with boto3's own client on the other side."""

import http.client
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.config import Config

from asl_toolkit import Services, TaskFailed
from asl_toolkit.client import StepFunctions
from asl_toolkit.client.model import method_names
from asl_toolkit.endpoint import Endpoint

ROLE = "arn:aws:iam::111111111111:role/r"
PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": {"ä": 1.5}, "End": True}}}
CALL = {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "End": True}}}
CALL["States"]["T"]["Parameters"] = {"JobName.$": "$.job"}


def job(request):
    if request.parameters["JobName"] == "bad":
        raise TaskFailed("Boom", "why")
    return {"JobRunState": "SUCCEEDED"}


@pytest.fixture(scope="module")
def endpoint():
    with Endpoint(StepFunctions(Services({("glue", "startJobRun"): job}))) as running:
        yield running


@pytest.fixture(scope="module")
def boto(endpoint):
    """Boto3's client of the endpoint."""
    config = Config(inject_host_prefix=False, retries={"total_max_attempts": 1}, max_pool_connections=20)
    client = boto3.client(
        "stepfunctions",
        endpoint_url=endpoint.url,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=config,
    )
    yield client
    client.close()


@pytest.fixture
def create(boto, request):
    numbers = iter(range(100))
    stem = request.node.name.translate({ord(mark): "-" for mark in "[]/ ."})[:60]

    def make(definition, **more):
        name = f"{stem}-{next(numbers)}"
        return boto.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE, **more)["stateMachineArn"]

    return make


def ended(boto, arn):
    described = boto.describe_execution(executionArn=arn)
    while described["status"] == "RUNNING":
        described = boto.describe_execution(executionArn=arn)
    return described


def test_an_execution_from_its_start_to_its_history(boto, create):
    machine = create(CALL, tags=[{"key": "team", "value": "data"}])
    started = boto.start_execution(stateMachineArn=machine, name="one", input='{"job": "ä"}')
    assert datetime.now(UTC) - started["startDate"] < timedelta(minutes=1)
    described = ended(boto, started["executionArn"])
    assert (described["status"], described["output"]) == ("SUCCEEDED", '{"JobRunState":"SUCCEEDED"}')
    assert described["startDate"] <= described["stopDate"]
    history = boto.get_paginator("get_execution_history").paginate(
        executionArn=started["executionArn"], PaginationConfig={"PageSize": 2}
    )
    events = [event for page in history for event in page["events"]]
    assert [event["type"] for event in events][-1] == "ExecutionSucceeded"
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    (listed,) = boto.list_executions(stateMachineArn=machine)["executions"]
    assert (listed["name"], listed["status"]) == ("one", "SUCCEEDED")
    assert boto.list_tags_for_resource(resourceArn=machine)["tags"] == [{"key": "team", "value": "data"}]
    failed = boto.start_execution(stateMachineArn=machine, input='{"job": "bad"}')["executionArn"]
    described = ended(boto, failed)
    assert (described["status"], described["error"], described["cause"]) == ("FAILED", "Boom", "why")


def test_versions_aliases_and_updates(boto, create):
    machine = create(PASS)
    version = boto.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
    alias = boto.create_state_machine_alias(
        name="live", routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}]
    )["stateMachineAliasArn"]
    execution = boto.start_execution(stateMachineArn=alias)["executionArn"]
    described = ended(boto, execution)
    assert (described["stateMachineAliasArn"], described["output"]) == (alias, '{"ä":1.5}')
    boto.update_state_machine(stateMachineArn=machine, definition=json.dumps(CALL), publish=True)
    assert len(boto.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"]) == 2
    assert boto.describe_state_machine(stateMachineArn=version)["definition"] == json.dumps(PASS)


def test_one_state_and_express_machines_need_no_host_prefix(boto, create):
    state = json.dumps({"Type": "Pass", "Parameters": {"a.$": "$.b"}, "End": True})
    tested = boto.test_state(definition=state, input='{"b": 1}', inspectionLevel="DEBUG")
    assert (tested["status"], tested["inspectionData"]["afterParameters"]) == ("SUCCEEDED", '{"a":1}')
    express = create(PASS, type="EXPRESS")
    sync = boto.start_sync_execution(stateMachineArn=express)
    assert (sync["status"], sync["billingDetails"]["billedMemoryUsedInMB"]) == ("SUCCEEDED", 64)
    result = boto.validate_state_machine_definition(definition="{}")
    assert result["result"] == "FAIL"


def test_a_worker_of_an_activity_waits_for_its_task(boto, create):
    activity = boto.create_activity(name="work")["activityArn"]
    machine = create(
        {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": activity, "HeartbeatSeconds": 60, "End": True}}}
    )
    with ThreadPoolExecutor() as pool:
        task = pool.submit(boto.get_activity_task, activityArn=activity, workerName="w")
        execution = boto.start_execution(stateMachineArn=machine, input='{"n": 1}')["executionArn"]
        taken = task.result(30)
    assert taken["input"] == '{"n":1}'
    boto.send_task_heartbeat(taskToken=taken["taskToken"])
    boto.send_task_success(taskToken=taken["taskToken"], output='{"done": true}')
    assert ended(boto, execution)["output"] == '{"done":true}'
    with pytest.raises(boto.exceptions.TaskTimedOut):
        boto.send_task_failure(taskToken=taken["taskToken"])


def test_a_worker_that_has_gone_takes_no_task(endpoint, boto, create, monkeypatch):
    activity = boto.create_activity(name="gone")["activityArn"]
    machine = create({"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": activity, "End": True}}})
    lost = http.client.HTTPConnection(endpoint.url.removeprefix("http://"))
    body = json.dumps({"activityArn": activity})
    lost.request("POST", "/", body, {"X-Amz-Target": "AWSStepFunctions.GetActivityTask"})
    lost.sock.close()
    lost.close()
    execution = boto.start_execution(stateMachineArn=machine)["executionArn"]
    taken = boto.get_activity_task(activityArn=activity)
    boto.send_task_failure(taskToken=taken["taskToken"], error="E", cause="C")
    assert ended(boto, execution)["error"] == "E"


def test_a_map_run_is_described_over_http(boto, create):
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **PASS}
    machine = create({"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": processor, "End": True}}})
    execution = boto.start_execution(stateMachineArn=machine, input="[1, 2]")["executionArn"]
    assert ended(boto, execution)["status"] == "SUCCEEDED"
    (run,) = boto.list_map_runs(executionArn=execution)["mapRuns"]
    described = boto.describe_map_run(mapRunArn=run["mapRunArn"])
    assert (described["itemCounts"]["succeeded"], described["toleratedFailurePercentage"]) == (2, 0.0)
    assert len(boto.list_executions(mapRunArn=run["mapRunArn"])["executions"]) == 2
    with pytest.raises(boto.exceptions.ValidationException, match="is SUCCEEDED and cannot be updated"):
        boto.update_map_run(mapRunArn=run["mapRunArn"], maxConcurrency=3)


def test_errors_have_the_codes_of_the_model(boto, create):
    missing = "arn:aws:states:us-east-1:111111111111:execution:m:e"
    with pytest.raises(boto.exceptions.ExecutionDoesNotExist, match=f"Execution Does Not Exist: '{missing}'"):
        boto.describe_execution(executionArn=missing)
    with pytest.raises(boto.exceptions.InvalidDefinition):
        create({"StartAt": "P"})
    with pytest.raises(boto.exceptions.InvalidExecutionInput):
        boto.start_execution(stateMachineArn=create(PASS), input="{")
    other = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {"QueueUrl": "q", "MessageBody": "b"}}
    unserved = create({"StartAt": "T", "States": {"T": {**other, "End": True}}})
    with pytest.raises(boto.exceptions.ClientError, match="serves 'sqs:sendMessage' of the state 'T'") as caught:
        boto.start_execution(stateMachineArn=unserved)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_a_running_execution_is_stopped(boto, create):
    machine = create({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}})
    execution = boto.start_execution(stateMachineArn=machine)["executionArn"]
    stopped = boto.stop_execution(executionArn=execution, error="E", cause="C")
    described = boto.describe_execution(executionArn=execution)
    assert (described["status"], described["error"], described["stopDate"]) == ("ABORTED", "E", stopped["stopDate"])


def test_many_clients_at_once(boto, create):
    machine = create(CALL)

    def one(number):
        arn = boto.start_execution(stateMachineArn=machine, name=f"n{number}", input=json.dumps({"job": str(number)}))[
            "executionArn"
        ]
        return ended(boto, arn)["status"]

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(one, range(48))) == {"SUCCEEDED"}
    pages = boto.get_paginator("list_executions").paginate(stateMachineArn=machine, PaginationConfig={"PageSize": 7})
    assert len({it["name"] for page in pages for it in page["executions"]}) == 48


def raw(endpoint, body=b"{}", method="POST", **headers):
    connection = http.client.HTTPConnection(endpoint.url.removeprefix("http://"), timeout=10)
    try:
        connection.request(method, "/", body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if answer.headers["Content-Type"] == "application/x-amz-json-1.0" else text
    finally:
        connection.close()


def start(body, endpoint):
    return raw(endpoint, body, X_Amz_Target="AWSStepFunctions.StartExecution")


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"{", "SerializationException", "The body is not JSON: "),
        (b"[]", "SerializationException", "A JSON array can not be converted to structure"),
        (
            b'{"stateMachineArn": 1}',
            "SerializationException",
            "A JSON number can not be converted to string at 'state",
        ),
        (b'{"unknown": 1}', "ValidationException", "1 validation error detected: Value null at 'stateMachineArn' failed to "),
        (b'{"stateMachineArn": ""}', "ValidationException", "1 validation error detected: Invalid length for parameter "),
        (b'{"stateMachineArn": "a"}', "InvalidArn", "Invalid Arn: "),
        (b"\xff\xfe\x00", "SerializationException", "The body is not JSON: "),
        (b"[" * 100_000, "SerializationException", "The body is not JSON: "),
        (b'{"stateMachineArn": "\\ud800"}', "InvalidArn", "Invalid Arn: "),
    ],
)
def test_a_wrong_body_is_an_error_of_the_service(endpoint, body, code, message):
    status, answer = start(body, endpoint)
    assert (status, answer["__type"]) == (400, code)
    assert answer["message"].startswith(message)


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 400, "MissingAuthenticationTokenException"),
        ({"X_Amz_Target": "AWSStepFunctions.DoIt"}, 400, "UnknownOperationException"),
        ({"X_Amz_Target": "DynamoDB_20120810.StartExecution"}, 400, "UnknownOperationException"),
        ({"X_Amz_Target": "AWSStepFunctions.ListStateMachines", "Host": "evil.example:80"}, 403, "AccessDeniedException"),
        ({"X_Amz_Target": "AWSStepFunctions.ListStateMachines", "Content_Length": "99999999999"}, 413, "RequestEntityTooLarge"),
        ({"X_Amz_Target": "AWSStepFunctions.ListStateMachines", "Content_Length": "-1"}, 411, "SerializationException"),
        ({"X_Amz_Target": "AWSStepFunctions.ListStateMachines", "Host": "sync-localhost:80"}, 200, None),
        ({"X_Amz_Target": "AWSStepFunctions.ListStateMachines", "Host": "localhost"}, 200, None),
    ],
)
def test_a_wrong_request_is_refused(endpoint, headers, status, code):
    got, answer = raw(endpoint, **headers)
    assert (got, answer.get("__type")) == (status, code)


def test_a_body_that_was_cut_is_not_called(endpoint):
    with socket.create_connection(("127.0.0.1", int(endpoint.url.rpartition(":")[2])), timeout=20) as connection:
        head = (
            "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AWSStepFunctions.ListStateMachines\r\nContent-Length: 9\r\n\r\n"
        )
        connection.sendall(head.encode() + b"{}")
        connection.shutdown(socket.SHUT_WR)
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"The request ended after 2 of 9 bytes" in answer


def test_other_methods_are_not_answered(endpoint):
    assert raw(endpoint, method="GET")[0] == 501


def test_an_error_of_the_endpoint_itself_is_an_answer_too(endpoint, monkeypatch, capsys):
    def broken(self, **_request):
        raise RuntimeError("lost")

    monkeypatch.setattr(StepFunctions, "list_activities", broken)
    answer = raw(endpoint, X_Amz_Target="AWSStepFunctions.ListActivities")
    assert answer == (500, {"__type": "InternalFailure", "message": "RuntimeError: lost"})
    assert capsys.readouterr().err == "ListActivities: RuntimeError: lost\n"


def test_closing_ends_the_requests_that_wait():
    client = StepFunctions()
    activity = client.create_activity(name="a")["activityArn"]
    running = Endpoint(client)
    answers = []

    def wait():
        answers.append(
            raw(running, json.dumps({"activityArn": activity}).encode(), X_Amz_Target="AWSStepFunctions.GetActivityTask")
        )

    waiting = threading.Thread(target=wait)
    waiting.start()
    while len(client._registry.activities[activity].changed._waiters) == 0:
        time.sleep(0.01)
    running.close()
    waiting.join(10)
    assert answers == [(200, {})]
    with pytest.raises(ConnectionRefusedError):
        raw(running)


def test_every_operation_of_the_model_is_served(boto):
    assert set(method_names()) <= set(dir(StepFunctions))
