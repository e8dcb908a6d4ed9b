"""TestState: one state alone. The inspectionData and the refusals were recorded on AWS."""

import json

import pytest

from asl_toolkit import Services, TaskFailed, VirtualClock, inline
from asl_toolkit.client import OperationNotSupported, StepFunctions

NULL = {"result": "null", "fieldValidationMode": "NONE"}
ROLE = "arn:aws:iam::111111111111:role/r"
TASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::glue:startJobRun.sync",
    "Parameters": {"JobName.$": "$.job"},
    "ResultPath": "$.result",
    "Next": "After",
    "Catch": [
        {"ErrorEquals": ["Nothing"], "Next": "Nobody"},
        {"ErrorEquals": ["Caught", "Again"], "ResultPath": "$.error", "Next": "Handler"},
    ],
    "Retry": [
        {"ErrorEquals": ["Never"], "MaxAttempts": 0},
        {"ErrorEquals": ["Again"], "MaxAttempts": 2, "IntervalSeconds": 3, "BackoffRate": 4},
    ],
}


def outcome_of(client, state, *, level="DEBUG", **more):
    """The answer without its metadata, its JSON texts read."""
    answer = client.test_state(definition=json.dumps(state), inspectionLevel=level, **more)
    answer.pop("ResponseMetadata")
    for held in (answer, answer.get("inspectionData", {})):
        for name, value in held.items():
            if isinstance(value, str) and name not in {"status", "error", "cause", "nextState"}:
                held[name] = json.loads(value)
    return answer


@pytest.mark.parametrize(
    ("mock", "expected"),
    [
        (
            {"result": '{"Id": "jr"}'},
            {"status": "SUCCEEDED", "output": {"job": "j", "result": {"Id": "jr"}}, "nextState": "After"},
        ),
        (
            {"errorOutput": {"error": "Caught", "cause": "c"}},
            {
                "status": "CAUGHT_ERROR",
                "error": "Caught",
                "cause": "c",
                "output": {"job": "j", "error": {"Error": "Caught", "Cause": "c"}},
                "nextState": "Handler",
            },
        ),
        ({"errorOutput": {"error": "Again", "cause": "c"}}, {"status": "RETRIABLE", "error": "Again", "cause": "c"}),
        ({"errorOutput": {"error": "Never"}}, {"status": "FAILED", "error": "Never"}),
    ],
)
def test_a_mock_decides_how_a_task_ends(client, mock, expected):
    assert outcome_of(client, TASK, level="INFO", input='{"job": "j"}', mock=mock) == expected


@pytest.mark.parametrize(
    ("error", "retried", "status", "details"),
    [
        ("Again", 0, "RETRIABLE", {"retryIndex": 1, "retryBackoffIntervalSeconds": 3}),
        ("Again", 1, "RETRIABLE", {"retryIndex": 1, "retryBackoffIntervalSeconds": 12}),
        ("Again", 2, "CAUGHT_ERROR", {"catchIndex": 1}),
        ("Other", 0, "FAILED", None),
    ],
)
def test_a_handled_error_says_by_what(client, error, retried, status, details):
    mock, settings = {"errorOutput": {"error": error}}, {"retrierRetryCount": retried}
    answer = outcome_of(client, TASK, input='{"job": "j"}', mock=mock, stateConfiguration=settings)
    assert (answer["status"], answer["inspectionData"].get("errorDetails")) == (status, details)


def test_debug_shows_a_task_step_by_step(client):
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "InputPath": "$.in",
        "Parameters": {"FunctionName": "f", "Payload.$": "$"},
        "ResultSelector": {"got.$": "$.Payload"},
        "ResultPath": "$.out",
        "OutputPath": "$.out",
        "End": True,
    }
    answer = outcome_of(client, state, input='{"in": 1}', mock={"result": '{"Payload": {"a": 2}, "StatusCode": 200}'})
    assert answer == {
        "status": "SUCCEEDED",
        "output": {"got": {"a": 2}},
        "inspectionData": {
            "input": {"in": 1},
            "afterInputPath": 1,
            "afterParameters": {"FunctionName": "f", "Payload": 1},
            "result": {"Payload": {"a": 2}, "StatusCode": 200},
            "afterResultSelector": {"got": {"a": 2}},
            "afterResultPath": {"in": 1, "out": {"got": {"a": 2}}},
        },
    }


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (
            {"Type": "Pass", "End": True},
            {
                "afterInputPath": {"v": 1},
                "afterParameters": {"v": 1},
                "afterResultSelector": {"v": 1},
                "afterResultPath": {"v": 1},
            },
        ),
        (
            {"Type": "Pass", "Result": 2, "ResultPath": "$.r", "End": True},
            {"result": 2, "afterResultSelector": 2, "afterResultPath": {"v": 1, "r": 2}},
        ),
        (
            {"Type": "Pass", "InputPath": "$.v", "Parameters": {"p.$": "$"}, "ResultPath": "$.r", "End": True},
            {
                "afterInputPath": 1,
                "afterParameters": {"p": 1},
                "afterResultSelector": {"p": 1},
                "afterResultPath": {"v": 1, "r": {"p": 1}},
            },
        ),
        ({"Type": "Succeed"}, {"afterInputPath": {"v": 1}}),
        ({"Type": "Fail", "Error": "E"}, {"afterInputPath": {"v": 1}}),
        ({"Type": "Fail", "Error": "E", "QueryLanguage": "JSONata"}, {}),
        ({"Type": "Pass", "Output": "{% $states.input.v %}", "QueryLanguage": "JSONata", "End": True}, {}),
        (
            {"Type": "Pass", "Assign": {"b": "{% $a + 1 %}"}, "QueryLanguage": "JSONata", "End": True},
            {"variables": {"a": 1, "b": 2}},
        ),
        ({"Type": "Wait", "Seconds": 3600, "End": True}, {"afterInputPath": {"v": 1}}),
    ],
)
def test_debug_shows_the_steps_of_the_type(client, state, shown):
    variables = '{"a": 1}' if "Assign" in state else "{}"
    answer = outcome_of(client, state, input='{"v": 1}', variables=variables)
    assert answer["inspectionData"] == {"input": {"v": 1}, **shown}
    assert "inspectionData" not in outcome_of(client, state, level="INFO", input='{"v": 1}', variables=variables)


def test_debug_shows_the_arguments_of_jsonata(client):
    state = {
        "Type": "Task",
        "QueryLanguage": "JSONata",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "f", "Payload": "{% $states.input.v %}"},
        "Output": "{% $states.result.Payload %}",
        "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput.Error %}", "Next": "H"}],
        "End": True,
    }
    answer = outcome_of(client, state, input='{"v": 1}', mock={"result": '{"Payload": 5}'})
    arguments = {"FunctionName": "f", "Payload": 1}
    assert answer["inspectionData"] == {"input": {"v": 1}, "afterArguments": arguments, "result": {"Payload": 5}}
    assert answer["output"] == 5
    caught = outcome_of(client, state, input='{"v": 1}', mock={"errorOutput": {"error": "X"}})
    assert caught["inspectionData"] == {"input": {"v": 1}, "afterArguments": arguments, "errorDetails": {"catchIndex": 0}}
    assert (caught["output"], caught["nextState"]) == ("X", "H")


@pytest.mark.parametrize(
    ("catcher", "language", "error"),
    [
        ({"ResultPath": "$.a.b"}, "JSONPath", "States.ResultPathMatchFailure"),
        ({"Assign": {"v.$": "$.nothing"}}, "JSONPath", "States.Runtime"),
        ({"Output": "{% $number('x') %}"}, "JSONata", "States.QueryEvaluationError"),
    ],
)
def test_a_catch_that_fails_fails_the_test(client, catcher, language, error):
    state = {"Type": "Task", "QueryLanguage": language, "Resource": TASK["Resource"], "End": True}
    state["Arguments" if language == "JSONata" else "Parameters"] = {"JobName": "j"}
    state["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": "N", **catcher}]
    answer = outcome_of(client, state, level="INFO", input='{"a": 1}', mock={"errorOutput": {"error": "X"}})
    assert (answer["status"], answer["error"]) == ("FAILED", error)


def test_a_choice_is_tested_with_variables(client):
    choice = {"Type": "Choice", "Default": "D", "Choices": [{"Variable": "$x", "NumericEquals": 1, "Next": "One"}]}
    ends = {"D": {"Type": "Succeed"}, "One": {"Type": "Succeed"}}
    whole = {"StartAt": "C", "States": {"C": choice, **ends}}
    answer = outcome_of(client, whole, level="INFO", stateName="C", variables='{"x": 1}', input="5")
    assert answer == {"status": "SUCCEEDED", "output": 5, "nextState": "One"}
    assert outcome_of(client, choice, level="INFO", variables='{"x": 2}')["nextState"] == "D"


PROCESSOR = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Inside", "States": {"Inside": {"Type": "Pass", "End": True}}}
LOOP = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": PROCESSOR, "End": True}


def test_debug_shows_a_map(client):
    state = {**LOOP, "ItemSelector": {"i.$": "$$.Map.Item.Index"}, "ToleratedFailureCount": 1}
    answer = outcome_of(client, state, input='{"items": [7, 8]}', mock={"result": '["a", "b"]'})
    assert answer["output"] == ["a", "b"]
    assert answer["inspectionData"] == {
        "input": {"items": [7, 8]},
        "afterInputPath": {"items": [7, 8]},
        "afterItemsPath": [7, 8],
        "afterItemSelector": [{"i": 0}, {"i": 1}],
        "afterResultSelector": ["a", "b"],
        "afterResultPath": ["a", "b"],
        "maxConcurrency": 0,
        "toleratedFailureCount": 1,
    }


@pytest.mark.parametrize(
    ("more", "failures", "status"),
    [
        ({"ToleratedFailureCount": 1}, 1, "SUCCEEDED"),
        ({"ToleratedFailureCount": 1}, 2, "FAILED"),
        ({"ToleratedFailurePercentage": 50}, 1, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 49}, 1, "FAILED"),
        ({}, 2, "SUCCEEDED"),
    ],
)
def test_iterations_may_fail_within_the_tolerance(client, more, failures, status):
    settings = {"mapIterationFailureCount": failures}
    answer = outcome_of(
        client, {**LOOP, **more}, input='{"items": [7, 8]}', mock={"result": "[1, 2]"}, stateConfiguration=settings
    )
    assert answer["status"] == status
    if status == "FAILED":
        assert (answer["error"], answer["cause"]) == (
            "States.ExceedToleratedFailureThreshold",
            "The specified tolerated failure threshold was exceeded",
        )


def test_a_missing_path_fails_the_test_without_naming_the_state(client):
    state = {**LOOP, "ItemsPath": "$"}
    answer = outcome_of(client, state, input='{"items": 1}', mock={"result": "[]"})
    assert answer == {
        "status": "FAILED",
        "error": "States.Runtime",
        "cause": 'Reference path "$" must point to array.',
        "inspectionData": {"input": {"items": 1}, "afterInputPath": {"items": 1}},
    }


def test_the_caller_provides_the_items_of_a_reader(client):
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON"},
        "Parameters": {"Bucket": "b", "Key": "k"},
    }
    config = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    state = {"Type": "Map", "ItemReader": reader, "ItemProcessor": {**PROCESSOR, **config}, "End": True}
    state["ItemSelector"] = {"v.$": "$$.Map.Item.Value"}
    answer = outcome_of(client, state, mock={"result": "[]"}, stateConfiguration={"mapItemReaderData": "[1]"})
    assert answer["inspectionData"]["afterItemSelector"] == [{"v": 1}]
    with pytest.raises(OperationNotSupported, match=r"test_state reads stateConfiguration\.mapItemReaderData as a JSON array"):
        outcome_of(client, state, mock={"result": "[]"}, stateConfiguration={"mapItemReaderData": "a,b"})


def test_a_parallel_is_mocked_by_an_array(client):
    branch = {"StartAt": "Inside", "States": {"Inside": {"Type": "Pass", "End": True}}}
    other = {"StartAt": "Beside", "States": {"Beside": {"Type": "Pass", "End": True}}}
    state = {"Type": "Parallel", "Branches": [branch, other], "ResultSelector": {"first.$": "$[0]"}, "Next": "N"}
    assert outcome_of(client, state, level="INFO", mock={"result": "[1, 2]"}) == {
        "status": "SUCCEEDED",
        "output": {"first": 1},
        "nextState": "N",
    }


def test_a_state_inside_of_a_map_is_found_by_its_name(client):
    whole = {"StartAt": "M", "States": {"M": LOOP}}
    assert outcome_of(client, whole, level="INFO", stateName="Inside", input="1") == {"status": "SUCCEEDED", "output": 1}


def test_the_context_object_is_the_default_or_the_callers(client):
    state = {**TASK, "Parameters": {"JobName.$": "$$.State.Name"}, "ResultSelector": {"context.$": "$$"}}
    made_up = outcome_of(client, state, mock={"result": "{}"})["output"]["result"]["context"]
    assert sorted(made_up["Execution"]) == ["Id", "Input", "Name", "RoleArn", "StartTime"]
    assert made_up["State"]["Name"] == "StateName"
    assert outcome_of(client, state, mock={"result": "{}"}, context='{"State": {"Name": "x"}}')["output"]["result"] == {
        "context": {"State": {"Name": "x"}}
    }
    empty = {**state, "Parameters": {"JobName": "j"}}
    assert outcome_of(client, empty, mock={"result": "{}"}, context="{}")["output"]["result"] == {"context": {}}
    token = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": "u", "MessageBody.$": "$$.Task.Token"},
        "End": True,
    }
    answer = outcome_of(client, token, mock={"result": "{}"}, context='{"Task": {"Token": "abcd123"}}')
    assert answer["inspectionData"]["afterParameters"] == {"QueueUrl": "u", "MessageBody": "abcd123"}


def test_an_activity_is_mocked(client):
    state = {"Type": "Task", "Resource": "arn:aws:states:us-east-1:111111111111:activity:a", "End": True}
    answer = outcome_of(client, state, input='{"a": 1}', mock={"result": "5"})
    assert (answer["output"], answer["inspectionData"]["result"]) == (5, 5)


def test_without_a_mock_the_handler_answers(create):
    def handler(request):
        if request.parameters["MessageBody"] == "bad":
            raise TaskFailed("SQS.Bad", "no")
        return {"MessageId": "1"}

    sfn = StepFunctions(Services({("sqs", "sendMessage"): inline(handler)}), clock=VirtualClock)
    state = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True}
    state["Parameters"] = {"QueueUrl": "u", "MessageBody.$": "$.m"}
    assert outcome_of(sfn, state, level="INFO", input='{"m": "good"}', mock=NULL)["output"] is None
    answer = outcome_of(sfn, state, roleArn=ROLE, input='{"m": "good"}')
    assert (answer["output"], answer["inspectionData"]["result"]) == ({"MessageId": "1"}, {"MessageId": "1"})
    assert outcome_of(sfn, state, roleArn=ROLE, input='{"m": "bad"}', level="INFO") == {
        "status": "FAILED",
        "error": "SQS.Bad",
        "cause": "no",
    }
