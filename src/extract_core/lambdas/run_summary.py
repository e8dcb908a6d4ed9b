"""The Lambda function *Summarise Extract Run*: the verdict that the execution ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.lambdas.environment import parts_from_environment
from extract_core.lambdas.logs import about, log_json
from extract_core.plan.execution import execution_of
from extract_core.runs.end import summarise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json


def handler(event: Mapping[str, Json], context: object) -> Mapping[str, Json]:  # noqa: ARG001 - Lambda's signature
    """Sum up the run of this execution: see `extract_core.runs.end.summarise`."""
    log_json()
    with about(run_id=execution_of(event).name):
        return summarise(parts_from_environment(), event)
