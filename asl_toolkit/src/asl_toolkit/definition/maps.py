"""Reads Map states: processor, items, and the fields of DISTRIBUTED mode."""

import re
from collections.abc import Callable
from importlib.util import find_spec
from typing import Literal

from asl_toolkit.definition.model import (
    Branch,
    Catcher,
    Evaluable,
    Flow,
    ItemBatcher,
    ItemReader,
    MapState,
    ResultWriter,
    Retrier,
)
from asl_toolkit.definition.reader import Reader
from asl_toolkit.definition.resource import parse_resource
from asl_toolkit.definition.values import is_count, is_percentage, is_positive
from asl_toolkit.expressions import parse_expression

_DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}
_DISTRIBUTED_ONLY = ("ItemReader", "ItemBatcher", "ResultWriter", "Label")
_LABEL = re.compile(r'[^\s?*<>{}\[\]:;,\\|^~$#%&`"\x00-\x1f\x7f-\x9f]{1,40}')


def read_map(  # noqa: PLR0913, PLR0917 - what every state has, and what a Map adds
    name: str,
    reader: Reader,
    comment: str | None,
    flow: Flow,
    following: str | None,
    retry: tuple[Retrier, ...],
    catch: tuple[Catcher, ...],
    branch: Callable[[Reader], Branch | None],
) -> MapState | None:
    """The Map state of one object."""
    processor_reader = _processor(reader)
    if processor_reader is None:
        return None
    mode, execution_type = _mode(processor_reader)
    processor = branch(processor_reader)
    processor_reader.text("Comment")
    processor_reader.unknown("in the processor of a Map state")
    jsonata = reader.language == "JSONata"
    items_path = None if jsonata else reader.parse("ItemsPath", parse_expression, "PATH_SYNTAX")
    items = _items(reader) if jsonata else None
    item_selector = reader.template("ItemSelector")
    if not jsonata and reader.has("Parameters"):
        if item_selector is not None:
            reader.fault("Parameters", "EXCLUSIVE_FIELDS", "Parameters and ItemSelector exclude each other")
        item_selector = reader.template("Parameters")
    concurrency = reader.field("MaxConcurrency", is_count)
    count = reader.field("ToleratedFailureCount", is_count)
    percentage = reader.field("ToleratedFailurePercentage", is_percentage)
    if mode == "INLINE":
        for field in _DISTRIBUTED_ONLY:
            if reader.has(field):
                reader.fault(field, "MAP_MODE", f"{field} is only for a Map of DISTRIBUTED mode")
    item_reader, batcher, writer = _read_reader(reader), _read_batcher(reader), _read_writer(reader)
    label = reader.text("Label")
    if label is not None and not _LABEL.fullmatch(label):
        reader.fault("Label", "WRONG_VALUE", f"a Label has 1 to 40 characters that names may have, not {label!r}")
    if processor is None:
        return None
    return MapState(
        name, reader.pointer, comment, flow, following, processor, mode, execution_type, items_path, items,
        item_selector, concurrency, count, percentage, item_reader, batcher, writer, label, retry, catch,
    )  # fmt: skip


def _processor(reader: Reader) -> Reader | None:
    old, new = reader.has("Iterator"), reader.has("ItemProcessor")
    if old and new:
        reader.fault("Iterator", "EXCLUSIVE_FIELDS", "Iterator and ItemProcessor exclude each other")
    if not old and not new:
        reader.fault(None, "MISSING_FIELD", "ItemProcessor is missing")
        return None
    return reader.mapping("ItemProcessor" if new else "Iterator")


def _items(reader: Reader) -> Evaluable | None:
    value = reader.raw("Items")
    if "Items" in reader.value and not isinstance(value, (list, str)):
        reader.fault("Items", "WRONG_TYPE", f"Items is an array or a JSONata expression, not {value!r}")
    return reader.template("Items")


def _mode(
    reader: Reader,
) -> tuple[Literal["INLINE", "DISTRIBUTED"], Literal["STANDARD", "EXPRESS"] | None]:
    config = reader.mapping("ProcessorConfig")
    if config is None:
        return "INLINE", None
    mode = config.choice("Mode", ("INLINE", "DISTRIBUTED"), "INLINE")
    kind = config.choice("ExecutionType", ("STANDARD", "EXPRESS"))
    if mode == "DISTRIBUTED" and kind is None and "ExecutionType" not in config.value:
        config.fault(None, "MISSING_FIELD", "ExecutionType (STANDARD or EXPRESS) is missing")
    if mode == "INLINE" and kind is not None:
        config.fault("ExecutionType", "MAP_MODE", "ExecutionType is only for DISTRIBUTED mode")
    config.unknown("in a ProcessorConfig")
    if mode == "DISTRIBUTED":
        return "DISTRIBUTED", "EXPRESS" if kind == "EXPRESS" else "STANDARD"
    return "INLINE", None


def _parameters_name(reader: Reader) -> str:
    return "Arguments" if reader.language == "JSONata" else "Parameters"


def _read_reader(reader: Reader) -> ItemReader | None:
    inner = reader.mapping("ItemReader")
    if inner is None:
        return None
    inner.text("Comment")
    resource = inner.parse("Resource", parse_resource, "RESOURCE")
    if "Resource" not in inner.value:
        inner.fault(None, "MISSING_FIELD", "Resource is missing")
    parameters = inner.template(_parameters_name(inner))
    config = inner.mapping("ReaderConfig") or Reader({}, inner.pointer, inner.findings, inner.language)
    input_type = config.choice("InputType", ("CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"))
    if input_type == "MANIFEST" or (input_type is None and "ManifestType" in config.value):
        name = "InputType" if input_type else "ManifestType"
        config.fault(name, "NOT_RUN_HERE", "an ItemReader of InputType MANIFEST (S3 Inventory, Athena) is not run here")
    if input_type == "PARQUET" and find_spec("pyarrow") is None:
        text = "an ItemReader of InputType PARQUET needs pyarrow: pip install 'asl-toolkit[parquet]'"
        config.fault("InputType", "NOT_RUN_HERE", text)
    location = config.choice("CSVHeaderLocation", ("FIRST_ROW", "GIVEN"))
    headers = config.raw("CSVHeaders")
    if headers is not None and not (isinstance(headers, list) and all(isinstance(name, str) for name in headers)):
        config.fault("CSVHeaders", "WRONG_TYPE", "CSVHeaders is an array of strings")
        headers = None
    delimiter = config.choice("CSVDelimiter", tuple(_DELIMITERS), "COMMA")
    max_items = config.field("MaxItems", is_count)
    pointer = config.text("ItemsPointer")
    transformation = config.choice("Transformation", ("NONE", "LOAD_AND_FLATTEN"))
    config.choice("ManifestType", ("S3_INVENTORY", "ATHENA_DATA"))
    config.unknown("in a ReaderConfig")
    inner.unknown("in an ItemReader")
    if resource is None:
        return None
    if (resource.service, resource.action) not in {("s3", "getObject"), ("s3", "listObjectsV2")}:
        inner.fault("Resource", "RESOURCE", "an ItemReader reads by s3:getObject or s3:listObjectsV2")
    elif resource.action == "getObject" and input_type is None and not {"InputType", "ManifestType"} & config.value.keys():
        config.fault(None, "MISSING_FIELD", "InputType is missing")
    if input_type == "CSV" and location is None and "CSVHeaderLocation" not in config.value:
        config.fault(None, "MISSING_FIELD", "CSVHeaderLocation is missing")
    return ItemReader(
        inner.pointer, resource, parameters, input_type, location, tuple(headers) if headers is not None else None,
        _DELIMITERS[delimiter or "COMMA"], max_items, pointer, transformation,
    )  # fmt: skip


def _read_batcher(reader: Reader) -> ItemBatcher | None:
    inner = reader.mapping("ItemBatcher")
    if inner is None:
        return None
    max_items = inner.field("MaxItemsPerBatch", is_positive)
    max_bytes = inner.field("MaxInputBytesPerBatch", is_positive)
    batch_input = inner.template("BatchInput")
    inner.unknown("in an ItemBatcher")
    if max_items is None and max_bytes is None:
        inner.fault(None, "MISSING_FIELD", "MaxItemsPerBatch or MaxInputBytesPerBatch is missing")
    return ItemBatcher(inner.pointer, max_items, max_bytes, batch_input)


def _read_writer(reader: Reader) -> ResultWriter | None:
    inner = reader.mapping("ResultWriter")
    if inner is None:
        return None
    resource = inner.parse("Resource", parse_resource, "RESOURCE")
    if resource is not None and (resource.service, resource.action) != ("s3", "putObject"):
        inner.fault("Resource", "RESOURCE", "a ResultWriter writes by s3:putObject")
    parameters = inner.template(_parameters_name(inner))
    config = inner.mapping("WriterConfig")
    transformation = output_type = None
    if config is not None:
        transformation = config.choice("Transformation", ("NONE", "COMPACT", "FLATTEN"))
        output_type = config.choice("OutputType", ("JSON", "JSONL"))
        config.unknown("in a WriterConfig")
    inner.unknown("in a ResultWriter")
    return ResultWriter(inner.pointer, resource, parameters, transformation, output_type)
