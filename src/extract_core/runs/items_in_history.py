"""Items in the events of a history: the input or output of a state, and which attempt at which table it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json

Key: TypeAlias = tuple[str, int]
"""Table and attempt."""


def item_in(text: object) -> Mapping[str, Json] | None:
    """The item that this text of an event holds; None for anything else, as states inside of a branch have it."""
    value = object_in(text)
    is_item = value is not None and isinstance(value.get("table"), str) and isinstance(value.get("attempt"), int)
    return value if is_item else None


def object_in(text: object) -> Mapping[str, Json] | None:
    """The JSON object that this text of an event holds; None for another value, and for text that Step Functions has cut."""
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):  # cut: inputDetails.truncated; or damaged
        return None
    return value if isinstance(value, dict) else None


def key_of(item: Mapping[str, Json]) -> Key:
    """Which attempt this item of `item_in` is."""
    table, attempt = item["table"], item["attempt"]
    assert isinstance(table, str) and isinstance(attempt, int)  # noqa: PT018, S101 - by item_in
    return table, attempt
