"""Builds Map states of a checked definition: processor, items, and the fields of DISTRIBUTED mode."""

from collections.abc import Callable
from typing import Final

from asl_toolkit.definition.model import Branch, Catcher, Flow, ItemBatcher, ItemReader, MapState, ResultWriter, Retrier
from asl_toolkit.definition.reader import Reader
from asl_toolkit.definition.resource import parse_resource
from asl_toolkit.expressions import read_expression

_DELIMITERS: Final = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}


def read_map(  # noqa: PLR0913, PLR0917 - the parts of every state, and those of a Map
    name: str,
    reader: Reader,
    flow: Flow,
    following: str | None,
    retry: tuple[Retrier, ...],
    catch: tuple[Catcher, ...],
    read_branch: Callable[[Reader], Branch],
) -> MapState:
    """The Map state of one object. Parameters is the old name of ItemSelector, Iterator the old name of ItemProcessor."""
    processor = reader.mapping("ItemProcessor") or reader.mapping("Iterator")
    assert processor is not None  # noqa: S101 - the checker asks for one
    config = processor.value.get("ProcessorConfig", {})
    distributed = config.get("Mode") == "DISTRIBUTED"
    return MapState(
        name,
        reader.pointer,
        flow,
        following,
        processor=read_branch(processor),
        mode="DISTRIBUTED" if distributed else "INLINE",
        execution_type=config.get("ExecutionType") if distributed else None,
        items_path=reader.parse("ItemsPath", read_expression),
        items=reader.template("Items"),
        item_selector=reader.template("ItemSelector" if "ItemSelector" in reader.value else "Parameters"),
        max_concurrency=reader.field("MaxConcurrency"),
        tolerated_count=reader.field("ToleratedFailureCount"),
        tolerated_percentage=reader.field("ToleratedFailurePercentage"),
        item_reader=_item_reader(reader.mapping("ItemReader")),
        item_batcher=_item_batcher(reader.mapping("ItemBatcher")),
        result_writer=_result_writer(reader.mapping("ResultWriter")),
        label=reader.value.get("Label"),
        retry=retry,
        catch=catch,
    )


def _parameters_name(reader: Reader) -> str:
    return "Arguments" if reader.jsonata else "Parameters"


def _item_reader(reader: Reader | None) -> ItemReader | None:
    if reader is None:
        return None
    config = reader.mapping("ReaderConfig") or Reader({}, reader.pointer, reader.language)
    headers = config.value.get("CSVHeaders")
    return ItemReader(
        reader.pointer,
        resource=parse_resource(reader.value["Resource"]),
        parameters=reader.template(_parameters_name(reader)),
        input_type=config.value.get("InputType"),
        csv_header_location=config.value.get("CSVHeaderLocation"),
        csv_headers=None if headers is None else tuple(headers),
        csv_delimiter=_DELIMITERS[config.value.get("CSVDelimiter", "COMMA")],
        max_items=config.field("MaxItems"),
        items_pointer=config.value.get("ItemsPointer"),
        transformation=config.value.get("Transformation"),
    )


def _item_batcher(reader: Reader | None) -> ItemBatcher | None:
    if reader is None:
        return None
    return ItemBatcher(reader.field("MaxItemsPerBatch"), reader.field("MaxInputBytesPerBatch"), reader.template("BatchInput"))


def _result_writer(reader: Reader | None) -> ResultWriter | None:
    if reader is None:
        return None
    config = reader.value.get("WriterConfig", {})
    return ResultWriter(
        reader.pointer,
        resource=reader.parse("Resource", parse_resource),
        parameters=reader.template(_parameters_name(reader)),
        transformation=config.get("Transformation"),
        output_type=config.get("OutputType"),
    )
