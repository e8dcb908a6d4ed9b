"""What a plan continues: the committed marks, and whether they and their base can be continued."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from extract_core.errors import TrackingError
from extract_core.pausing import collector_paused
from extract_core.plan.attempt import Committed
from extract_core.runs.bases import Bases
from extract_core.tracking import watermark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extract_core.plan.line import PlannedTable
    from extract_core.runs.draft import Draft
    from extract_core.tracking.records import TableState

Mark = tuple[Committed, str | None, str | None]
"""What was committed of a table, and the column and the type of its mark."""

ALL_STAND: Final = Bases()


def committed(states: Mapping[str, TableState], bases: Bases = ALL_STAND) -> dict[str, Mark]:
    """What these tables continue, where a mark or a result was committed."""
    return {
        table: (
            Committed(
                mark=state.watermark,
                last_result=state.last_result,
                set_by_hand=state.set_by_hand,
                missing=bases.missing.get(table),
                unknown=bases.unknown.get(table),
            ),
            state.column,
            state.type,
        )
        for table, state in states.items()
        if state.watermark is not None or state.last_result is not None
    }


def planned_from(draft: Draft, marks: Mapping[str, Mark]) -> list[PlannedTable]:
    """The plan, in which a table that can't be continued is a plan error, not a guess."""
    with collector_paused():
        return list(stream_from(draft, marks))


def stream_from(draft: Draft, marks: Mapping[str, Mark]) -> Iterator[PlannedTable]:
    """As `planned_from`, one table at a time. What the plan as a whole raises, it raises at once."""
    planned = draft.plan({table: mark[0] for table, mark in marks.items()})
    return (_checked(table, marks.get(table.table)) for table in planned)


def _checked(table: PlannedTable, mark: Mark | None) -> PlannedTable:
    today: Any = table.item["watermark"]
    if mark is None or mark[0].mark is None or today["mode"] != "incremental" or today["low"] is None:
        return table
    base, column, kind = mark
    problem = base.unknown or base.missing
    if problem is not None:
        remedy = "then run again" if base.missing is None else (
            "put the data back, or run the table once with --reingest, or write on_missing_base: reingest"
        )  # fmt: skip
        what = "cannot be checked" if base.missing is None else "is not there"
        message = f"the data that the committed watermark {base.mark!r} stands for {what}: {problem}; {remedy}"
        return _unplanned(table, "CONFLICT", message)
    try:
        watermark.check(str(base.mark), today["type"])
        if column == today["column"] and watermark.kind(str(kind)) == watermark.kind(today["type"]):
            return table
        reason = f"it is of column {column!r} ({kind}), and the config now says {today['column']!r} ({today['type']})"
    except TrackingError as error:
        reason = str(error)
    message = f"the committed watermark {base.mark!r} cannot be continued from: {reason}; run the table once with --reingest"
    return _unplanned(table, "CONFIG", message)


def _unplanned(table: PlannedTable, failure: str, message: str) -> PlannedTable:
    item = {**table.item, "plan_error": {"failure": failure, "message": message}, "arguments": {}}
    return replace(table, item=item)
