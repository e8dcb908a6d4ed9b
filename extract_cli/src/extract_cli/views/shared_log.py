"""The lines of one table in the log of a job that several tables shared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extract_core.dataclass import dataclass

if TYPE_CHECKING:
    from extract_core.runs.view.document import Attempt
    from extract_core.tracking.records import AttemptRow

_TURN: Final = re.compile(r"extract_job: table [0-9]+ of ([0-9]+): (.*)")
"""How the reference job begins the turn of a table (`extract_job/shared.py`). It escapes line breaks in the name."""
_END: Final = "extract_job: shared job: "
"""How it begins its last line."""


@dataclass(frozen=True, slots=True)
class TableLog:
    """What the log of a job says of one table, and a sentence for people; None: the log is of this table alone."""

    text: str
    note: str | None = None


def log_of(table: str, log: str, row: AttemptRow | None, *, show_all: str) -> TableLog:
    """The lines of the table's turn and those of the job itself, without the turns of other tables.

    `row` is the attempt's, if it is recorded. `show_all` is how a person gets the whole log, for the note.
    """
    if row is not None and row.shared is None:
        return TableLog(log)
    escaped = table.replace("\r", "\\r").replace("\n", "\\n")
    lines: list[str] = []
    tables, is_ours, had_turn = 0, True, False
    for line in log.splitlines(keepends=True):
        if turn := _TURN.fullmatch(line.rstrip("\r\n")):
            tables, is_ours = int(turn[1]), turn[2] == escaped
            had_turn = had_turn or is_ours
        elif line.startswith(_END):
            is_ours = True
        if is_ours:
            lines.append(line)
    if not tables:
        return TableLog(log, None if row is None else _unmarked(table, row))
    whose = f"{tables} tables shared this job"
    if not had_turn:
        return TableLog("".join(lines), f"{whose}, and the turn of {table!r} has not begun here; {show_all}")
    return TableLog("".join(lines), f"{whose}; the lines of the other tables are left out; {show_all}")


def where_in(table: str, row: AttemptRow) -> str | None:
    """How to find the table's lines in a log that is elsewhere; None: the log is of this table alone."""
    if row.shared is None:
        return None
    return f"{row.shared.get('tables')} tables shared this job: the lines of {table!r} begin at `table … of …: {table}`"


def _unmarked(table: str, row: AttemptRow) -> str:
    count = (row.shared or {}).get("tables")
    return f"{count} tables shared this job, and its log does not mark which lines are of {table!r}"


def has_job(row: AttemptRow | Attempt) -> bool:
    """Whether this attempt may have had a job. A table that could not be planned has none.

    An attempt is STOPPED if the process that knew its job died, so the job may have run without a record.
    """
    return row.state == "STOPPED" or any(value is not None for value in (row.job_run_id, row.log_url, row.started_at))
