"""Checks that the seeded faults do not show: sizes, depth, placeholders, hostile texts, places, missing botocore."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import asl_toolkit.jsonata  # noqa: F401 - importing its library raises the recursion limit: before hypothesis looks
from asl_toolkit.check import CODES, Severity, check, checker


def machine(**states):
    return {"StartAt": next(iter(states)), "States": states}


def codes(definition, **options):
    return [finding.code for finding in check(definition, **options)]


def test_a_finding_has_message_place_and_remedy():
    (finding,) = check(json.dumps(machine(A={"Type": "Pass", "End": True, "Reslt": 1}), indent=1))
    assert str(finding) == (
        "7:4 ERROR UNKNOWN_FIELD /States/A/Reslt: a Pass state has no field 'Reslt'; did you mean 'Result'? "
        "Remove the field or correct its name."
    )
    assert finding.severity is Severity.ERROR


def test_pointers_are_escaped_and_still_found_in_the_text():
    text = '{"StartAt": "a/b~c",\n "States": {\n  "a/b~c": {"Type": "Pass",\n   "Next": "x"}}}'
    (finding, other) = check(text)
    assert (finding.code, finding.pointer, finding.line, finding.column) == ("NO_END", "/States", 2, 2)
    assert (other.code, other.pointer, other.line, other.column) == ("MISSING_TARGET", "/States/a~1b~0c/Next", 4, 4)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("", 1, 1), ("{", 1, 2), ('{\n "a": }', 2, 7), (b"\xff", 1, 1), ("[" * 100_000, 1, 1), ("1" * 5_000, 1, 1)],
    ids=["empty", "open", "hole", "not UTF-8", "deep", "long number"],
)
def test_invalid_json_is_reported_with_its_place(text, line, column):
    (finding,) = check(text)
    assert (finding.code, finding.line, finding.column) == ("JSON_SYNTAX", line, column)


@pytest.mark.parametrize("value", ["[]", "null", "1", '"x"'])
def test_json_that_is_not_an_object(value):
    assert codes(value) == ["WRONG_TYPE"]


def test_a_byte_order_mark_is_accepted():
    assert check("\ufeff" + json.dumps(machine(A={"Type": "Succeed"}))) == []


def test_sizes():
    literal = machine(A={"Type": "Pass", "Result": "x" * 262_143, "End": True})
    assert codes(literal) == ["LARGE_PAYLOAD"]
    assert codes(machine(A={"Type": "Pass", "Result": "x" * 262_142, "End": True})) == []
    assert codes(machine(A={"Type": "Pass", "Comment": "x" * 1_048_576, "End": True})) == ["TOO_LARGE"]


def test_depth():
    inner = machine(S0={"Type": "Succeed"})
    for level in range(1, 32):
        inner = machine(**{f"S{level}": {"Type": "Parallel", "Branches": [inner], "End": True}})
    assert codes(inner) == ["TOO_DEEP"]
    value = "$.a"
    for _ in range(120):
        value = [value]
    assert codes(machine(A={"Type": "Pass", "Parameters": {"a": value}, "End": True})) == ["TOO_DEEP"]
    rule = {"Variable": "$.a", "IsPresent": True}
    for _ in range(60):
        rule = {"Not": rule}
    choice = machine(A={"Type": "Choice", "Choices": [{**rule, "Next": "B"}], "Default": "B"}, B={"Type": "Succeed"})
    assert codes(choice) == ["TOO_DEEP"]


def test_a_placeholder_outside_of_a_string_is_reported_as_invalid_json():
    (finding,) = check('{"StartAt": "A", "TimeoutSeconds": ${Seconds}}')
    assert str(finding) == (
        "1:36 ERROR JSON_SYNTAX /: the definition is not JSON: Expecting value. Substitute the ${…} placeholders first."
    )


def test_placeholders_are_named_once_and_not_judged():
    task = {
        "Type": "Task",
        "Resource": "${FunctionArn}",
        "TimeoutSeconds": "${Timeout}",
        "Parameters": {"a.$": "${Path}"},
        "End": True,
    }
    (finding,) = check(machine(A=task))
    assert (finding.code, finding.pointer) == ("PLACEHOLDERS", "/States/A/Resource")
    assert finding.message == "3 values have a placeholder such as ${…}"


def test_two_maps_with_one_label():
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}}
    maps = {
        name: {
            "Type": "Map",
            "Label": "x",
            "ItemProcessor": {**processor, **machine(**{f"In{name}": {"Type": "Succeed"}})},
            "ResultPath": None,
        }
        for name in ("A", "B")
    }
    maps["A"]["Next"] = "B"
    maps["B"]["End"] = True
    (finding,) = check(machine(**maps))
    assert (finding.code, finding.pointer) == ("DUPLICATE_LABEL", "/States/B/Label")


@pytest.mark.parametrize("path", ["$.a b", "$.@type", "$['a'].b:c", "$.a[::2]"])
def test_a_path_that_only_jayway_could_judge_is_a_warning(path):
    findings = check(machine(A={"Type": "Pass", "InputPath": path, "End": True}))
    assert {finding.code for finding in findings} <= {"PATH_UNSURE"}


def test_without_botocore_only_services_are_not_checked(monkeypatch):
    monkeypatch.setattr(checker, "load_models", lambda: None)
    task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessag", "Parameters": {}, "End": True}
    findings = check(machine(A=task))
    assert [(finding.code, finding.pointer) for finding in findings] == [
        ("MODELS_MISSING", ""),
        ("UNKNOWN_ACTION", "/States/A/Resource"),
    ]
    assert str(findings[0]) == (
        "WARNING MODELS_MISSING /: actions, parameters and answers of services were left out: botocore is not installed. "
        "Install boto3."
    )
    assert codes(machine(A=task), services=False) == ["UNKNOWN_ACTION"]
    assert codes(machine(A={"Type": "Succeed"})) == []


def test_each_choice_rule_is_checked_in_its_own_language():
    rule = {"Variable": "$.a", "IsPresent": True, "Next": "B", "Condition": "{% true %}"}
    choice = machine(A={"Type": "Choice", "Choices": [rule], "Default": "B"}, B={"Type": "Succeed"})
    assert codes(choice) == ["WRONG_LANGUAGE"]


def test_every_remedy_and_meaning_is_a_sentence_without_its_dot():
    for code, entry in CODES.items():
        assert code == code.upper()
        assert not entry.meaning.endswith("."), code
        assert not entry.remedy.endswith("."), code


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["$.a", "{% $a %}"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=5)
            | st.sampled_from(
                [
                    "StartAt",
                    "States",
                    "Type",
                    "Next",
                    "Choices",
                    "Catch",
                    "Retry",
                    "Parameters",
                    "Branches",
                    "ItemProcessor",
                    "Assign",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)
_NAMES = (
    *("Next", "End", "Choices", "Default", "Catch", "Retry", "Parameters", "ResultPath", "Branches", "ItemProcessor", "Assign"),
    *("Resource", "Seconds", "Items", "ItemReader", "ItemBatcher", "ResultWriter", "ResultSelector", "Output", "Arguments"),
    *("QueryLanguage", "InputPath", "Label", "MaxConcurrency", "TimeoutSeconds"),
)
_STATE = st.dictionaries(st.sampled_from(_NAMES), _JSON, max_size=6)


@given(
    states=st.dictionaries(st.text(max_size=4), _STATE, max_size=3),
    kind=st.sampled_from(["Task", "Pass", "Choice", "Wait", "Map", "Parallel", "Fail", "x"]),
    language=st.sampled_from(["JSONPath", "JSONata"]),
)
def test_any_json_in_a_state_gives_findings(states, kind, language):
    definition = {
        "QueryLanguage": language,
        "StartAt": "A",
        "States": {name: {"Type": kind, **state} for name, state in states.items()},
    }
    by_value, by_text = check(definition), check(json.dumps(definition))
    assert [(finding.code, finding.pointer) for finding in by_value] == [(finding.code, finding.pointer) for finding in by_text]
    assert all(finding.line is not None for finding in by_text)


@pytest.mark.parametrize(
    "hostile", ["$" + "[" * 5_000, "$." + "a." * 20_000, "States.Array(" * 5_000, "$[?(" * 3_000, "$['" * 5_000]
)
def test_hostile_paths_take_no_time(hostile):
    started = time.perf_counter()
    assert codes(machine(A={"Type": "Pass", "Parameters": {"a.$": hostile}, "End": True})) != []
    assert time.perf_counter() - started < 2


def test_hostile_values_are_cut_in_messages():
    deep = []
    for _ in range(5_000):
        deep = [deep]
    for value in (deep, 10**400, 1e308, "x" * 1_000_000, [{}] * 10):
        state = {"Type": "Wait", "Seconds": value, "QueryLanguage": value, "End": value}
        assert all(len(finding.message) < 400 for finding in check(machine(A=state), services=False))
