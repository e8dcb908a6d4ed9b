"""The Lambda function *Handle Extract Job Run Status*: the payload is the item of one attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.lambdas.environment import parts_from_environment
from extract_core.lambdas.logs import about, log_json
from extract_core.pausing import collector_paused
from extract_core.plan.item_key import item_key
from extract_core.status.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json


def handler(event: Mapping[str, Json], context: object) -> Mapping[str, Json]:  # noqa: ARG001 - Lambda's signature
    """Record how the attempt ended: see `extract_core.status.record.record`."""
    log_json()
    key = item_key(event)
    with about(run_id=key.run_id, table=key.table, attempt=key.attempt), collector_paused():
        return record(parts_from_environment(), event)
