"""The Lambda function *Extract Config Manager*: from an event to the items of the Map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.lambdas.environment import parts_from_environment
from extract_core.lambdas.logs import about, log_json
from extract_core.pausing import collector_paused
from extract_core.plan.execution import execution_of
from extract_core.runs.begin import manage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json


def handler(event: Mapping[str, Json], context: object) -> Mapping[str, Json]:  # noqa: ARG001 - Lambda's signature
    """Plan the run of ``{"event", "execution", "machine"}``: see `extract_core.runs.begin.manage`."""
    log_json()
    with about(run_id=execution_of(event).name), collector_paused():
        return manage(parts_from_environment(), event)
