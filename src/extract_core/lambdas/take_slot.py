"""The Lambda function *Take A Slot*: the payload has the item of one attempt, its execution, and the sizes of the pools."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from extract_core.lambdas.environment import parts_from_environment
from extract_core.lambdas.logs import about, log_json
from extract_core.runs.slots import SlotTaker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json


def handler(event: Mapping[str, Json], context: object) -> Mapping[str, Json]:  # noqa: ARG001 - Lambda's signature
    """Take a slot for the attempt: see `extract_core.runs.slots.SlotTaker.take`."""
    log_json()
    item = event.get("item")
    members = item if isinstance(item, dict) else {}
    with about(**{name: members.get(name) for name in ("run_id", "table", "attempt", "pool")}):
        return _taker().take(event)


@cache
def _taker() -> SlotTaker:
    return SlotTaker(parts_from_environment())
