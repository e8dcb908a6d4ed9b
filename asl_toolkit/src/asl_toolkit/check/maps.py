"""Map states: processor, mode, and the fields of DISTRIBUTED mode.

Source: developer guide, "Using Map state in Distributed mode" and the pages of ItemReader, ItemBatcher and ResultWriter.
"""

import re
from collections.abc import Mapping
from typing import Final

from asl_toolkit.check.fields import Field, Fields
from asl_toolkit.check.findings import Pointer, Report
from asl_toolkit.check.paths import check_expression
from asl_toolkit.check.scopes import Machine, StateAt, in_express_child, mode_of
from asl_toolkit.check.structure import check_required, check_unknown
from asl_toolkit.check.values import check_exclusive, check_values, check_word, is_expression, is_placeholder
from asl_toolkit.check.wording import a_type, shown
from asl_toolkit.json_value import Json, is_number
from asl_toolkit.pointers import below

_INLINE_MOST: Final = 40
_DISTRIBUTED_ONLY: Final = (
    "ItemReader", "ItemBatcher", "ResultWriter", "Label", "ToleratedFailureCount", "ToleratedFailureCountPath",
    "ToleratedFailurePercentage", "ToleratedFailurePercentagePath",
)  # fmt: skip
_REFUSED_INLINE: Final = frozenset({"ItemReader", "ItemBatcher", "ResultWriter"})
_LABEL: Final = re.compile(r'[^\s?*<>{}\[\]:;,\\|^~$#%&`"/\x00-\x1f\x7f-\x9f]{1,40}')
_CONFIG: Final[Fields] = {"Mode": Field("text"), "ExecutionType": Field("text")}
_READER: Final[Fields] = {
    "Resource": Field("text", required=True),
    "Parameters": Field("template", "JSONPath"),
    "Arguments": Field("data", "JSONata"),
    "ReaderConfig": Field("object"),
    "Comment": Field("text"),
}
_READER_CONFIG: Final[Fields] = {
    "InputType": Field("text"),
    "CSVHeaderLocation": Field("text"),
    "CSVHeaders": Field("list"),
    "CSVDelimiter": Field("text"),
    "MaxItems": Field("count"),
    "MaxItemsPath": Field("value path", "JSONPath"),
    "ItemsPointer": Field("text"),
    "ManifestType": Field("text"),
    "Transformation": Field("text"),
}
_BATCHER: Final[Fields] = {
    "MaxItemsPerBatch": Field("positive"),
    "MaxItemsPerBatchPath": Field("value path", "JSONPath"),
    "MaxInputBytesPerBatch": Field("batch bytes"),
    "MaxInputBytesPerBatchPath": Field("value path", "JSONPath"),
    "BatchInput": Field("any"),
}
_WRITER: Final[Fields] = {
    "Resource": Field("text"),
    "Parameters": Field("template", "JSONPath"),
    "Arguments": Field("data", "JSONata"),
    "WriterConfig": Field("object"),
}
_WRITER_CONFIG: Final[Fields] = {"Transformation": Field("text"), "OutputType": Field("text")}
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "InputType": ("CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"),
    "CSVHeaderLocation": ("FIRST_ROW", "GIVEN"),
    "CSVDelimiter": ("COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"),
    "ManifestType": ("S3_INVENTORY", "ATHENA_DATA"),
    "Mode": ("INLINE", "DISTRIBUTED"),
    "ExecutionType": ("STANDARD", "EXPRESS"),
    "OutputType": ("JSON", "JSONL"),
}


def check_maps(machine: Machine, report: Report, machine_type: str | None) -> None:
    """Every Map state of the machine."""
    labels: dict[str, Pointer] = {}
    for state in machine.states:
        if state.type != "Map":
            continue
        distributed = mode_of(state.value) == "DISTRIBUTED"
        _check_mode(state, report)
        if distributed:
            _check_distributed(state, labels, report, machine_type)
        else:
            _check_inline(state, report)
        if state.jsonata and "Items" in state.value:
            items = state.value["Items"]
            if not isinstance(items, list) and not is_expression(items) and not is_placeholder(items):
                report.add(
                    "WRONG_TYPE",
                    state.at("Items"),
                    f"Items is an array or an expression {{% … %}}, not {shown(items)}",
                )


def _check_mode(state: StateAt, report: Report) -> None:
    name = "ItemProcessor" if "ItemProcessor" in state.value else "Iterator"
    processor = state.value.get(name)
    config = processor.get("ProcessorConfig") if isinstance(processor, Mapping) else None
    if not isinstance(config, Mapping):
        return
    pointer = state.at(name, "ProcessorConfig")
    check_unknown(config, pointer, _CONFIG, "ProcessorConfig", report)
    for word in ("Mode", "ExecutionType"):
        if word in config:
            check_word(word, config[word], _WORDS[word], (*pointer, word), report)
    if config.get("Mode") == "DISTRIBUTED" and "ExecutionType" not in config:
        report.add("MISSING_FIELD", pointer, "a Map of DISTRIBUTED mode needs ExecutionType: STANDARD or EXPRESS")
    if config.get("Mode", "INLINE") == "INLINE" and "ExecutionType" in config:
        report.add("MAP_MODE", (*pointer, "ExecutionType"), "ExecutionType is only for DISTRIBUTED mode")


def _check_inline(state: StateAt, report: Report) -> None:
    for name in _DISTRIBUTED_ONLY:
        if name in state.value:
            code = "MAP_MODE" if name in _REFUSED_INLINE else "MAP_FIELD_IGNORED"
            report.add(code, state.at(name), f"{name} is only for a Map of DISTRIBUTED mode, this one is INLINE")
    concurrency = state.value.get("MaxConcurrency", 0)
    if is_number(concurrency) and concurrency > _INLINE_MOST:
        report.add(
            "MAP_CONCURRENCY", state.at("MaxConcurrency"), f"an INLINE Map runs at most {_INLINE_MOST} at once, not {concurrency}"
        )


def _check_distributed(state: StateAt, labels: dict[str, Pointer], report: Report, machine_type: str | None) -> None:
    if machine_type == "EXPRESS" or in_express_child(state.scope):
        report.add(
            "MAP_MODE",
            state.pointer,
            "an Express execution cannot have a Map of DISTRIBUTED mode",
            remedy="Use an INLINE Map here, or a Standard machine (ExecutionType STANDARD of the Map around it)",
        )
    label = state.value.get("Label")
    if isinstance(label, str) and not is_placeholder(label):
        if not _LABEL.fullmatch(label):
            report.add(
                "WRONG_VALUE", state.at("Label"), f"a Label has 1 to 40 characters that names may have, not {shown(label)}"
            )
        if label in labels:
            report.add(
                "DUPLICATE_LABEL", state.at("Label"), f"the Map at {below('', *labels[label])} has the Label {shown(label)} too"
            )
        labels.setdefault(label, state.pointer)
    _check_reader(state, report)
    _check_part(state, "ItemBatcher", _BATCHER, report)
    if isinstance(batcher := state.value.get("ItemBatcher"), Mapping) and not batcher.keys() - {"BatchInput"}:
        report.add("MISSING_FIELD", state.at("ItemBatcher"), "ItemBatcher needs MaxItemsPerBatch or MaxInputBytesPerBatch")
    _check_part(state, "ResultWriter", _WRITER, report)
    writer = state.value.get("ResultWriter")
    if isinstance(writer, Mapping):
        _check_writer(writer, state, report)
        _check_resource(writer, state.at("ResultWriter"), (":s3:putObject",), report)
        if isinstance(config := writer.get("WriterConfig"), Mapping):
            pointer = state.at("ResultWriter", "WriterConfig")
            check_unknown(config, pointer, _WRITER_CONFIG, "WriterConfig", report)
            _check_words(config, pointer, {**_WORDS, "Transformation": ("NONE", "COMPACT", "FLATTEN")}, report)


def _check_writer(writer: Mapping[str, Json], state: StateAt, report: Report) -> None:
    """Source: "The ResultWriter field cannot be empty", and its sets of fields (developer guide, "ResultWriter (Map)")."""
    parameters = "Arguments" if state.jsonata else "Parameters"
    exported = ("Resource" in writer, bool(writer.keys() & {"Parameters", "Arguments"}))
    if exported != (True, True) and ("WriterConfig" not in writer or any(exported)):
        report.add("MISSING_FIELD", state.at("ResultWriter"), f"ResultWriter needs Resource with {parameters}, or WriterConfig")


def _check_reader(state: StateAt, report: Report) -> None:
    reader = state.value.get("ItemReader")
    if not isinstance(reader, Mapping):
        return
    _check_part(state, "ItemReader", _READER, report)
    _check_resource(reader, state.at("ItemReader"), (":s3:getObject", ":s3:listObjectsV2"), report)
    config = reader.get("ReaderConfig", {})
    if not isinstance(config, Mapping):
        return
    pointer = state.at("ItemReader", "ReaderConfig")
    check_unknown(config, pointer, _READER_CONFIG, "ReaderConfig", report)
    check_values(config, pointer, _READER_CONFIG, state.language, report)
    check_exclusive(config, pointer, _READER_CONFIG, report)
    _check_words(config, pointer, {**_WORDS, "Transformation": ("NONE", "LOAD_AND_FLATTEN")}, report)
    _check_path(config, "MaxItemsPath", pointer, state, report)
    getting = str(reader.get("Resource", "")).endswith(":s3:getObject")
    if getting and "InputType" not in config and "ManifestType" not in config:
        report.add(
            "MISSING_FIELD", pointer if "ReaderConfig" in reader else state.at("ItemReader"), "ReaderConfig needs InputType"
        )
    if config.get("InputType") == "CSV" and "CSVHeaderLocation" not in config:
        report.add("MISSING_FIELD", pointer, "ReaderConfig of InputType CSV needs CSVHeaderLocation")
    headers = config.get("CSVHeaders")
    for place, header in enumerate(headers if isinstance(headers, list) else []):
        if not isinstance(header, str):
            report.add("WRONG_TYPE", (*pointer, "CSVHeaders", place), f"a header is a string, not {a_type(header)}")
    if config.get("CSVHeaderLocation") == "GIVEN" and "CSVHeaders" not in config:
        report.add("MISSING_FIELD", pointer, "ReaderConfig of CSVHeaderLocation GIVEN needs CSVHeaders")


def _check_part(state: StateAt, name: str, fields: Fields, report: Report) -> None:
    part = state.value.get(name)
    if not isinstance(part, Mapping):
        return
    pointer = state.at(name)
    check_unknown(part, pointer, fields, name, report)
    check_required(part, pointer, fields, name, report)
    check_values(part, pointer, fields, state.language, report)
    check_exclusive(part, pointer, fields, report)
    for field in part:
        language = fields[field].language if field in fields else None
        if language is not None and language != state.language:
            report.add("WRONG_LANGUAGE", (*pointer, field), f"{field} belongs to {language}, the state is in {state.language}")
        elif field.endswith("Path"):
            _check_path(part, field, pointer, state, report)


def _check_path(part: Mapping[str, Json], name: str, pointer: Pointer, state: StateAt, report: Report) -> None:
    value = part.get(name)
    if isinstance(value, str) and not state.jsonata and not is_placeholder(value):
        check_expression(value, (*pointer, name), state, report, "path")


def _check_resource(part: Mapping[str, Json], pointer: Pointer, endings: tuple[str, ...], report: Report) -> None:
    resource = part.get("Resource")
    if isinstance(resource, str) and not is_placeholder(resource) and not resource.endswith(endings):
        names = " or ".join(ending[1:] for ending in endings)
        report.add("RESOURCE", (*pointer, "Resource"), f"the Resource here is {names}, not {shown(resource)}")


def _check_words(config: Mapping[str, Json], pointer: Pointer, words: Mapping[str, tuple[str, ...]], report: Report) -> None:
    for name, value in config.items():
        if name in words:
            check_word(name, value, words[name], (*pointer, name), report)
