"""The execution that calls a function of the state machine, as the payload describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extract_core.dataclass import dataclass
from extract_core.errors import UsageError
from extract_core.wording import utc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json


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
