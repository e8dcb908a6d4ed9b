"""The Lambda function that cleans up after an execution that ended from outside, or was redriven too late.

An EventBridge rule calls it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.errors import UsageError
from extract_core.lambdas.environment import parts_from_environment
from extract_core.lambdas.logs import about, log_json
from extract_core.runs.reconcile import reconcile_dead

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json


def handler(event: Mapping[str, Json], context: object) -> Mapping[str, Json]:  # noqa: ARG001 - Lambda's signature
    """Reconcile the run of the event *Step Functions Execution Status Change*.

    Its detail has `executionArn`, `name`, `status`, and `error` and `cause` in lower case, which may be missing (Step Functions
    guide, "Automating Step Functions event delivery with EventBridge"). An event may come late or twice. So the run must be of
    this execution, and Step Functions is asked whether it runs again: it may have been redriven. With the status RUNNING, a run
    that is closed and was redriven is stopped; of other runs, nothing changes.
    """
    log_json()
    detail = event.get("detail") if isinstance(event, dict) else None
    fields: Mapping[str, Json] = detail if isinstance(detail, dict) else {}
    arn, name, status = fields.get("executionArn"), fields.get("name"), fields.get("status")
    if not isinstance(arn, str) or not isinstance(name, str) or not isinstance(status, str):
        raise UsageError(
            "the event has no detail with executionArn, name and status: it must be a Step Functions Execution Status Change"
        )
    cause = ": ".join(str(fields[key]) for key in ("error", "cause") if fields.get(key))
    with about(run_id=name):
        return {"run_id": name, "summary": reconcile_dead(parts_from_environment(), name, arn, status, cause)}
