"""The marks that a plan starts from, and whether they can be gone on from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from extract_core.config.pausing import collector_paused
from extract_core.errors import TrackingError
from extract_core.plan.attempt import Committed
from extract_core.tracking import watermark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extract_core.plan.line import PlannedTable
    from extract_core.runs.draft import Draft
    from extract_core.tracking.records import TableState

Mark = tuple[Committed, str | None, str | None]
"""What was committed of a table, and the column and the type of its mark."""


def committed(states: Mapping[str, TableState]) -> dict[str, Mark]:
    """What these tables continue, where a mark or a result was committed."""
    return {
        table: (Committed(mark=state.watermark), state.column, state.type)
        for table, state in states.items()
        if state.watermark is not None
    }


def planned_from(draft: Draft, marks: Mapping[str, Mark], *, reingest: bool) -> list[PlannedTable]:
    """The plan, in which a table whose mark is of another column or type than today's is a plan error, not a guess."""
    with collector_paused():
        return list(stream_from(draft, marks, reingest=reingest))


def stream_from(draft: Draft, marks: Mapping[str, Mark], *, reingest: bool) -> Iterator[PlannedTable]:
    """As `planned_from`, one table at a time. What the plan as a whole raises, it raises at once."""
    planned = draft.plan({table: mark[0] for table, mark in marks.items()})
    return (_checked(table, marks.get(table.table), reingest=reingest) for table in planned)


def _checked(table: PlannedTable, mark: Mark | None, *, reingest: bool) -> PlannedTable:
    today: Any = table.item["watermark"]
    if mark is None or mark[0].mark is None or today["mode"] != "incremental" or reingest:
        return table
    (_, column, kind), high = mark, mark[0].mark
    try:
        watermark.check(high, today["type"])
        if column == today["column"] and watermark.kind(str(kind)) == watermark.kind(today["type"]):
            return table
        reason = f"it is of column {column!r} ({kind}), and the config now says {today['column']!r} ({today['type']})"
    except TrackingError as error:
        reason = str(error)
    message = f"the committed watermark {high!r} can't be gone on from: {reason}; run the table once with reingest"
    return replace(table, item={**table.item, "plan_error": {"failure": "CONFIG", "message": message}, "arguments": {}})
