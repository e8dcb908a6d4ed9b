"""The items of a DISTRIBUTED Map with an ItemReader: JSON, JSON Lines, CSV and listings in S3.

Formats: developer guide, "ItemReader (Map)". Short, long and blank rows of CSV are handled as in recorded executions.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from asl_toolkit.definition.model import Field, ItemReader
from asl_toolkit.definition.resource import parse_resource
from asl_toolkit.errors import RuntimeFailure, StateFailure, TaskFailed
from asl_toolkit.json_value import Json, is_whole, loads
from asl_toolkit.pointers import steps_of
from asl_toolkit.runtime.flow import field_value
from asl_toolkit.runtime.frame import Frame
from asl_toolkit.runtime.item_bodies import body_of, listing_of, parquet_rows
from asl_toolkit.runtime.item_sources import Items, Sources, uri_of
from asl_toolkit.runtime.json_lines import JsonLines
from asl_toolkit.runtime.work import Work
from asl_toolkit.services.contract import TaskRequest

if TYPE_CHECKING:
    from asl_toolkit.definition.resource import Resource

_MOST_ITEMS = 100_000_000
_GET_OBJECT = parse_resource("arn:aws:states:::s3:getObject")


def _failed(cause: str) -> StateFailure:
    return StateFailure("States.ItemReaderFailed", cause)


async def call_storage(frame: Frame, resource: "Resource", parameters: Json, error: str) -> Json:
    """One call of an ItemReader or a ResultWriter. A failure is reported as `error`."""
    handler = frame.run.services.handler(resource, frame.state.name)
    if handler is None:
        raise RuntimeFailure(f"no handler serves {resource.service}:{resource.action}")
    request = TaskRequest(
        resource=resource.arn,
        service=resource.service,
        action=resource.action,
        pattern="request_response",
        parameters=parameters,
        input=frame.payload.value,
        state_name=frame.state.name,
        context=frame.context,
    )
    work = Work(frame.run, request, None)
    try:
        end = await work.start(handler)
        if work.submitted is not None:
            end = await work.completion()
    finally:
        work.close()
    if isinstance(end, RuntimeFailure):
        raise StateFailure(error, end.message)
    if isinstance(end, TaskFailed):
        raise StateFailure(error, end.cause or end.error)
    return end


async def read_items(frame: Frame, reader: ItemReader, data: Json) -> Items:
    """The items. Raises States.ItemReaderFailed if they cannot be read."""
    environment = frame.environment(data)
    most = _most_items(frame, reader.max_items, data)
    parameters = {} if reader.parameters is None else reader.parameters.evaluate(environment)
    if reader.resource.action == "listObjectsV2":
        return await _listed(frame, reader, parameters, most)
    items = await _file(frame, reader, reader.resource, parameters)
    sources = Sources([0], [uri_of(parameters, str(parameters.get("Key")) if isinstance(parameters, dict) else None)])
    return Items(items if most is None or most >= len(items) else items[:most], sources)


async def _file(frame: Frame, reader: ItemReader, resource: "Resource", parameters: Json) -> Sequence[Json]:
    """The items of one file."""
    answer = await call_storage(frame, resource, parameters, "States.ItemReaderFailed")
    body = body_of(answer, reader, frame.state.name)
    if isinstance(body, Path):
        try:
            return JsonLines.of_file(body) if reader.input_type == "JSONL" else _parsed(reader, body.read_bytes())
        except OSError as error:
            raise _failed(f"{str(body)!r} can't be read: {error.strerror}") from error
    return body if isinstance(body, list) else _parsed(reader, body)


def _most_items(frame: Frame, field: Field | None, data: Json) -> int | None:
    """MaxItems. 0 or a missing value means no limit, and AWS's own limit is the most."""
    if field is None:
        return None
    value = field_value(field, frame.environment(data))
    if not is_whole(value):
        raise _failed(f"field MaxItems must be an integer, not {value!r}")
    if value < 0:
        raise _failed("field MaxItems must be positive")
    return None if value == 0 else min(int(value), _MOST_ITEMS)


def _parsed(reader: ItemReader, raw: bytes) -> Sequence[Json]:
    try:
        if reader.input_type == "JSONL":
            return JsonLines.of_bytes(raw)
        if reader.input_type == "PARQUET":
            return parquet_rows(raw)
        text = raw.decode("utf-8-sig")
        if reader.input_type == "CSV":
            return _csv_rows(reader, text)
        return _json_items(loads(text), reader.items_pointer)
    except (ValueError, csv.Error) as error:
        raise _failed(f"Failed to parse the input: {error}") from error


def _json_items(value: Json, pointer: str | None) -> list[Json]:
    for name in steps_of(pointer or ""):
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            raise _failed(f"ItemsPointer {pointer!r} leads to nothing in the file")
    if not isinstance(value, list):
        raise _failed("Attempting to map over non-iterable node.")
    return value


def _csv_rows(reader: ItemReader, text: str) -> list[Json]:
    """One object per row: missing fields are empty texts; fields beyond the headers and empty lines are dropped."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=reader.csv_delimiter)
    headers = next(rows, []) if reader.csv_header_location == "FIRST_ROW" else list(reader.csv_headers or ())
    if len(set(headers)) < len(headers):
        raise _failed("CSV headers cannot contain duplicates.")
    empty = [""] * len(headers)
    return [dict(zip(headers, row + empty[len(row) :], strict=False)) for row in rows if row]


async def _listed(frame: Frame, reader: ItemReader, parameters: Json, most: int | None) -> Items:
    """The objects below a prefix, page by page; with LOAD_AND_FLATTEN, the content of their files."""
    items: list[Json] = []
    flat = reader.transformation == "LOAD_AND_FLATTEN"
    sources = Sources() if flat else Sources([0], [uri_of(parameters)])
    token = None
    while True:
        page = parameters if token is None else {**parameters, "ContinuationToken": token}
        answer = await call_storage(frame, reader.resource, page, "States.ItemReaderFailed")
        entries, token = listing_of(answer, reader, frame.state.name)
        for entry in entries:
            if flat:
                sources.add(len(items), uri_of(parameters, entry["Key"]))
                place = {"Bucket": parameters.get("Bucket"), "Key": entry["Key"]}
                items += await _file(frame, reader, _GET_OBJECT, place)
            else:
                items.append(_object_of(entry))
            if most is not None and len(items) >= most:
                return Items(items[:most], sources)
        if token is None:
            return Items(items, sources)


def _object_of(entry: Mapping[str, Json]) -> dict[str, Json]:
    """An object of a listing in the form of an item: `Etag`, and LastModified in seconds since 1970."""
    modified = entry.get("LastModified")
    item = {
        "Etag": entry.get("ETag"),
        "Key": entry.get("Key"),
        "LastModified": modified // 1000 if isinstance(modified, int) else modified,
        "Size": entry.get("Size"),
        "StorageClass": entry.get("StorageClass"),
    }
    return {name: value for name, value in item.items() if value is not None}
