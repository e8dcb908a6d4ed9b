"""Map and Parallel under test: their work is mocked, the steps before and after it are real."""

from collections.abc import Mapping
from math import inf
from typing import Any

from asl_toolkit.client.errors import OperationNotSupported
from asl_toolkit.client.state_test.inspection import Inspection
from asl_toolkit.definition.model import Field, MapState
from asl_toolkit.errors import RuntimeFailure, StateFailure
from asl_toolkit.json_value import Json, as_double, is_number, loads
from asl_toolkit.runtime.flow import arguments, effective_input, field_value, finish
from asl_toolkit.runtime.frame import Frame, StateEnd
from asl_toolkit.runtime.maps import item_input, items_of

_EXCEEDED = ("States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded")


def run_mocked(frame: Frame, settings: Mapping[str, Any], mocked: Json, inspection: Inspection) -> StateEnd:
    """The state's end if `mocked` is the result of its branches or iterations. Raises StateFailure or RuntimeFailure."""
    data = effective_input(frame)
    state = frame.state
    if isinstance(state, MapState):
        _before_map(frame, state, data, settings, inspection, failed=isinstance(mocked, StateFailure))
    else:
        value = arguments(frame, data)
        if state.flow.language == "JSONPath" and state.flow.parameters is None:
            inspection.note("afterParameters", value)
    if isinstance(mocked, StateFailure):
        raise mocked
    return finish(frame, mocked, state.next)


def _before_map(  # noqa: PLR0913 - what a Map stands among
    frame: Frame, state: MapState, data: Json, settings: Mapping[str, Any], inspection: Inspection, *, failed: bool
) -> None:
    items = _items(frame, state, data, settings.get("mapItemReaderData"))
    if state.item_reader is None and state.flow.language == "JSONPath":
        inspection.note("afterItemsPath", items)
    if state.item_selector is not None and items is not None:
        inspection.note("afterItemSelector", [item_input(frame, state, data, *entry)[0] for entry in enumerate(items)])
    inspection.put("maxConcurrency", int(_number(frame, state.max_concurrency, data) or 0))
    count = _number(frame, state.tolerated_count, data)
    percentage = _number(frame, state.tolerated_percentage, data)
    if count is not None:
        inspection.put("toleratedFailureCount", int(count))
    if percentage is not None:
        inspection.put("toleratedFailurePercentage", float(percentage))
    failures = settings.get("mapIterationFailureCount", 0)
    over = (count is not None and failures > count) or (
        percentage is not None and items is not None and failures * 100 > percentage * len(items)
    )
    if over and not failed:
        raise StateFailure(*_EXCEEDED)


def _items(frame: Frame, state: MapState, data: Json, read: str | None) -> list[Json] | None:
    """The items; None for an ItemReader without data in the request."""
    if state.item_reader is None:
        return items_of(frame, state, data)
    if read is None:
        return None
    try:
        items = loads(read)
    except ValueError:
        items = None
    if not isinstance(items, list) or state.item_reader.items_pointer is not None:
        raise OperationNotSupported(
            "test_state reads stateConfiguration.mapItemReaderData as a JSON array of the items: "
            "give the items as the ItemReader would, without CSV, JSON Lines or an ItemsPointer"
        )
    return items


def _number(frame: Frame, field: Field | None, data: Json) -> float | None:
    if field is None:
        return None
    value = field_value(field, frame.environment(data))
    if not is_number(value) or not 0 <= as_double(value) < inf:
        source = getattr(field.expression, "source", "")
        raise RuntimeFailure(f'The {field.name} field refers to value "{value}" which is not a valid number: {source}')
    return float(value)
