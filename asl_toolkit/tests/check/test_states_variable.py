"""Reads of $states in JSONata and of the context object: reported before the run, in the same way everywhere."""

import pytest

import asl_toolkit
from asl_toolkit.check import check

TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 9, "End": True}


def machine(state, language="JSONata"):
    return {"QueryLanguage": language, "StartAt": "A", "States": {"A": state, "B": {"Type": "Succeed"}}}


def findings_of(state, language="JSONata"):
    return [
        (finding.code, finding.pointer, finding.message)
        for finding in check(machine(state, language), services=False)
        if finding.code != "UNREACHABLE"
    ]


RESULT = "$states.result exists only in Output and Assign of a Task, Parallel or Map"
ERROR = "$states.errorOutput exists only in Output and Assign of an entry of Catch"


@pytest.mark.parametrize(
    ("state", "pointer", "message"),
    [
        ({**TASK, "Arguments": {"a": "{% $states.result.b %}"}}, "Arguments/a", RESULT),
        ({"Type": "Pass", "Output": "{% $states.result %}", "End": True}, "Output", RESULT),
        ({**TASK, "Output": "{% $states.errorOutput.Error %}"}, "Output", ERROR),
        ({**TASK, "Output": "{% $states.inptu %}"}, "Output", "$states has no member 'inptu'; did you mean 'input'?"),
    ],
)
def test_reads_that_the_service_refuses_are_errors_and_do_not_run(state, pointer, message):
    assert findings_of(state) == [("STATES_MEMBER", f"/States/A/{pointer}", message)]
    with pytest.raises(asl_toolkit.DefinitionError, match="STATES_MEMBER"):
        asl_toolkit.load(machine(state))


def test_reads_of_existing_members_are_accepted():
    catch = [
        {
            "ErrorEquals": ["States.ALL"],
            "Next": "B",
            "Output": "{% $states.errorOutput %}",
            "Assign": {"x": "{% $states.errorOutput %}"},
        }
    ]
    output = "{% /* $states.no */ {'r': $states.result, 't': '$states.nothing', 'n': $states.context.Execution.Name} %}"
    assert findings_of({**TASK, "Output": output, "Assign": {"y": "{% $states.result %}"}, "Catch": catch}) == []


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("Execution.Nmae", "Execution of the context object has no member 'Nmae' ({}); did you mean 'Name'?"),
        ("Map.Item.Vlaue", "Map.Item of the context object has no member 'Vlaue' ({}); did you mean 'Value'?"),
        ("Map.Item.Value", "{} exists only in a Map"),
        ("Executoin.Name", "the context object has no member 'Executoin' ({}); did you mean 'Execution'?"),
    ],
)
def test_the_context_object_has_the_same_members_in_both_languages(path, message):
    jsonata = {"Type": "Pass", "Output": f"{{% $states.context.{path} %}}", "End": True}
    assert findings_of(jsonata) == [("CONTEXT_PATH", "/States/A/Output", message.format(f"$states.context.{path}"))]
    jsonpath = {"Type": "Pass", "Parameters": {"a.$": f"$$.{path}"}, "End": True}
    assert findings_of(jsonpath, "JSONPath") == [("CONTEXT_PATH", "/States/A/Parameters/a.$", message.format(f"$$.{path}"))]


@pytest.mark.parametrize(("path", "meant"), [("$upercase('a')", "$uppercase"), ("$state.input", "$states")])
def test_a_name_that_is_nearly_known_is_named(path, meant):
    (finding,) = findings_of({"Type": "Pass", "Output": f"{{% {path} %}}", "End": True})
    name = path.partition("(")[0].partition(".")[0]
    assert finding[2] == f"no state in scope assigns the variable {name}; did you mean {meant}?"


def test_check_and_load_agree_on_retry_and_items():
    retry = {**TASK, "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": "{% 3 %}"}]}
    processor = {"StartAt": "C", "States": {"C": {"Type": "Succeed"}}}
    items = {"Type": "Map", "Items": {"a": 1}, "ItemProcessor": processor, "End": True}
    for state, pointer in ((retry, "/States/A/Retry/0/MaxAttempts"), (items, "/States/A/Items")):
        assert [(code, place) for code, place, _ in findings_of(state)] == [("WRONG_TYPE", pointer)]
        with pytest.raises(asl_toolkit.DefinitionError, match=pointer):
            asl_toolkit.load(machine(state))


def test_an_inventory_needs_no_input_type():
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "C",
        "States": {"C": {"Type": "Succeed"}},
    }
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"ManifestType": "S3_INVENTORY"},
        "Parameters": {"Bucket": "b", "Key": "k"},
    }
    state = {"Type": "Map", "ItemReader": reader, "ItemProcessor": processor, "End": True}
    assert findings_of(state, "JSONPath") == []
    with pytest.raises(asl_toolkit.DefinitionError, match="NOT_RUN_HERE"):
        asl_toolkit.load(machine(state, "JSONPath"))


def test_the_output_of_a_child_that_succeeded_is_always_there():
    child = {"StateMachineArn": "arn:aws:states:us-east-1:111111111111:stateMachine:c"}
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": child,
        "TimeoutSeconds": 9,
        "End": True,
    }
    assert check({"StartAt": "A", "States": {"A": {**state, "OutputPath": "$.Output"}}}) == []
    (finding,) = check({"StartAt": "A", "States": {"A": {**state, "OutputPath": "$.Error"}}})
    assert finding.code == "RESULT_MEMBER"


def test_a_path_in_the_cause_of_a_fail_is_taken_literally():
    (finding,) = check({"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "E", "Cause": "$.x"}}})
    assert str(finding).endswith(
        "WARNING NO_DOLLAR /States/A/Cause: '$.x' is taken literally. Use CausePath if a value is meant."
    )


def test_an_action_that_is_not_optimised_is_named_as_the_sdk_has_it():
    state = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:query", "Parameters": {}, "TimeoutSeconds": 9, "End": True}
    (finding,) = check({"StartAt": "A", "States": {"A": state}})
    assert finding.remedy == "Any action can be called as arn:aws:states:::aws-sdk:dynamodb:query"
