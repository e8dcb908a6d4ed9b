"""Reading what the state machine hands over: the run, the execution, and the keys of an item that the handlers live by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extract_core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """The execution that calls: ``$$.Execution.Id``, ``Name`` and ``StartTime`` of the context object."""

    id: str
    name: str
    started_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemKey:
    """Which attempt at which table an item is, and under which lease."""

    run_id: str
    source: str
    table: str
    attempt: int
    fencing: int


def execution_of(payload: Mapping[str, Json]) -> Execution:
    """The payload's `execution`. Raises UsageError naming what is missing."""
    given = payload.get("execution") if isinstance(payload, dict) else None
    fields: dict[str, Any] = given if isinstance(given, dict) else {}
    wrong = [key for key in ("id", "name", "start_time") if not (isinstance(fields.get(key), str) and fields[key])]
    if wrong:
        raise UsageError(
            f"the payload's 'execution' has no {', '.join(wrong)}: this function is called by the generated state machine, "
            "with id, name and start_time of its execution; build and deploy the machine anew"
        )
    return Execution(id=fields["id"], name=fields["name"], started_at=fields["start_time"])


def item_key(item: Mapping[str, Json]) -> ItemKey:
    """The key of an item. Raises UsageError naming each member that is missing or of another type."""
    if not isinstance(item, dict):
        raise UsageError(f"the status handler got {type(item).__name__} instead of an item of tables_to_extract")
    lease = item.get("lease")
    fencing = lease.get("fencing") if isinstance(lease, dict) else None
    members: list[tuple[str, Any, type]] = [
        ("run_id", item.get("run_id"), str),
        ("source_name", item.get("source_name"), str),
        ("extract_table", item.get("extract_table"), str),
        ("attempt", item.get("attempt"), int),
        ("lease.fencing", fencing, int),
    ]
    wrong = [f"{name} ({value!r})" for name, value, kind in members if not _is(value, kind)]
    if wrong:
        raise UsageError(
            f"the item can't be recorded, it lacks {', '.join(wrong)}: each state of a branch must keep the item, "
            "with its own output at $.job_result"
        )
    run_id, source, table, attempt, fence = (value for _, value, _ in members)
    return ItemKey(run_id=run_id, source=source, table=table, attempt=attempt, fencing=fence)


def _is(value: object, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool) and value != ""
