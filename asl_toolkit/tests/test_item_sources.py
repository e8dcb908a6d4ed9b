"""`$$.Map.Item.Source`: run on AWS by gabrielmoreira/tiny-asl-machine (Observation.ItemReader); developer guide."""

import pytest

import asl_toolkit
from asl_toolkit import Services, inline

LISTED = [{"Key": "in/a.json"}, {"Key": "in/none.json"}, {"Key": "in/b.json"}]
FILES = {"in/a.json": [1, 2], "in/none.json": [], "in/b.json": [3]}
STORAGE = Services(
    {
        ("s3", "getObject"): inline(lambda request: FILES[request.parameters["Key"]]),
        ("s3", "listObjectsV2"): inline(lambda request: {"Contents": LISTED}),
    }
)


def outputs(state, data=None, language="JSONPath"):
    inner = {"StartAt": "Same", "States": {"Same": {"Type": "Pass", "End": True}}}
    mode = "DISTRIBUTED" if "ItemReader" in state else "INLINE"
    processor = {"ProcessorConfig": {"Mode": mode, **({"ExecutionType": "STANDARD"} if mode == "DISTRIBUTED" else {})}, **inner}
    map_state = {"Type": "Map", "ItemProcessor": processor, **state, "End": True}
    definition = {"QueryLanguage": language, "StartAt": "Each", "States": {"Each": map_state}}
    result = asl_toolkit.run(definition, data, services=STORAGE)
    assert result.status == "SUCCEEDED", result.cause
    return result.output


def reader(action, config=None, **parameters):
    item_reader = {"Resource": f"arn:aws:states:::s3:{action}", "Parameters": {"Bucket": "shop", **parameters}}
    return item_reader if config is None else {**item_reader, "ReaderConfig": config}


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ({}, ["STATE_DATA", "STATE_DATA"]),
        ({"ItemReader": reader("getObject", {"InputType": "JSON"}, Key="in/a.json")}, ["s3://shop/in/a.json"] * 2),
        ({"ItemReader": reader("listObjectsV2", Prefix="in/")}, ["s3://shop"] * 3),
        ({"ItemReader": reader("listObjectsV2", {"InputType": "JSON", "Transformation": "LOAD_AND_FLATTEN"}, Prefix="in/")},
         ["s3://shop/in/a.json", "s3://shop/in/a.json", "s3://shop/in/b.json"]),
    ],
    ids=["input", "file", "listing", "flattened"],
)  # fmt: skip
def test_an_item_has_its_source(items, expected):
    assert outputs({"ItemSelector": {"from.$": "$$.Map.Item.Source"}, **items}, [1, 2]) == [{"from": uri} for uri in expected]


def test_a_jsonata_state_sees_it_too():
    state = {"Items": "{% [7] %}", "ItemSelector": {"from": "{% $states.context.Map.Item.Source %}"}}
    assert outputs(state, language="JSONata") == [{"from": "STATE_DATA"}]


def test_the_whole_object_has_no_source_as_recorded():
    assert outputs({"ItemSelector": {"map.$": "$$.Map"}}, ["x"]) == [{"map": {"Item": {"Index": 0, "Value": "x"}}}]
