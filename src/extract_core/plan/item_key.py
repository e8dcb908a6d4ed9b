"""The key of an item: its run, source, table and attempt, and the fencing number of its lease."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extract_core.dataclass import dataclass
from extract_core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemKey:
    """The run, source, table and attempt of an item, and the fencing number of its lease."""

    run_id: str
    source: str
    table: str
    attempt: int
    fencing: int


def item_key(item: Mapping[str, Json]) -> ItemKey:
    """The key of an item. Raises UsageError with every member that is missing or has the wrong type."""
    if not isinstance(item, dict):
        raise UsageError(f"the status handler got {type(item).__name__} instead of an item of tables_to_extract")
    lease = item.get("lease")
    fencing = lease.get("fencing") if isinstance(lease, dict) else None
    members: list[tuple[str, Any, type]] = [
        ("run_id", item.get("run_id"), str),
        ("source", item.get("source"), str),
        ("table", item.get("table"), str),
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
