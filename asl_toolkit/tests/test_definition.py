"""Loading a definition: faulty and unsupported parts are refused with their JSON pointers."""

from functools import partial

import pytest

import asl_toolkit
from asl_toolkit.check import check

PASS = {"Type": "Pass", "End": True}


def findings(definition):
    with pytest.raises(asl_toolkit.DefinitionError) as caught:
        asl_toolkit.load(definition)
    return [finding.brief for finding in caught.value.findings]


def one(state, **others):
    return {"StartAt": "S", "States": {"S": state, **others}}


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("[]", ["/: the definition is an object, not an array [WRONG_TYPE]"]),
        ({"StartAt": "A", "States": {}}, [
            "/States: the machine has no state [MISSING_FIELD]",
        ]),
        ({"StartAt": "s", "States": {"S": PASS}}, [
            "/StartAt: there is no state 's' in the machine [MISSING_TARGET]"]),
        (one({"Type": "Pass", "Next": "Loda"}, Load=PASS), [
            "/States/S/Next: there is no state 'Loda' in the machine; did you mean 'Load'? [MISSING_TARGET]",
            "/States/Load: no transition leads to the state 'Load' [UNREACHABLE]"]),
        (one({"Type": "Pass"}), [
            "/States: the machine has no terminal state [NO_END]",
            '/States/S: the state \'S\' has neither Next nor "End": true [MISSING_FIELD]']),
        (one({"Type": "Pas", "End": True}), [
            "/States/S/Type: Type is one of Task, Pass, Choice, Wait, Succeed, Fail, Parallel, Map, not 'Pas' [WRONG_VALUE]"]),
        (one({**PASS, "Resutl": 1}), [
            "/States/S/Resutl: a Pass state has no field 'Resutl'; did you mean 'Result'? [UNKNOWN_FIELD]"]),
        (one({**PASS, "Output": 1}), [
            "/States/S/Output: Output belongs to JSONata, the state is in JSONPath [WRONG_LANGUAGE]"]),
        (one({**PASS, "InputPath": "$.a["}), [
            "/States/S/InputPath: a position, a quoted name, '*' or '?(' is missing at column 5 of '$.a[' [PATH_SYNTAX]"]),
        (one({**PASS, "ResultPath": "$.a[*]"}), [
            ("/States/S/ResultPath: ResultPath: '$.a[*]' is not a reference path: it may hold only member names and positions "
             "[REFERENCE_PATH]")]),
        (one({**PASS, "Parameters": {"a": {"b.$": "States.Nope($.a)"}}}), [
            ("/States/S/Parameters/a/b.$: there is no intrinsic function 'States.Nope' at column 1 of "
            "'States.Nope($.a)' [INTRINSIC]")]),
        (one({**PASS, "Parameters": {"x.$": 1}}), [
            "/States/S/Parameters/x.$: 'x.$' is a path or an intrinsic function, not a number [TEMPLATE_KEY]"]),
        (one({"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.snyc", "End": True}), [
            "/States/S/Resource: '.snyc' is not a pattern: the patterns are .sync, .sync:2, .waitForTaskToken [PATTERN]"]),
        (one({"Type": "Choice", "Choices": [{"Variable": "$.a", "StringEqual": "x", "Next": "P"}]}, P=PASS), [
            "/States/S/Choices/0/StringEqual: 'StringEqual' is not a comparison operator [CHOICE_RULE]"]),
        (one({"Type": "Wait", "End": True}), [
            "/States/S: the Wait state 'S' has neither Seconds nor Timestamp nor their Path [MISSING_FIELD]"]),
        (one({"Type": "Parallel", "Branches": [one(PASS)], "End": True}), [
            "/States/S/Branches/0/States/S: the state at /States/S is named 'S' too [DUPLICATE_STATE]"]),
        (one({"Type": "Map", "End": True, "ItemBatcher": {"MaxItemsPerBatch": 1},
              "ItemProcessor": {"StartAt": "P", "States": {"P": PASS}}}), [
            "/States/S/ItemBatcher: ItemBatcher is only for a Map of DISTRIBUTED mode, this one is INLINE [MAP_MODE]"]),
        ({"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": {**PASS, "QueryLanguage": "JSONPath"}}}, [
            ("/States/S/QueryLanguage: a state cannot be in JSONPath when the whole machine is in JSONata "
             "[WRONG_LANGUAGE]")]),
        (one(PASS, Island=PASS), ["/States/Island: no transition leads to the state 'Island' [UNREACHABLE]"]),
        (one({"Type": "Task", "Resource": "arn:aws:states:::foo:bar", "End": True}), [
            ("/States/S/Resource: there is no optimised integration 'foo', as far as this version of the toolkit knows "
             "[UNKNOWN_SERVICE]")]),
        (one({"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:foo:bar", "End": True}), [
            "/States/S/Resource: the AWS SDK integration has no service 'foo' [UNKNOWN_SERVICE]"]),
        (one({"Type": "Task", "Resource": "arn:aws:states:::glue:startJob", "End": True}), [
            ("/States/S/Resource: the integration 'glue' has no action 'startJob'; did you mean 'startJobRun'? "
             "[UNKNOWN_ACTION]")]),
        (one({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.sync", "End": True}), [
            "/States/S/Resource: lambda:invoke has no .sync; it has .waitForTaskToken and the plain call [PATTERN]"]),
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
    assert findings(one({**PASS, "Assign": 1})) == ["/States/S/Assign: Assign is an object, not a number [WRONG_TYPE]"]


def test_retry_and_catch_keep_the_rules_of_states_all():
    retry = [{"ErrorEquals": ["States.ALL", "A"]}, {"ErrorEquals": ["States.Nope"], "MaxAttempts": -1}]
    state = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": True, "Retry": retry}
    assert findings(one(state)) == [
        "/States/S/Retry/0/ErrorEquals: States.ALL must be alone in its ErrorEquals [ERROR_NAMES]",
        "/States/S/Retry/0/ErrorEquals: States.ALL must be in the last entry of Retry [ERROR_NAMES]",
        "/States/S/Retry/1/MaxAttempts: MaxAttempts is a whole number of at least 0, not -1 [WRONG_VALUE]",
    ]


@pytest.mark.parametrize("error", ["States.Quorum", "States.Http.StatusCode.404", "States.Http.Socket", "States.Timeout"])
def test_any_name_may_be_caught(error):
    """aws-samples, quorum-with-parallel-pattern: `States.Quorum` is deployed. Developer guide: States.Http.StatusCode.*."""
    fail = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": error}}}
    catch = [{"ErrorEquals": [error], "Next": "D"}]
    parallel = {"Type": "Parallel", "Branches": [fail], "Catch": catch, "Next": "D"}
    machine = {"StartAt": "P", "States": {"P": parallel, "D": {"Type": "Pass", "Result": "caught", "End": True}}}
    assert asl_toolkit.run(machine).output == "caught"


@pytest.mark.parametrize("value", [False, 0, None, "text", [{"a.$": "$.n"}]])
def test_parameters_may_be_any_json_value(value):
    """LocalStack, issue 6362: AWS deploys such a Task and passes the value on."""
    expected = [{"a": 1}] if isinstance(value, list) else value
    assert asl_toolkit.run(one({**PASS, "Parameters": value}), {"n": 1}).output == expected


def test_all_faults_are_listed_at_once():
    definition = one({"Type": "Pass", "Next": "X", "Foo": 1}, T={"Type": "Nope"})
    assert len(findings(definition)) == 4
    with pytest.raises(asl_toolkit.DefinitionError, match=r"^The definition has 4 faults:\n  /States/S/Next: "):
        asl_toolkit.load(definition)


def test_deep_nesting_is_refused():
    inner = one(PASS)
    for depth in range(40):
        inner = {"StartAt": f"P{depth}", "States": {f"P{depth}": {"Type": "Parallel", "Branches": [inner], "End": True}}}
    assert any("nested deeper than 30" in finding for finding in findings(inner))
    assert findings('{"a":' * 5000 + "1" + "}" * 5000)


def test_a_text_is_read_as_check_reads_it():
    text = '{"StartAt": "S",\n "States": {"S": {"Type": "Pass", "End": true, "End": true}}}'
    for definition in ("\ufeff" + text, ("\ufeff" + text).encode(), text):
        with pytest.raises(asl_toolkit.DefinitionError) as caught:
            asl_toolkit.load(definition)
        (finding,) = caught.value.findings
        assert (finding.brief, finding.line, finding.column) == (
            "/States/S/End: the member 'End' is here more than once [DUPLICATE_KEY]",
            2,
            48,
        )
    good = "\ufeff" + text.replace(', "End": true}', "}")
    assert asl_toolkit.run(good).status == asl_toolkit.run(good.encode()).status == "SUCCEEDED"
    with pytest.raises(asl_toolkit.DefinitionError) as caught:
        asl_toolkit.load(b"\xff")
    assert [finding.brief for finding in caught.value.findings] == ["/: the text is not UTF-8 (byte 0) [JSON_SYNTAX]"]


JSONATA = {"QueryLanguage": "JSONata"}
MAP = {"Type": "Map", "End": True, "ItemProcessor": {"StartAt": "P", "States": {"P": PASS}}}


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (one({"Type": "Pass", "Next": "${Next}"}, Done=PASS), [
            "/States/S/Next: there is no state '${Next}' in the machine [MISSING_TARGET]",
            "/States/Done: no transition leads to the state 'Done' [UNREACHABLE]"]),
        (one({"Type": "Task", "Resource": "${Function}", "TimeoutSeconds": "${Seconds}", "End": True}), [
            "/States/S/Resource: '${Function}' is not an ARN [RESOURCE]",
            "/States/S/TimeoutSeconds: TimeoutSeconds is a whole number, not a string [WRONG_TYPE]"]),
        (one({**PASS, **JSONATA, "Assign": "{% {} %}"}), [
            "/States/S/Assign: Assign is an object, not a string [WRONG_TYPE]"]),
        ({**one({"Type": "Succeed"}), **JSONATA, "TimeoutSeconds": "{% 1 %}"}, [
            "/TimeoutSeconds: TimeoutSeconds is a whole number, not a string [WRONG_TYPE]"]),
        (one({"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "P", "Comment": 1}]}, P=PASS), [
            "/States/S/Choices/0/Comment: Comment is a string, not a number [WRONG_TYPE]"]),
        (one({**MAP, "ItemProcessor": {**MAP["ItemProcessor"], "TimeoutSeconds": 1}}), [
            ("/States/S/ItemProcessor/TimeoutSeconds: TimeoutSeconds of the Map's processor is not run here, only that of the "
             "machine [NOT_RUN_HERE]")]),
    ],
)  # fmt: skip
def test_faults_that_only_the_interpreter_has_are_refused_too(definition, expected):
    assert findings(definition) == expected


def test_fields_that_aws_ignores_are_accepted():
    assert asl_toolkit.run(one({**MAP, "Label": "L"}), [1]).output == [1]
    assert asl_toolkit.run(one({**PASS, "Parameters": {"name": "${Name}"}})).output == {"name": "${Name}"}


UNSURE = ["$.a b", "$.list[::2]", "$.a.b()", "$.list[?(@.s <> 1)]", "$.list[?(@.s == in progress)]"]
ITEM = {"StartAt": "I", "States": {"I": PASS}}
PLACES = {
    "template": lambda path: {**PASS, "Parameters": {"v.$": path}},
    "input path": lambda path: {**PASS, "InputPath": path},
    "items path": lambda path: {
        "Type": "Map",
        "ItemsPath": path,
        "ItemProcessor": {"StartAt": "I", "States": {"I": PASS}},
        "End": True,
    },
    "seconds path": lambda path: {"Type": "Wait", "SecondsPath": path, "End": True},
    "variable": lambda path: {"Type": "Choice", "Choices": [{"Variable": path, "IsNull": True, "Next": "Done"}]},
    "operand": lambda path: {
        "Type": "Choice",
        "Choices": [{"Variable": "$.a", "StringEqualsPath": path, "Next": "Done"}],
    },
}


@pytest.mark.parametrize("path", UNSURE)
@pytest.mark.parametrize("place", PLACES)
def test_a_path_that_only_aws_can_read_fails_when_an_execution_comes_to_it(path, place):
    state = PLACES[place](path)
    definition = {
        "StartAt": "Which",
        "States": {
            "Which": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.go", "BooleanEquals": True, "Next": "S"}],
                "Default": "Done",
            },
            "S": state,
            "Done": {"Type": "Succeed"},
        },
    }
    assert {finding.code for finding in check(definition) if finding.severity == "WARNING"} >= {"PATH_UNSURE"}
    assert not [finding for finding in check(definition) if finding.severity == "ERROR"]
    run = partial(asl_toolkit.run, definition, clock=asl_toolkit.VirtualClock())
    assert run({"go": False, "a": "x"}).status == "SUCCEEDED"
    result = run({"go": True, "a": "x", "list": []})
    assert (result.status, result.error) == ("FAILED", "NotRunHere.Path")
    assert "asl-toolkit cannot read this path, but AWS may: " in result.cause
    assert result.cause.endswith(". Write a simpler path.")


def test_a_result_path_that_only_aws_can_read_fails_when_the_state_ends():
    result = asl_toolkit.run(one({**PASS, "ResultPath": "$.a b"}), {}, clock=asl_toolkit.VirtualClock())
    assert (result.status, result.error) == ("FAILED", "NotRunHere.Path")
