"""The execution of a run, as the payload describes it, and its name: the run id."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from extract_core.dataclass import dataclass
from extract_core.errors import UsageError
from extract_core.wording import utc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json

# The statuses of an execution (API reference of DescribeExecution, `status`)
ALIVE: Final = ("RUNNING", "PENDING_REDRIVE")
"""The statuses of an execution that runs, or will run again."""
ENDED: Final = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")

_MAX_LENGTH: Final = 80  # of a run id
_VALID: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """The execution that calls: ``$$.Execution.Id``, ``Name`` and ``StartTime`` of the context object."""

    id: str
    name: str
    started_at: str


def execution_of(payload: Mapping[str, Json]) -> Execution:
    """The payload's `execution`. Raises UsageError naming what is missing."""
    value = payload.get("execution") if isinstance(payload, dict) else None
    fields: dict[str, Any] = value if isinstance(value, dict) else {}
    missing = [key for key in ("id", "name", "started_at") if not (isinstance(fields.get(key), str) and fields[key])]
    if missing:
        raise UsageError(
            f"the payload's 'execution' has no {', '.join(missing)}: this function is called by the generated state machine, "
            "with id, name and started_at of its execution; build and deploy the machine again"
        )
    try:
        utc(fields["started_at"])
    except ValueError as error:
        raise UsageError(f"the payload's 'execution' has started_at={fields['started_at']!r}, not a time: {error}") from error
    return Execution(id=fields["id"], name=fields["name"], started_at=fields["started_at"])


def new_run_id(source: str, now: datetime | None = None) -> str:
    """``sales-20260301T060000-3f9a``: the source, the second in UTC, and two random bytes against a tie."""
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%S")
    return f"{source[: _MAX_LENGTH - 21]}-{stamp}-{os.urandom(2).hex()}"


def check_run_id(run_id: str) -> str:
    """The same id, or UsageError: Step Functions takes 1 to 80 characters as a name, and only these reach its logs."""
    if len(run_id) > _MAX_LENGTH or not _VALID.match(run_id):
        raise UsageError(f"run id {run_id!r} is not a valid execution name: 1 to {_MAX_LENGTH} letters, digits, '_', '-' and '.'")
    if run_id == "latest":
        raise UsageError("run id 'latest' stands for the newest run in other commands; choose another")
    return run_id
