"""Every answer of every operation agrees with botocore's model: required members, no others, dates as datetimes."""

import json
import threading
from datetime import datetime
from inspect import getmembers

import pytest

from asl_toolkit import Services, TaskFailed, VirtualClock, inline
from asl_toolkit.client import OperationNotSupported, StepFunctions
from asl_toolkit.client.model import method_names, service_model

PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
ROLE = "arn:aws:iam::111111111111:role/r"
JOB = {
    "Type": "Task",
    "Resource": "arn:aws:states:::glue:startJobRun.sync",
    "Parameters": {"JobName": "j"},
    "Catch": [{"ErrorEquals": ["Caught"], "Next": "Good"}],
    "Retry": [{"ErrorEquals": ["Again"]}],
    "End": True,
}
PYTHON = {
    "string": str,
    "integer": int,
    "long": int,
    "float": float,
    "boolean": bool,
    "timestamp": datetime,
    "list": list,
    "map": dict,
    "structure": dict,
}


def faults(shape, value, where):
    """What is wrong with an answer, as sentences."""
    if not isinstance(value, PYTHON[shape.type_name]):
        return [f"{where} is {value!r}, not {shape.type_name}"]
    if shape.type_name == "timestamp" and value.tzinfo is None:
        return [f"{where} has no time zone"]
    if getattr(shape, "enum", None) and value not in shape.enum:
        return [f"{where} is {value!r}, none of {shape.enum}"]
    sentences = []
    if shape.type_name == "list":
        for number, element in enumerate(value):
            sentences += faults(shape.member, element, f"{where}[{number}]")
    if shape.type_name == "structure":
        sentences += [f"{where} has no {name}" for name in shape.required_members if name not in value]
        for name, inner in value.items():
            if name in shape.members:
                sentences += faults(shape.members[name], inner, f"{where}.{name}")
            else:
                sentences.append(f"{where}.{name} is not in the model")
    return sentences


class Watched:
    """A client that holds every answer against the model, and notes what was called."""

    def __init__(self, client):
        self.client = client
        self.called = set()

    def __getattr__(self, name):
        method = getattr(self.client, name)
        operation = method_names().get(name)
        if operation is None:
            return method

        def call(**request):
            answer = method(**request)
            metadata = answer.pop("ResponseMetadata")
            assert (metadata["HTTPStatusCode"], metadata["RetryAttempts"]) == (200, 0)
            assert faults(service_model().operation_model(operation).output_shape, answer, operation) == []
            self.called.add(operation)
            return answer

        return call


def flaky():
    failed = []

    def handler(request):
        if not failed:
            failed.append(request)
            raise TaskFailed("Boom", "the first time")
        return {"JobRunState": "SUCCEEDED"}

    return inline(handler)


@pytest.fixture
def watched():
    tokens = []
    handlers = {("glue", "startJobRun"): flaky(), ("sqs", "sendMessage"): inline(lambda it: tokens.append(it.task_token) or {})}
    made = Watched(StepFunctions(Services(handlers), clock=VirtualClock))
    made.tokens = tokens
    return made


def walk_machines(sfn):
    """Every operation on machines, versions and aliases; the machine's ARN."""
    text = json.dumps(PASS)
    logs = {"level": "ALL", "includeExecutionData": True, "destinations": []}
    arn = sfn.create_state_machine(
        name="m", definition=text, roleArn=ROLE, publish=True, versionDescription="d", loggingConfiguration=logs
    )["stateMachineArn"]
    sfn.update_state_machine(stateMachineArn=arn, roleArn=ROLE + "2", publish=True)
    sfn.publish_state_machine_version(stateMachineArn=arn)
    routing = [{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
    alias = sfn.create_state_machine_alias(name="A", description="d", routingConfiguration=routing)["stateMachineAliasArn"]
    sfn.update_state_machine_alias(stateMachineAliasArn=alias, description="e")
    for qualified in (arn, f"{arn}:1", alias):
        sfn.describe_state_machine(stateMachineArn=qualified)
        sfn.start_execution(stateMachineArn=qualified)
    sfn.describe_state_machine_alias(stateMachineAliasArn=alias)
    sfn.list_state_machine_aliases(stateMachineArn=arn)
    sfn.list_state_machine_versions(stateMachineArn=arn)
    sfn.list_state_machines()
    sfn.list_executions(stateMachineArn=arn)
    sfn.tag_resource(resourceArn=arn, tags=[{"key": "k", "value": "v"}])
    sfn.list_tags_for_resource(resourceArn=arn)
    sfn.untag_resource(resourceArn=arn, tagKeys=["k"])
    sfn.validate_state_machine_definition(definition=text)
    sfn.validate_state_machine_definition(definition="{}", severity="WARNING")
    sfn.delete_state_machine_alias(stateMachineAliasArn=alias)
    sfn.delete_state_machine_version(stateMachineVersionArn=f"{arn}:1")
    sfn.delete_state_machine(stateMachineArn=arn)


def walk_executions(sfn):
    """A DISTRIBUTED Map that fails, is redriven and ends well, and all that shows it."""
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    job = {name: value for name, value in JOB.items() if name not in {"Catch", "Retry"}}
    processor = {"ProcessorConfig": config, "StartAt": "J", "States": {"J": job}}
    choice = {"Type": "Choice", "Choices": [{"Variable": "$[0]", "NumericGreaterThan": 0, "Next": "M"}], "Default": "M"}
    states = {"C": choice, "M": {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": processor, "End": True}}
    definition = json.dumps({"StartAt": "C", "States": states})
    arn = sfn.create_state_machine(name="d", definition=definition, roleArn=ROLE)["stateMachineArn"]
    execution = sfn.start_execution(stateMachineArn=arn, input="[1, 2]", traceHeader="t")["executionArn"]
    for redrive in (True, False):
        sfn.wait_for_execution(executionArn=execution, timeout=20)
        sfn.describe_execution(executionArn=execution)
        sfn.describe_state_machine_for_execution(executionArn=execution)
        sfn.get_execution_history(executionArn=execution, maxResults=1000)
        (run,) = sfn.list_map_runs(executionArn=execution)["mapRuns"]
        sfn.describe_map_run(mapRunArn=run["mapRunArn"])
        for child in sfn.list_executions(mapRunArn=run["mapRunArn"])["executions"]:
            sfn.describe_execution(executionArn=child["executionArn"])
            sfn.get_execution_history(executionArn=child["executionArn"])
        if redrive:
            sfn.redrive_execution(executionArn=execution)
    sfn.stop_execution(executionArn=execution)
    express = sfn.create_state_machine(name="x", definition=json.dumps(PASS), roleArn=ROLE, type="EXPRESS")["stateMachineArn"]
    sfn.start_sync_execution(stateMachineArn=express)


def walk_tokens(sfn):
    state = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": True}
    parameters = {"QueueUrl": "u", "MessageBody.$": "$$.Task.Token"}
    definition = json.dumps({"StartAt": "T", "States": {"T": {**state, "Parameters": parameters, "TimeoutSeconds": 9}}})
    client = StepFunctions(sfn.client.services)  # on the real clock: it waits for the answers
    waiting = Watched(client)
    arn = waiting.create_state_machine(name="t", definition=definition, roleArn=ROLE)["stateMachineArn"]
    for answer in ("success", "failure"):
        before = len(sfn.tokens)
        execution = waiting.start_execution(stateMachineArn=arn)["executionArn"]
        while len(sfn.tokens) == before:
            pass
        waiting.send_task_heartbeat(taskToken=sfn.tokens[-1])
        if answer == "success":
            waiting.send_task_success(taskToken=sfn.tokens[-1], output="{}")
        else:
            waiting.send_task_failure(taskToken=sfn.tokens[-1], error="E", cause="C")
        waiting.wait_for_execution(executionArn=execution, timeout=10)
        waiting.get_execution_history(executionArn=execution)
    sfn.called |= waiting.called


def walk_activities(sfn):
    waiting = Watched(StepFunctions())
    activity = waiting.create_activity(name="a")["activityArn"]
    waiting.describe_activity(activityArn=activity)
    waiting.list_activities()
    definition = json.dumps({"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": activity, "End": True}}})
    arn = waiting.create_state_machine(name="m", definition=definition, roleArn=ROLE)["stateMachineArn"]
    execution = waiting.start_execution(stateMachineArn=arn)["executionArn"]
    waiting.send_task_success(taskToken=waiting.get_activity_task(activityArn=activity)["taskToken"], output="1")
    waiting.wait_for_execution(executionArn=execution, timeout=10)
    waiting.get_execution_history(executionArn=execution)
    waiting.delete_activity(activityArn=activity)
    sfn.called |= waiting.called


def walk_map_runs(sfn):
    gate, reads = threading.Event(), threading.Event()

    def read(_request):
        reads.set()
        gate.wait(30)
        return "[1]"

    waiting = Watched(StepFunctions(Services({("s3", "getObject"): read})))
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "Parameters": {"Bucket": "b", "Key": "k"},
        "ReaderConfig": {"InputType": "JSON"},
    }
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    processor = {"ProcessorConfig": config, "StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    loop = {"Type": "Map", "ItemReader": reader, "ItemProcessor": processor, "End": True}
    definition = json.dumps({"StartAt": "M", "States": {"M": loop}})
    arn = waiting.create_state_machine(name="m", definition=definition, roleArn=ROLE)["stateMachineArn"]
    execution = waiting.start_execution(stateMachineArn=arn)["executionArn"]
    assert reads.wait(30)
    (run,) = waiting.list_map_runs(executionArn=execution)["mapRuns"]
    waiting.update_map_run(mapRunArn=run["mapRunArn"], maxConcurrency=1)
    gate.set()
    waiting.wait_for_execution(executionArn=execution, timeout=10)
    sfn.called |= waiting.called


def walk_tests(sfn):
    job = json.dumps({"StartAt": "J", "States": {"J": JOB, "Good": {"Type": "Succeed"}}})
    mocks = [{"result": "{}"}, *({"errorOutput": {"error": name, "cause": "c"}} for name in ("Caught", "Again", "Other"))]
    statuses = [sfn.test_state(definition=job, stateName="J", mock=mock, inspectionLevel="DEBUG")["status"] for mock in mocks]
    assert statuses == ["SUCCEEDED", "CAUGHT_ERROR", "RETRIABLE", "FAILED"]
    processor = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "P", "States": PASS["States"]}
    loop = {"Type": "Map", "ItemProcessor": processor, "ItemSelector": {"i.$": "$$.Map.Item.Value"}, "End": True}
    tolerant = {**loop, "ToleratedFailureCount": 1, "ToleratedFailurePercentage": 50}
    sfn.test_state(definition=json.dumps(tolerant), input="[1]", mock={"result": "[1]"}, inspectionLevel="DEBUG")
    pass_state = {"Type": "Pass", "Assign": {"v": 1}, "End": True}
    sfn.test_state(definition=json.dumps(pass_state), inspectionLevel="TRACE")


def test_every_answer_has_the_shape_of_the_model(watched):
    for walk in (walk_machines, walk_executions, walk_tokens, walk_activities, walk_map_runs, walk_tests):
        walk(watched)
    methods = method_names()
    here = {methods[name] for name, _ in getmembers(StepFunctions) if name in methods}
    assert watched.called == here


def test_an_operation_is_here_or_says_why_not():
    client = StepFunctions()
    for name in method_names():
        if not hasattr(StepFunctions, name):
            with pytest.raises(OperationNotSupported, match=f"^{name}: "):
                getattr(client, name)()
