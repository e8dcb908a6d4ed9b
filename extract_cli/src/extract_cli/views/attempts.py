"""The table of attempts, and below it why each one failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_cli.views.output import Column, echo, print_reason, print_table
from extract_core.contract import JobState
from extract_core.wording import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from extract_cli.views.live import RunningTable
    from extract_core.tracking.records import AttemptRow, Skipped


def print_attempts(
    rows: Sequence[AttemptRow],
    skipped: Sequence[Skipped] = (),
    *,
    title: str | None = None,
    waiting: Collection[str] = (),
    running: Sequence[RunningTable] = (),
) -> None:
    """Attempts as a table on stdout, and below it the reasons of the failures, which are too long for a cell.

    The column of the attempt's number is there only if one of them is not the first, and that of the seconds that attempts
    waited for a slot only if one did. `waiting` are tables that another attempt
    follows at, `running` tables whose job runs: their seconds are those so far.
    """
    columns = [Column("Table"), Column("Job type"), Column("State"), Column("Failure")]
    columns += [Column("Rows", right=True), Column("Waited", right=True), Column("Seconds", right=True)]
    columns.append(Column("Attempt", right=True))
    cells: list[tuple[object, ...]] = [
        (
            row.table,
            row.job_type,
            "RETRYING" if row.table in waiting else row.state.value,
            row.failure,
            row.rows,
            row.waited_seconds,
            row.seconds,
            row.attempt,
        )
        for row in rows
    ]
    cells += [(table.table, table.job_type, "RUNNING", None, None, None, table.seconds, table.attempt) for table in running]
    cells += [(table.table, None, "SKIPPED", None, None, None, None, None) for table in skipped]
    if all(row.attempt == 1 for row in rows) and all(table.attempt == 1 for table in running):
        columns, cells = columns[:-1], [cell[:-1] for cell in cells]
    columns, cells = without_waits(columns, cells, rows)
    print_table(columns, cells, title=title)
    if sharing := sharing_of(rows):
        echo(sharing)
    reasons = [(row.table, note) for row in rows if row.state is JobState.SUCCEEDED for note in notes_of(row)]
    reasons += [(row.table, row.message or "no reason was given") for row in rows if row.state is not JobState.SUCCEEDED]
    reasons += [(table.table, table.reason) for table in skipped]
    for name, reason in reasons:
        print_reason(name, reason)
    if reasons:
        echo()


def sharing_of(rows: Sequence[AttemptRow]) -> str | None:
    """How many of these attempts shared jobs, as a sentence; None: none did."""
    jobs = {(row.run_id, *log) for row in rows if row.shared and isinstance(log := row.shared.get("log"), list)}
    if not jobs:
        return None
    shared = sum(row.shared is not None for row in rows)
    return (
        f" {counted(shared, 'attempt')} shared {counted(len(jobs), 'job')}: `extract logs RUN TABLE` shows the lines of a table\n"
    )


def without_waits(
    columns: Sequence[Column], cells: Sequence[tuple[object, ...]], rows: Sequence[AttemptRow]
) -> tuple[list[Column], list[tuple[object, ...]]]:
    """The table without the column `Waited`, unless one of these attempts waited for a slot of a pool."""
    if any(row.waited_seconds for row in rows):
        return list(columns), list(cells)
    place = next(place for place, column in enumerate(columns) if column.title == "Waited")
    return [*columns[:place], *columns[place + 1 :]], [(*cell[:place], *cell[place + 1 :]) for cell in cells]


def notes_of(row: AttemptRow) -> list[str]:
    """What a person should know of an attempt that succeeded, a sentence each. Notes of the job name its counts already."""
    counts = (
        (row.rows_without_watermark, "rows left out because their watermark is NULL"),
        (row.rows_in_the_future, "rows left for later because their watermark is above the source's clock"),
    )
    notes = row.notes or [f"{what}: {count:,}" for count, what in counts if count]
    said = " ".join(row.notes or ())  # the reference job names changes in a note as well
    changes = [f"changed since the last commit: {change}" for change in row.schema_changes or () if change not in said]
    return [*notes, *changes, *([row.message] if row.message else ())]
