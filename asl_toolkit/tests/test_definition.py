"""Loading a definition: what is faulty or not supported is refused with its JSON pointer."""

import pytest

import asl_toolkit

PASS = {"Type": "Pass", "End": True}


def findings(definition):
    with pytest.raises(asl_toolkit.DefinitionError) as caught:
        asl_toolkit.load(definition)
    return [str(finding) for finding in caught.value.findings]


def one(state, **others):
    return {"StartAt": "S", "States": {"S": state, **others}}


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("[]", ["/: the definition is a JSON object [WRONG_TYPE]"]),
        ({"StartAt": "A", "States": {}}, [
            "/States: States holds no state [FIELD_MISSING]",
            "/StartAt: there is no state 'A' here [MISSING_TARGET]",
        ]),
        ({"StartAt": "s", "States": {"S": PASS}}, [
            "/StartAt: there is no state 's' here [MISSING_TARGET]"]),
        (one({"Type": "Pass", "Next": "Loda"}, Load=PASS), [
            "/States/S/Next: there is no state 'Loda' here; did you mean 'Load'? [MISSING_TARGET]"]),
        (one({"Type": "Pass"}), ['/States/S: Next or "End": true is missing [FIELD_MISSING]']),
        (one({"Type": "Pas", "End": True}), [
            "/States/S/Type: Type is one of Pass, Task, Choice, Wait, Succeed, Fail, Parallel, Map, not 'Pas' [WRONG_VALUE]"]),
        (one({**PASS, "Resutl": 1}), ["/States/S/Resutl: 'Resutl' is not supported in a Pass state [FIELD_NOT_SUPPORTED]"]),
        (one({**PASS, "Output": 1}), [
            "/States/S/Output: Output belongs to JSONata, this state is in JSONPath [LANGUAGE]"]),
        (one({**PASS, "InputPath": "$.a["}), [
            "/States/S/InputPath: a position, a quoted name, '*' or '?(' is missing at column 5 of '$.a[' [SYNTAX]"]),
        (one({**PASS, "ResultPath": "$.a[*]"}), [
            "/States/S/ResultPath: '$.a[*]' is no reference path: it may hold only member names and positions [SYNTAX]"]),
        (one({**PASS, "Parameters": {"a": {"b.$": "States.Nope($.a)"}}}), [
            ("/States/S/Parameters/a/b.$: there is no intrinsic function 'States.Nope' at column 1 of "
            "'States.Nope($.a)' [SYNTAX]")]),
        (one({**PASS, "Parameters": {"x.$": 1}}), [
            "/States/S/Parameters/x.$: a member whose name ends in '.$' holds a path or an intrinsic function, not 1 [SYNTAX]"]),
        (one({"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.snyc", "End": True}), [
            ("/States/S/Resource: 'arn:aws:states:::glue:startJobRun.snyc' is no resource that a Task can have: write "
            "arn:aws:states:::SERVICE:ACTION[.sync|.sync:2|.waitForTaskToken], arn:aws:states:::aws-sdk:SERVICE:ACTION, "
            "or the ARN of a Lambda function [SYNTAX]")]),
        (one({"Type": "Choice", "Choices": [{"Variable": "$.a", "StringEqual": "x", "Next": "P"}]}, P=PASS), [
            "/States/S/Choices/0/StringEqual: 'StringEqual' is no comparison operator [SYNTAX]"]),
        (one({"Type": "Wait", "End": True}), [
            "/States/S: exactly one of Seconds, SecondsPath, Timestamp, TimestampPath is needed [FIELD_MISSING]"]),
        (one({"Type": "Parallel", "Branches": [one(PASS)], "End": True}), [
            "/States/S/Branches/0/States/S: another state of the machine is named 'S' too [STATE_NAME]"]),
        (one({"Type": "Map", "End": True, "ItemBatcher": {"MaxItemsPerBatch": 1},
              "ItemProcessor": {"StartAt": "P", "States": {"P": PASS}}}), [
            "/States/S/ItemBatcher: ItemBatcher is only for a Map of DISTRIBUTED mode [FIELD_NOT_SUPPORTED]"]),
        ({"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": {**PASS, "QueryLanguage": "JSONPath"}}}, [
            ("/States/S/QueryLanguage: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine "
            "[LANGUAGE]")]),
    ],
)  # fmt: skip
def test_a_fault_is_found_and_placed(definition, expected):
    assert findings(definition) == expected


def test_variables_have_names():
    state = {**PASS, "Assign": {"ok.$": "$", "1x": 1, "states": 2, "a-b": 3}}
    assert [finding.split(": ")[0] for finding in findings(one(state))] == [
        "/States/S/Assign/1x",
        "/States/S/Assign/states",
        "/States/S/Assign/a-b",
    ]
    assert findings(one({**PASS, "Assign": 1})) == ["/States/S/Assign: Assign is an object, not 1 [WRONG_TYPE]"]


def test_retry_and_catch_keep_the_rules_of_states_all():
    retry = [{"ErrorEquals": ["States.ALL", "A"]}, {"ErrorEquals": ["States.Nope"], "MaxAttempts": -1}]
    state = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": True, "Retry": retry}
    assert findings(one(state)) == [
        "/States/S/Retry/0/ErrorEquals: States.ALL stands alone, and in the last entry [ERROR_NAMES]",
        "/States/S/Retry/1/ErrorEquals: 'States.Nope' is no error name that Step Functions reserves [ERROR_NAMES]",
        "/States/S/Retry/1/MaxAttempts: MaxAttempts is a whole number from 0 to 99999999, not -1 [WRONG_TYPE]",
    ]


def test_all_faults_are_listed_at_once():
    definition = one({"Type": "Pass", "Next": "X", "Foo": 1}, T={"Type": "Nope"})
    assert len(findings(definition)) == 3
    with pytest.raises(asl_toolkit.DefinitionError, match=r"^The definition has 3 faults:\n  /States/S/Next: "):
        asl_toolkit.load(definition)


def test_deep_nesting_is_refused():
    inner = one(PASS)
    for depth in range(40):
        inner = {"StartAt": f"P{depth}", "States": {f"P{depth}": {"Type": "Parallel", "Branches": [inner], "End": True}}}
    assert any("nested deeper than 30" in finding for finding in findings(inner))
    assert findings('{"a":' * 5000 + "1" + "}" * 5000)
