"""DISTRIBUTED Map: children, readers, batches, tolerance, exported results."""

import datetime as dt
import io
import json
import tracemalloc

import pyarrow as pa
import pytest
from pyarrow import parquet

import asl_toolkit
from asl_toolkit import Services, TaskFailed, VirtualClock, inline

BUCKET = "b"


class Storage:
    """An S3 of one bucket, as the handlers of ItemReader and ResultWriter see it."""

    def __init__(self, **objects):
        self.objects = dict(objects)

    def handlers(self):
        def get(request):
            try:
                return {"Body": self.objects[request.parameters["Key"]]}
            except KeyError:
                raise TaskFailed("S3.NoSuchKey", "The specified key does not exist.") from None

        def put(request):
            self.objects[request.parameters["Key"]] = request.parameters["Body"]
            return {}

        def listing(request):
            keys = [key for key in sorted(self.objects) if key.startswith(request.parameters.get("Prefix", ""))]
            start = int(request.parameters.get("ContinuationToken", 0))
            page = [{"Key": key, "Size": len(self.objects[key]), "ETag": "e", "LastModified": 5000} for key in keys]
            more = {"NextContinuationToken": str(start + 2)} if start + 2 < len(keys) else {}
            return {"Contents": page[start : start + 2], **more}

        calls = {"getObject": get, "putObject": put, "listObjectsV2": listing}
        return {("s3", name): inline(call) for name, call in calls.items()}


def machine(*, states=None, start="P", mode="DISTRIBUTED", **more):
    config = {"Mode": mode, **({"ExecutionType": "STANDARD"} if mode == "DISTRIBUTED" else {})}
    states = states or {"P": {"Type": "Pass", "End": True}}
    processor = {"ProcessorConfig": config, "StartAt": start, "States": states}
    return {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": processor, "End": True, **more}}}


def reader(kind, key="items", action="getObject", **config):
    config = {**({"InputType": kind} if kind else {}), **config}
    return {
        "Resource": f"arn:aws:states:::s3:{action}",
        "Parameters": {"Bucket": BUCKET, **({"Key": key} if action == "getObject" else {"Prefix": key})},
        **({"ReaderConfig": config} if config else {}),
    }


def run(definition, data=None, storage=None, **more):
    services = Services((storage or Storage()).handlers())
    return asl_toolkit.run(definition, data, services=services, **more)


@pytest.mark.parametrize(
    ("item_reader", "content", "expected"),
    [
        (reader("JSON"), '[1, {"a": 2}]', [1, {"a": 2}]),
        (reader("JSON", ItemsPointer="/data/rows"), '{"data": {"rows": [1]}}', [1]),
        (reader("JSON", MaxItems=1), "[1, 2]", [1]),
        (reader("JSONL"), '{"a": 1}\n\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        (reader("JSONL", MaxItems=2), "1\n2\n3", [1, 2]),
        (reader("CSV", CSVHeaderLocation="FIRST_ROW"), "a,b\n1,2\n3\n", [{"a": "1", "b": "2"}, {"a": "3", "b": ""}]),
        (reader("CSV", CSVHeaderLocation="GIVEN", CSVHeaders=["a"], CSVDelimiter="PIPE"), '"x|y"|z\n', [{"a": "x|y"}]),
    ],
)
def test_items_are_read(item_reader, content, expected):
    for body in (content, content.encode()):
        assert run(machine(ItemReader=item_reader), storage=Storage(items=body)).output == expected


def test_a_listing_is_read_page_by_page():
    storage = Storage(**{f"in/{number}": "x" * number for number in range(5)}, other="")
    result = run(machine(ItemReader=reader(None, "in/", "listObjectsV2")), storage=storage)
    assert [item["Key"] for item in result.output] == [f"in/{number}" for number in range(5)]
    assert result.output[3] == {"Etag": "e", "Key": "in/3", "LastModified": 5, "Size": 3}


@pytest.mark.parametrize(
    ("item_reader", "content", "cause"),
    [
        (reader("JSON"), '{"a": 1}', "Attempting to map over non-iterable node."),
        (reader("JSON", ItemsPointer="/x"), "{}", "ItemsPointer '/x' leads to nothing in the file"),
        (reader("CSV", CSVHeaderLocation="FIRST_ROW"), "a,a\n", "CSV headers cannot contain duplicates."),
        (reader("JSON", "nope"), "", "The specified key does not exist."),
    ],
)
def test_a_reader_that_fails_fails_the_map_run(item_reader, content, cause):
    result = run(machine(ItemReader=item_reader), storage=Storage(items=content))
    assert (result.status, result.error, result.cause) == ("FAILED", "States.ItemReaderFailed", cause)
    assert [event["type"] for event in result.events][-3:] == ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]


def test_items_are_put_into_batches():
    batcher = {"MaxItemsPerBatch": 2, "BatchInput": {"shared.$": "$.s"}}
    definition = machine(ItemBatcher=batcher, ItemsPath="$.rows", ItemSelector={"v.$": "$$.Map.Item.Value"})
    result = run(definition, {"s": "x", "rows": [1, 2, 3]})
    assert result.output == [
        {"BatchInput": {"shared": "x"}, "Items": [{"v": 1}, {"v": 2}]},
        {"BatchInput": {"shared": "x"}, "Items": [{"v": 3}]},
    ]
    by_bytes = machine(ItemBatcher={"MaxInputBytesPerBatch": 40})
    assert [len(batch["Items"]) for batch in run(by_bytes, ["x" * 10] * 5).output] == [2, 2, 1]


FAIL_ODD = {
    "C": {"Type": "Choice", "Default": "P", "Choices": [{"Variable": "$.bad", "BooleanEquals": True, "Next": "F"}]},
    "P": {"Type": "Pass", "End": True},
    "F": {"Type": "Fail", "Error": "Odd", "Cause": "bad item"},
}


@pytest.mark.parametrize(
    ("tolerance", "status"),
    [
        ({}, "FAILED"),
        ({"ToleratedFailureCount": 2}, "SUCCEEDED"),
        ({"ToleratedFailureCount": 1}, "FAILED"),
        ({"ToleratedFailurePercentage": 50}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 49.9}, "FAILED"),
        ({"ToleratedFailurePercentagePath": "$[0].percent"}, "SUCCEEDED"),
    ],
)
def test_tolerance_decides_whether_the_map_run_fails(tolerance, status):
    items = [{"bad": number % 2 == 1, "percent": "100"} for number in range(4)]
    result = run(machine(states=FAIL_ODD, start="C", **tolerance), items)
    assert result.status == status
    if status == "FAILED":
        assert (result.error, result.cause) == (
            "States.ExceedToleratedFailureThreshold",
            "The specified tolerated failure threshold was exceeded",
        )
    else:
        assert [element.get("Status") for element in result.output] == [None, "FAILED", None, "FAILED"]
        assert (result.output[1]["Error"], result.output[1]["Cause"]) == ("Odd", "bad item")


def test_results_are_exported_with_a_manifest():
    storage = Storage()
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": BUCKET, "Prefix": "out/"}}
    definition = machine(states=FAIL_ODD, start="C", ToleratedFailurePercentage=100, ResultWriter=writer)
    result = run(definition, [{"bad": False}, {"bad": True}], storage)
    run_id = result.output["MapRunArn"].rsplit(":", 1)[-1]
    assert result.output["ResultWriterDetails"] == {"Bucket": BUCKET, "Key": f"out/{run_id}/manifest.json"}
    manifest = json.loads(storage.objects[f"out/{run_id}/manifest.json"])
    assert manifest["DestinationBucket"] == BUCKET
    assert manifest["ResultFiles"]["PENDING"] == []
    (done,) = json.loads(storage.objects[manifest["ResultFiles"]["SUCCEEDED"][0]["Key"]])
    assert (done["Status"], done["Input"], done["Output"]) == ("SUCCEEDED", '{"bad":false}', '{"bad":false}')
    (failed,) = json.loads(storage.objects[manifest["ResultFiles"]["FAILED"][0]["Key"]])
    assert (failed["Status"], failed["Error"]) == ("FAILED", "Odd")


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"Transformation": "COMPACT", "OutputType": "JSON"}, "[[1],[2]]"),
        ({"Transformation": "FLATTEN", "OutputType": "JSON"}, "[1,2]"),
        ({"Transformation": "FLATTEN", "OutputType": "JSONL"}, "1\n2\n"),
    ],
)
def test_results_are_exported_in_a_form(config, expected):
    storage = Storage()
    parameters = {"Bucket": BUCKET, "Prefix": "p"}
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": parameters, "WriterConfig": config}
    run(machine(ResultWriter=writer), [[1], [2]], storage)
    assert [body for key, body in storage.objects.items() if "SUCCEEDED_0" in key] == [expected]


def test_the_form_of_results_that_go_on():
    writer = {"WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSON"}}
    assert run(machine(ResultWriter=writer), [[1], [2, 3], 4]).output == [1, 2, 3, 4]


def test_children_are_separate_executions():
    children = []
    states = {"P": {"Type": "Pass", "Parameters": {"name.$": "$$.Execution.Name", "in.$": "$$.Execution.Input"}, "End": True}}
    definition = machine(states=states, Label="Lab")
    services = Services()
    execution = asl_toolkit.load(definition).start([1, 2], name="e", services=services, child_listener=children.append)
    output = execution.wait(10).output
    assert [element["in"] for element in output] == [1, 2]
    assert [child.name for child in children] == [element["name"] for element in output]
    assert children[0].arn.endswith(f":execution:StateMachine/Lab:{children[0].name}")
    assert [event["type"] for event in children[0].events] == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]


def test_a_listener_gets_the_events_of_children_as_they_happen():
    heard = []

    def listen(child):
        name = child.arn.rsplit(":", 1)[1]
        assert name == child.name
        return lambda event: heard.append((name, event["id"], event["type"]))

    states = {"P": {"Type": "Wait", "Seconds": 5, "Next": "Q"}, "Q": {"Type": "Pass", "End": True}}
    loaded = asl_toolkit.load(machine(states=states))
    assert loaded.start([1, 2], clock=VirtualClock(), child_events=listen).wait(10).status == "SUCCEEDED"
    names = list(dict.fromkeys(name for name, _, _ in heard))
    assert len(names) == 2
    kinds = [
        "ExecutionStarted",
        "WaitStateEntered",
        "WaitStateExited",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    for name in names:
        assert [(number, kind) for whose, number, kind in heard if whose == name] == list(enumerate(kinds, start=1))
    before = heard.index((names[0], 3, "WaitStateExited"))
    assert (names[1], 2, "WaitStateEntered") in heard[:before]  # the second child's events come before the first has ended


def test_a_handler_may_give_the_path_of_a_file_of_json_lines(tmp_path):
    file = tmp_path / "items.jsonl"
    file.write_bytes('{"a": "é"}\r\n\n \n{"a": 2}\n3'.encode())
    services = Services({("s3", "getObject"): lambda request: {"Body": file}})
    assert asl_toolkit.run(machine(ItemReader=reader("JSONL")), {}, services=services).output == [{"a": "é"}, {"a": 2}, 3]
    assert asl_toolkit.run(machine(ItemReader=reader("JSONL", MaxItems=2)), {}, services=services).output == [
        {"a": "é"},
        {"a": 2},
    ]
    file.write_text("[1, 2]")
    assert asl_toolkit.run(machine(ItemReader=reader("JSON")), {}, services=services).output == [1, 2]
    file.unlink()
    ended = asl_toolkit.run(machine(ItemReader=reader("JSONL")), {}, services=services)
    assert (ended.error, ended.cause) == ("States.ItemReaderFailed", f"{str(file)!r} can't be read: No such file or directory")


def test_variables_of_outside_are_out_of_reach():
    definition = machine(states={"P": {"Type": "Pass", "Parameters": {"x.$": "$x"}, "End": True}})
    definition["States"]["Set"] = {"Type": "Pass", "Assign": {"x": 1}, "Next": "M"}
    definition["StartAt"] = "Set"
    result = run(definition, [1])
    assert result.error == "States.ExceedToleratedFailureThreshold"


def test_many_items_take_little_memory():
    count = 5_000
    lines = "".join(f'{{"id": {number}, "text": "{"x" * 200}"}}\n' for number in range(count))
    parameters = {"Bucket": BUCKET, "Prefix": "p"}
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": parameters}
    definition = machine(ItemReader=reader("JSONL"), ResultWriter=writer, MaxConcurrency=100)
    storage = Storage(items=lines)
    tracemalloc.start()
    result = run(definition, storage=storage)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result.status == "SUCCEEDED"
    assert peak < 40_000_000


@pytest.mark.parametrize(
    ("item_reader", "answer", "wanted"),
    [
        (reader("JSON"), {"rows": [1]}, 'the file\'s text, {"Body": text} or the list of items'),
        (reader("JSONL"), {}, 'the file\'s text, {"Body": text} or the list of items'),
        (reader("CSV", CSVHeaderLocation="FIRST_ROW"), None, 'the file\'s text, {"Body": text} or the list of items'),
        (reader(None, "x", "listObjectsV2"), {}, '{"Contents": [{"Key": …}]} or that list'),
        (reader(None, "x", "listObjectsV2"), {"Contents": ["a"]}, '{"Contents": [{"Key": …}]} or that list'),
        (reader(None, "x", "listObjectsV2"), "a", '{"Contents": [{"Key": …}]} or that list'),
    ],
)
def test_an_answer_that_is_not_a_file_is_an_error(item_reader, answer, wanted):
    action = item_reader["Resource"].rsplit(":", 1)[-1]
    services = Services({("s3", action): inline(lambda _request: answer)})
    result = asl_toolkit.run(machine(ItemReader=item_reader), services=services)
    assert (result.status, result.error) == ("FAILED", "Mock.WrongAnswer")
    assert result.cause == f"The ItemReader of 'M' cannot read the answer of s3:{action}, {answer!r}: it is {wanted}."


def test_a_mock_may_give_the_items_themselves():
    services = Services({("s3", "getObject"): inline(lambda _request: [1, {"a": 2}])})
    assert asl_toolkit.run(machine(ItemReader=reader("CSV", CSVHeaderLocation="FIRST_ROW")), services=services).output == [
        1,
        {"a": 2},
    ]
    services = Services({("s3", "listObjectsV2"): inline(lambda _request: [{"Key": "k"}])})
    assert asl_toolkit.run(machine(ItemReader=reader(None, "x", "listObjectsV2")), services=services).output == [{"Key": "k"}]
    services = Services({("s3", "listObjectsV2"): inline(lambda _request: {"KeyCount": 0})})
    assert asl_toolkit.run(machine(ItemReader=reader(None, "x", "listObjectsV2")), services=services).output == []


def test_parquet_is_read():
    table = pa.table({"n": [1, 2], "day": [dt.date(2026, 1, 31), None], "raw": [b"a", b"b"], "list": [[1], []]})
    file = io.BytesIO()
    parquet.write_table(table, file)
    expected = [{"n": 1, "day": "2026-01-31", "raw": "a", "list": [1]}, {"n": 2, "day": None, "raw": "b", "list": []}]
    assert run(machine(ItemReader=reader("PARQUET")), storage=Storage(items=file.getvalue())).output == expected
    result = run(machine(ItemReader=reader("PARQUET")), storage=Storage(items=b"no"))
    assert result.error == "States.ItemReaderFailed"
    assert result.cause.startswith("Failed to parse the input: it is not a Parquet file: ")


def test_the_files_of_a_listing_are_loaded_and_flattened():
    storage = Storage(**{"x/1": "[1, 2]", "x/2": "[3]", "y": "[4]"})
    item_reader = reader("JSON", "x/", "listObjectsV2", Transformation="LOAD_AND_FLATTEN")
    item_reader["Parameters"] = {"Bucket": BUCKET, "Prefix": "x/"}
    assert run(machine(ItemReader=item_reader), storage=storage).output == [1, 2, 3]


def test_manifests_are_refused_by_name():
    item_reader = reader("MANIFEST", ManifestType="ATHENA_DATA")
    with pytest.raises(asl_toolkit.DefinitionError) as caught:
        run(machine(ItemReader=item_reader))
    assert [(finding.code, finding.pointer, finding.message) for finding in caught.value.findings] == [
        (
            "NOT_RUN_HERE",
            "/States/M/ItemReader/ReaderConfig/InputType",
            "an ItemReader of InputType MANIFEST (S3 Inventory, Athena) is not run here",
        )
    ]


def test_a_result_writer_writes_failed_children_if_the_map_run_fails():
    storage = Storage()
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": BUCKET, "Prefix": "out"}}
    result = run(machine(states=FAIL_ODD, start="C", ResultWriter=writer), [{"bad": True}], storage)
    assert (result.status, result.error) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    assert sorted(key.rsplit("/", 1)[-1] for key in storage.objects) == ["FAILED_0.json", "manifest.json"]


def test_a_result_writer_lists_children_that_were_aborted_or_did_not_start():
    storage = Storage()
    which = [{"Variable": "$", "StringEquals": kind, "Next": kind} for kind in ("bad", "slow")]
    states = {
        "C": {"Type": "Choice", "Choices": which, "Default": "ok"},
        "ok": {"Type": "Pass", "End": True},
        "slow": {"Type": "Wait", "Seconds": 60, "End": True},
        "bad": {"Type": "Fail", "Error": "Bad"},
    }
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": BUCKET}}
    definition = machine(states=states, start="C", ResultWriter=writer, MaxConcurrency=2)
    result = run(definition, ["ok", "slow", "bad", "later", "never"], storage)
    assert result.error == "States.ExceedToleratedFailureThreshold"
    files = {key.rsplit("/", 1)[-1]: json.loads(body) for key, body in storage.objects.items()}
    ended = [(record["Status"], record["Input"]) for record in files["FAILED_0.json"]]
    assert ended == [("ABORTED", '"slow"'), ("FAILED", '"bad"')]
    assert files["PENDING_0.json"] == [
        {"Input": text, "InputDetails": {"Included": True}, "Status": "PENDING"} for text in ('"later"', '"never"')
    ]
    assert [record["Input"] for record in files["SUCCEEDED_0.json"]] == ['"ok"']
    (pending,) = files["manifest.json"]["ResultFiles"]["PENDING"]
    assert pending["Key"].endswith("/PENDING_0.json")
    assert pending["Size"] == len(storage.objects[pending["Key"]])


def test_the_end_of_a_map_follows_the_start_of_its_run():
    """All ten recordings of LocalStack since November 2024; those up to August 2024 follow MapRunSucceeded."""
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "I",
        "States": {"I": {"Type": "Pass", "End": True}},
    }
    definition = {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": processor, "End": True}}}
    events = asl_toolkit.run(definition, [1]).events
    types = {event["id"]: event["type"] for event in events}
    parents = {event["type"]: types.get(event["previousEventId"]) for event in events}
    assert parents["MapStateExited"] == "MapRunStarted"
    assert parents["MapStateSucceeded"] == "MapRunSucceeded"


@pytest.mark.parametrize("mode", [{}, {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}])
@pytest.mark.parametrize(("value", "fault"), [("2", None), (2, None), ("2.5", '"2.5"'), ("x", '"x"'), (None, '"null"')])
def test_the_digits_of_a_number_are_a_max_concurrency(mode, value, fault):
    """As for the tolerances of failures; a text that is not a number fails as in LocalStack's recording (NoNumber)."""
    processor = {**mode, "StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
    state = {"Type": "Map", "ItemsPath": "$.i", "MaxConcurrencyPath": "$.n", "ItemProcessor": processor, "End": True}
    result = asl_toolkit.run({"StartAt": "M", "States": {"M": state}}, {"i": [1, 2], "n": value})
    if fault is None:
        assert result.output == [1, 2]
    else:
        assert result.error == "States.Runtime"
        assert result.cause.endswith(f"The MaxConcurrencyPath field refers to value {fault} which is not a valid integer: $.n")


def test_half_a_surrogate_passes_through_batches_and_results():
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "I",
        "States": {"I": {"Type": "Pass", "End": True}},
    }
    loop = {"Type": "Map", "ItemProcessor": processor, "ItemBatcher": {"MaxItemsPerBatch": 1}, "End": True}
    result = asl_toolkit.run({"StartAt": "M", "States": {"M": loop}}, ["\ud800"])
    assert result.output == [{"Items": ["\ud800"]}]
