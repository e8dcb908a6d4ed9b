"""The items of a plan that stands, as they were handed to the machine: each knows the place of its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.config import read_plan

if TYPE_CHECKING:
    from extract_core.contract import Json
    from extract_core.objects import ObjectStore


def stored_items(objects: ObjectStore, plan_uri: str) -> list[dict[str, Json]]:
    """What `write_plan` gave when it wrote this plan. Raises ObjectNotFound, and ObjectError where it is no plan."""
    items = []
    offset = 0
    for table in read_plan(objects, plan_uri):
        length = len(table.line())  # the same table gives the same bytes
        items.append({**table.item, "plan_uri": plan_uri, "plan_line": [offset, length]})
        offset += length
    return items
