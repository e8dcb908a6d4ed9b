"""The same machines through moto's interpreter and ours: status, output and error must agree.

Left out by name are moto's known faults: service integrations with `.sync` and DISTRIBUTED maps (they fail there), JSONata
(it is switched off), States.Format on objects (printed as Python prints them), States.ArrayUnique (AWS gives Java's order of
a set, moto the order of the array), results below a member that is null (moto leaves the null), indefinite paths that find
nothing, and errors by States.Runtime, whose causes moto words its own way.
"""

import json
import time

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

import asl_toolkit

KEYS = ["a", "b", "c"]
numbers = st.integers(-5, 5)
leaves = st.one_of(st.none(), st.booleans(), numbers, st.sampled_from(["", "x", "a b", "2026-01-01T00:00:00Z"]))
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)
)
inputs = st.fixed_dictionaries(
    {"a": numbers, "b": st.sampled_from(["x", "yx", ""]), "c": st.lists(numbers, max_size=3), "d": values}
)
PATHS = ["$", "$.a", "$.b", "$.c", "$.d", "$['b']", "$.c[*]", "$$.Execution.Input.a"]
CALLS = [
    "States.Array($.a, $.b)",
    "States.Format('{}/{}', $.a, $.b)",
    "States.MathAdd($.a, 3)",
    "States.ArrayLength($.c)",
    "States.ArrayContains($.c, $.a)",
    "States.ArrayPartition($.c, 2)",
    "States.JsonToString($.c)",
    "States.StringSplit($.b, 'y')",
    "States.Hash($.b, 'SHA-256')",
    "States.Base64Encode($.b)",
]
templates = st.dictionaries(st.sampled_from(["p.$", "q.$"]), st.sampled_from(PATHS + CALLS), min_size=1, max_size=2)
RULES = [
    {"Variable": "$.a", "NumericGreaterThan": 0},
    {"Variable": "$.a", "NumericEqualsPath": "$.a"},
    {"Variable": "$.b", "StringMatches": "*x"},
    {"Variable": "$.b", "StringEquals": ""},
    {"Variable": "$.d", "IsNull": True},
    {"Variable": "$.d", "IsNumeric": True},
    {"Variable": "$.d", "IsString": True},
    {"Variable": "$.d", "BooleanEquals": True},
    {"Variable": "$.e", "IsPresent": True},
    {"Variable": "$.d", "IsTimestamp": True},
]
rules = st.recursive(
    st.sampled_from(RULES),
    lambda inner: (
        st.builds(lambda rule: {"Not": rule}, inner)
        | st.builds(lambda both: {"And": both}, st.lists(inner, min_size=1, max_size=2))
        | st.builds(lambda both: {"Or": both}, st.lists(inner, min_size=1, max_size=2))
    ),
    max_leaves=4,
)


@st.composite
def passes(draw):
    state = {"Type": "Pass"}
    kind = draw(st.sampled_from(["result", "parameters", "nothing"]))
    if kind == "result":
        state["Result"] = draw(values)
    if kind == "parameters":
        state["Parameters"] = draw(templates)
    state["ResultPath"] = draw(st.sampled_from(["$.r", "$.q.s", "$.d", None]))
    return state


@st.composite
def machines(draw):
    """A row of states that keep a, b and c: each may be a Pass, a Choice around it, a Parallel or a Map."""
    states, names = {}, [f"S{number}" for number in range(draw(st.integers(1, 3)))]
    for place, name in enumerate(names):
        following = {"Next": names[place + 1]} if place + 1 < len(names) else {"End": True}
        kind = draw(st.sampled_from(["Pass", "Choice", "Parallel", "Map"]))
        if kind == "Pass":
            states[name] = {**draw(passes()), **following}
        elif kind == "Choice":
            rule = {**draw(rules), "Next": f"{name}Yes"}
            states[name] = {"Type": "Choice", "Choices": [rule], "Default": f"{name}No"}
            states[f"{name}Yes"] = {"Type": "Pass", "Result": name, "ResultPath": "$.taken", **following}
            states[f"{name}No"] = {**draw(passes()), **following}
        elif kind == "Parallel":
            branches = [{"StartAt": f"{name}{b}", "States": {f"{name}{b}": {**draw(passes()), "End": True}}} for b in "LR"]
            states[name] = {"Type": "Parallel", "Branches": branches, "ResultPath": "$.both", **following}
        else:
            inner = {"StartAt": f"{name}I", "States": {f"{name}I": {"Type": "Pass", "End": True}}}
            selector = {"v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index", "b.$": "$.b"}
            states[name] = {
                "Type": "Map",
                "ItemsPath": "$.c",
                "ItemSelector": selector,
                "ItemProcessor": inner,
                "ResultPath": "$.mapped",
                **following,
            }
    return {"StartAt": names[0], "States": states}


def by_moto(definition, given_input):
    """Status, output and error as moto's interpreter has them; a fresh backend each time, for it keeps state."""
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        client = boto3.client("stepfunctions", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        role = "arn:aws:iam::123456789012:role/unknown_sf_role"
        arn = client.create_state_machine(name="m", definition=json.dumps(definition), roleArn=role)["stateMachineArn"]
        execution = client.start_execution(stateMachineArn=arn, input=json.dumps(given_input))["executionArn"]
        for _ in range(3_000):
            described = client.describe_execution(executionArn=execution)
            if described["status"] != "RUNNING":
                break
            time.sleep(0.01)
    output = json.loads(described["output"]) if "output" in described else None
    return described["status"], output, described.get("error")


def by_us(definition, given_input):
    result = asl_toolkit.run(definition, given_input, timeout=20)
    return result.status, result.output, result.error


def compare(definition, given_input):
    assert by_us(definition, given_input) == by_moto(definition, given_input)


CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=4, suppress_health_check=CHECKS)
@given(machines(), inputs)
def test_moto_agrees(definition, given_input):
    compare(definition, given_input)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@settings(max_examples=500, suppress_health_check=CHECKS)
@given(machines(), inputs)
def test_moto_agrees_on_many(definition, given_input):
    compare(definition, given_input)
